import { classes, copyOf, endOfLine, part } from "./bytes.ts"
import { Remainder } from "./Remainder.ts"

/** Bytes of an over-long line that are shown. Not measured: a screen of text. */
const shown = 1024
/**
 * Bytes in which the end of a line is looked for by a loop; the platform looks farther on. Measured: on Node 20 the
 * loop is quicker up to 64 bytes and takes twice as long from 1 KiB on; on Node 26 both take the same.
 */
const near = 64
const nothing = new Uint8Array(0)

/**
 * Cuts bytes that come in any pieces into runs of whole lines, each ended by LF or CR. What a line is made of is left
 * to the reader of the runs: it takes the lines from `position` to `limit` of `bytes`, then calls {@link advance}.
 *
 * Only a line that lies in two chunks or more is copied, once. Memory: the chunks that were fed and not read yet, and
 * one unfinished line up to the longest that is allowed.
 */
export class Framing {
  readonly maxLine: number
  /** The run: whole lines from `position` to `limit`, the last byte of which ends a line. */
  bytes: Uint8Array = nothing
  position = 0
  limit = 0
  /** The beginning of an over-long line that comes before the run. The reader reports it and clears it. */
  tooLong: Uint8Array | undefined = undefined
  /** Whether the line before `position` was ended by a CR. For runs the reader keeps it, if it wants it. */
  afterReturn = false
  private readonly rest: Remainder
  // behind the run: the chunk that is read after it, from there on
  private after: Uint8Array | undefined = undefined
  private afterPosition = 0
  // chunks that were fed before the ones before them were read
  private readonly waiting: Array<Uint8Array> = []
  // the over-long line's end has not come
  private skipping = false

  constructor(maxLine: number) {
    this.maxLine = maxLine
    // with the end of the line, or as much of an over-long one as is shown
    this.rest = new Remainder(maxLine + shown)
  }

  /** How many bytes of an unfinished line are held. */
  get pending(): number {
    return this.rest.size
  }

  /** How many bytes are held in all: of an unfinished line, and of chunks that were fed and not read yet. */
  get held(): number {
    let held = this.rest.size + this.limit - this.position
    if (this.bytes.length > this.limit) held += this.bytes.length - this.limit
    if (this.after !== undefined) held += this.after.length - this.afterPosition
    for (const chunk of this.waiting) held += chunk.length
    return held
  }

  /** Takes a chunk, which must not be changed from now on. */
  feed(bytes: Uint8Array): void {
    if (this.after === undefined && this.waiting.length === 0) {
      this.after = bytes
      this.afterPosition = 0
    } else this.waiting.push(bytes)
  }

  /** Lets go of all that is held: nothing of it is read any more. */
  release(): void {
    this.rest.release()
    this.bytes = nothing
    this.position = this.limit = 0
    this.after = this.tooLong = undefined
    this.waiting.length = 0
  }

  /** Goes on to the next run or over-long line; false where there is none. Then no chunk is held any more. */
  advance(): boolean {
    if (this.limit > 0) {
      const { bytes, limit } = this
      this.bytes = nothing
      this.position = this.limit = 0
      if (limit < bytes.length) this.hold(bytes, limit, bytes.length)
    }
    while (this.limit === 0 && this.tooLong === undefined) {
      const bytes = this.after ?? this.waiting.shift()
      if (bytes === undefined) return false
      const start = this.after === undefined ? 0 : this.afterPosition
      this.after = undefined
      this.begin(bytes, start)
    }
    return true
  }

  /** Reads on in a chunk: to the end of the line that is held or passed over, else to the end of its last line. */
  private begin(bytes: Uint8Array, start: number): void {
    if (this.skipping) {
      const end = firstEnd(bytes, start)
      if (end === -1) return
      this.skipping = false
      this.afterReturn = bytes[end] === 0x0d
      return this.begin(bytes, end + 1)
    }
    if (this.rest.size === 0) {
      const limit = behindLastEnd(bytes, start)
      if (limit > start) {
        this.bytes = bytes
        this.position = start
        this.limit = limit
      } else if (start < bytes.length) this.hold(bytes, start, bytes.length)
      return
    }
    const end = firstEnd(bytes, start)
    if (end === -1) return this.hold(bytes, start, bytes.length)
    this.after = bytes
    this.afterPosition = end + 1
    if (this.rest.size + end - start > this.maxLine) {
      this.refuse(bytes, start, end)
      this.afterReturn = bytes[end] === 0x0d
      return
    }
    this.rest.add(bytes, start, end + 1)
    this.bytes = this.rest.take()
    this.limit = this.bytes.length
  }

  /** Keeps the beginning of a line, or passes over the line if it is too long already. */
  private hold(bytes: Uint8Array, start: number, end: number): void {
    if (this.rest.size + end - start <= this.maxLine) return this.rest.add(bytes, start, end)
    this.skipping = true
    this.refuse(bytes, start, end)
  }

  private refuse(bytes: Uint8Array, start: number, end: number): void {
    this.rest.add(bytes, start, Math.min(end, start + shown))
    this.tooLong = this.rest.takeFirst(shown)
  }
}

/** As much as is shown of an over-long line, in memory of its own. */
export const beginning = (line: Uint8Array): Uint8Array => copyOf(line, 0, Math.min(shown, line.length))

/** Where the first line ends: the index of its LF or CR, -1 where there is none. */
export const firstEnd = (bytes: Uint8Array, start: number): number => {
  let at = start
  for (const stop = Math.min(bytes.length, start + near); at < stop; at++)
    if (classes[bytes[at]!] === endOfLine) return at
  if (at === bytes.length) return -1
  const lf = bytes.indexOf(0x0a, at)
  // no farther than that: else a chunk of many lines and no CR would be gone through for each of them
  const cr = part(bytes, at, lf === -1 ? bytes.length : lf).indexOf(0x0d)
  return cr === -1 ? lf : at + cr
}

/** The index behind the last LF or CR, `start` where there is none. */
const behindLastEnd = (bytes: Uint8Array, start: number): number => {
  let end = bytes.length
  while (end > start && classes[bytes[end - 1]!] !== endOfLine) end--
  return end
}
