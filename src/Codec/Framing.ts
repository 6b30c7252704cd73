import { classes, copyOf, endOfLine, indexOf, lastIndexOf, part } from "./bytes.ts"
import { Remainder } from "./Remainder.ts"

/** Bytes of an over-long line that an error shows. Not measured: a screen of text. */
const shown = 1024
/**
 * Bytes within which a loop searches for the end of a line; the platform searches farther. Measured on Node 26: for 64
 * bytes the loop takes 30 ns and the platform 25, for 1 KiB 600 and 45.
 */
const near = 64
const nothing = new Uint8Array(0)

/**
 * Cuts bytes that arrive in pieces of any size into runs of whole lines, each ended by LF or CR. The reader of the runs
 * interprets the lines: it reads from `position` to `limit` of `bytes`, then calls {@link advance}.
 *
 * Copies only lines that cross chunks, and those once. Memory: the chunks that were fed and not yet read, and one
 * unfinished line up to the longest allowed.
 */
export class Framing {
  readonly maxLine: number
  /** The run: whole lines from `position` to `limit`. The last byte of the run ends a line. */
  bytes: Uint8Array = nothing
  position = 0
  limit = 0
  /** The beginning of an over-long line before the run. The reader reports and clears it. */
  tooLong: Uint8Array | undefined = undefined
  /** `true` if the line before `position` ended with a CR. Within a run, a reader that needs this flag maintains it. */
  afterReturn = false
  private readonly rest: Remainder
  // the chunk to read after the run, from `afterStart` on
  private after: Uint8Array | undefined = undefined
  private afterPosition = 0
  // chunks that were fed before the earlier ones were read
  private readonly waiting: Array<Uint8Array> = []
  // the end of the over-long line has not arrived
  private skipping = false

  constructor(maxLine: number) {
    this.maxLine = maxLine
    // includes the end of the line, or the shown part of an over-long one
    this.rest = new Remainder(maxLine + shown)
  }

  /** The number of bytes held of an unfinished line. */
  get pending(): number {
    return this.rest.size
  }

  /** The number of bytes held in all: an unfinished line, and chunks that were fed and not yet read. */
  get held(): number {
    let held = this.rest.size + this.limit - this.position
    if (this.bytes.length > this.limit) held += this.bytes.length - this.limit
    if (this.after !== undefined) held += this.after.length - this.afterPosition
    for (const chunk of this.waiting) held += chunk.length
    return held
  }

  /** Adds a chunk. The caller must not change it afterwards. */
  feed(bytes: Uint8Array): void {
    if (this.after === undefined && this.waiting.length === 0) {
      this.after = bytes
      this.afterPosition = 0
    } else this.waiting.push(bytes)
  }

  /** Releases all memory. Nothing held is read afterwards. */
  release(): void {
    this.rest.release()
    this.bytes = nothing
    this.position = this.limit = 0
    this.after = this.tooLong = undefined
    this.waiting.length = 0
  }

  /** Moves to the next run or over-long line. Returns `false` at the end of the chunks, and then holds no chunk. */
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

  /**
   * Continues in a chunk: to the end of the line being held or skipped, otherwise to the end of the chunk's last line.
   */
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
    this.bytes = this.rest.takeWith(bytes, start, end + 1)
    this.limit = this.bytes.length
  }

  /** Keeps the beginning of a line, or skips the line if it is too long already. */
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

/** Returns the part of an over-long line that an error shows, in separate memory. */
export const beginning = (line: Uint8Array): Uint8Array => copyOf(line, 0, Math.min(shown, line.length))

/** Returns the index of the first LF or CR, or -1 without one. */
export const firstEnd = (bytes: Uint8Array, start: number): number => {
  let at = start
  for (const stop = Math.min(bytes.length, start + near); at < stop; at++)
    if (classes[bytes[at]!] === endOfLine) return at
  if (at === bytes.length) return -1
  const lf = indexOf(bytes, 0x0a, at)
  // search only up to the LF: otherwise a chunk of many lines without CR would be searched for each line
  const cr = indexOf(part(bytes, at, lf === -1 ? bytes.length : lf), 0x0d, 0)
  return cr === -1 ? lf : at + cr
}

/** Returns the index after the last LF or CR, or `start` without one. */
const behindLastEnd = (bytes: Uint8Array, start: number): number => {
  let end = bytes.length
  for (const stop = Math.max(start, end - near); end > stop; end--)
    if (classes[bytes[end - 1]!] === endOfLine) return end
  if (end === start) return start
  const lf = lastIndexOf(bytes, 0x0a, end - 1)
  // most chunks have no CR: search only behind the LF
  const from = Math.max(start, lf + 1)
  const cr = lastIndexOf(part(bytes, from, end), 0x0d, end - from - 1)
  return cr === -1 ? from : from + cr + 1
}
