import { TooLong } from "../Message/index.ts"
import { classes, endOfLine, part } from "./bytes.ts"
import { Framing } from "./Framing.ts"
import { defaultMaxLine } from "./ParserOptions.ts"

/**
 * The limits and options of a {@link LineParser}.
 *
 * @category models
 * @since 0.1.0
 */
export interface LineParserOptions {
  /** The longest line, in bytes without its end. Default 16777216 (16 MiB). A longer line gives one error. */
  readonly maxLine?: number | undefined
  /** `true` to report empty lines too. CRLF then counts as one end of line. Default `false`. */
  readonly empty?: boolean | undefined
}

/**
 * Cuts bytes that arrive in pieces of any size into lines, for line protocols other than KATCP. LF, CR and CRLF each
 * end a line. A line is its bytes without the end. A line within one chunk shares the chunk's memory, so copy lines
 * that you keep for long. A line that is too long gives one {@link TooLong}, and reading continues after it.
 *
 * @category parsing
 * @since 0.1.0
 */
export class LineParser {
  private readonly framing: Framing
  private readonly empty: boolean

  constructor(options?: LineParserOptions) {
    this.framing = new Framing(options?.maxLine ?? defaultMaxLine)
    this.empty = options?.empty ?? false
  }

  /** The number of bytes held of an unfinished line. They are lost if the input ends now. */
  get pending(): number {
    return this.framing.pending
  }

  /** Returns all lines and errors that the chunk completes, in order. */
  push(bytes: Uint8Array): Array<Uint8Array | TooLong> {
    const found: Array<Uint8Array | TooLong> = []
    this.feed(bytes)
    for (let next = this.next(); next !== undefined; next = this.next()) found.push(next)
    return found
  }

  /**
   * Adds a chunk. The caller must not change it afterwards. Chunks are read in order: to bound memory, call this only
   * when {@link next} returns `undefined`.
   */
  feed(bytes: Uint8Array): void {
    this.framing.feed(bytes)
  }

  /**
   * Returns the next line, or the error of the next over-long one, or `undefined` when everything fed has been read.
   */
  next(): Uint8Array | TooLong | undefined {
    const { framing } = this
    for (;;) {
      while (framing.position < framing.limit) {
        const line = this.line()
        if (line !== undefined) return line
      }
      if (!framing.advance()) return undefined
      if (framing.tooLong !== undefined) {
        framing.tooLong = undefined
        return new TooLong({ limit: framing.maxLine })
      }
    }
  }

  private line(): Uint8Array | TooLong | undefined {
    const { framing } = this
    const { bytes, maxLine, position } = framing
    let at = position
    while (classes[bytes[at]!] !== endOfLine) at++
    const isReturn = bytes[at] === 0x0d
    // the LF of a CRLF
    const isRest = framing.afterReturn && at === position && !isReturn
    framing.afterReturn = isReturn
    framing.position = at + 1
    if (at === position && (isRest || !this.empty)) return undefined
    return at - position > maxLine ? new TooLong({ limit: maxLine }) : part(bytes, position, at)
  }
}
