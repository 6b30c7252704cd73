import { allocate, viewOf } from "./bytes.ts"
import type { Encoder } from "./Encoder.ts"

/**
 * Bytes of the page that all encoders share. Not measured: as much as Node reads from a socket at once, so the replies
 * to one chunk mostly fit.
 */
export const pageSize = 65536

/** The memory that encoders write to. V8 reads the fields of a constant object faster than variables of a module. */
export interface Page {
  bytes: Uint8Array<ArrayBuffer>
  view: DataView
  /** The bytes that were written. */
  used: number
  /** The size of the page. */
  size: number
  /** The encoder that writes, or `undefined` between two. */
  writer: Encoder | undefined
}

const firstPage = allocate(pageSize)
/**
 * All encoders write into one page, each into its own stretch, so an idle connection needs no buffer. A stretch that
 * was taken is never written again.
 */
export const page: Page = { bytes: firstPage, view: viewOf(firstPage), used: 0, size: pageSize, writer: undefined }

/** Begins a page. */
export const startPage = (bytes: Uint8Array<ArrayBuffer>, writer: Encoder): void => {
  page.bytes = bytes
  page.view = viewOf(bytes)
  page.used = 0
  page.size = bytes.length
  page.writer = writer
}
