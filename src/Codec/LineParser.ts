import { TooLong } from "../Message/index.ts"
import { classes, endOfLine, part } from "./bytes.ts"
import { Framing } from "./Framing.ts"
import { defaultMaxLine } from "./Parser.ts"

/**
 * Limits and ways of a {@link LineParser}.
 *
 * @category models
 * @since 0.1.0
 */
export interface LineParserOptions {
  /** The longest line, in bytes without its end. Default 16777216 (16 MiB). A longer one gives one error. */
  readonly maxLine?: number | undefined
  /** Whether lines without anything in them are reported too. Default false. CRLF is one end of line then. */
  readonly empty?: boolean | undefined
}

/**
 * Cuts bytes that come in any pieces into lines, for protocols of lines that are not KATCP. LF, CR and CRLF each end a
 * line. A line is given as its bytes without the end, which share the chunk's memory where it lies in one chunk: what
 * is kept for long is to be copied. A line that is too long gives one {@link TooLong}, and reading goes on behind it.
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

  /** How many bytes of an unfinished line are held: what is lost where the input ends now. */
  get pending(): number {
    return this.framing.pending
  }

  /** All lines and errors that the chunk completes, in their order. */
  push(bytes: Uint8Array): Array<Uint8Array | TooLong> {
    const found: Array<Uint8Array | TooLong> = []
    this.feed(bytes)
    for (let next = this.next(); next !== undefined; next = this.next()) found.push(next)
    return found
  }

  /**
   * Takes a chunk, which must not be changed from now on. It is read when the chunks before it are: to be bounded, call
   * it only when {@link next} has nothing more.
   */
  feed(bytes: Uint8Array): void {
    this.framing.feed(bytes)
  }

  /** The next line, or the error of the next over-long one; undefined when all that was fed is read. */
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
