import { KatcpSyntaxError, type Kind, maxId } from "../Message/index.ts"
import {
  backslash,
  blank,
  classes,
  endOfLine,
  escaped,
  forbidden,
  high,
  latin1,
  nameClasses,
  unknownEscape
} from "./bytes.ts"
import { Chunk, ParsedMessage } from "./ParsedMessage.ts"
import { Remainder } from "./Remainder.ts"

/**
 * Limits of a {@link Parser}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ParserOptions {
  /** The longest line, in bytes without its end. Default 16777216 (16 MiB). A longer one gives one error. */
  readonly maxLine?: number | undefined
}

/**
 * The default of the longest line in bytes: 16 MiB.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxLine = 16777216

const kinds: Record<number, Kind | undefined> = { 63: "request", 33: "reply", 35: "inform" }
const noSpans: ReadonlyArray<number> = []
const noChunk = new Chunk(new Uint8Array(0))
/** Of an over-long line this much is shown. */
const shownOfLongLine = 1024

// Names that were seen, by a hash of their bytes: a known name costs no new string. Bounded; a clash replaces.
const names = new Array<string>(1024).fill("")
const nameAt = (bytes: Uint8Array, start: number, end: number, hash: number): string => {
  const slot = (hash ^ (hash >>> 10)) & 1023
  const known = names[slot]!
  if (known.length === end - start) {
    let at = start
    while (at < end && known.charCodeAt(at - start) === bytes[at]) at++
    if (at === end) return known
  }
  return (names[slot] = latin1(bytes, start, end))
}

/**
 * Reads messages out of bytes that come in any pieces (Rev 5.1 §2.1). Pure: bytes in, messages or errors out; what a
 * line is wrong in, its error says with the position, and reading goes on behind that line. LF and CR each end a line;
 * lines with nothing but blanks are passed over. Its memory is bounded by the chunk and the longest line.
 *
 * Either {@link push} a chunk and get all that is in it, or {@link feed} it and take one at a time with {@link next}.
 *
 * @category parsing
 * @since 0.1.0
 */
export class Parser {
  private readonly maxLine: number
  private readonly rest = new Remainder()
  private chunk: Chunk = noChunk
  private position = 0
  private limit = 0
  // the chunk whose first bytes ended the remaining line, to go on with when that line is read
  private after: Uint8Array | undefined = undefined
  private afterPosition = 0
  // an over-long line is passed over up to its end
  private skipping = false
  private tooLong: KatcpSyntaxError | undefined = undefined

  constructor(options?: ParserOptions) {
    this.maxLine = options?.maxLine ?? defaultMaxLine
  }

  /** How many bytes of an unfinished line are held: what is lost where the input ends now. */
  get pending(): number {
    return this.rest.size
  }

  /** All messages and errors that the chunk completes, in their order. */
  push(bytes: Uint8Array): Array<ParsedMessage | KatcpSyntaxError> {
    const found: Array<ParsedMessage | KatcpSyntaxError> = []
    this.feed(bytes)
    for (let next = this.next(); next !== undefined; next = this.next()) found.push(next)
    return found
  }

  /**
   * Takes a chunk, which must not be changed from now on. To be called when {@link next} has nothing more of the chunk
   * before: what that still holds is dropped.
   */
  feed(bytes: Uint8Array): void {
    let start = 0
    if (this.skipping) {
      while (start < bytes.length && classes[bytes[start]!] !== endOfLine) start++
      if (start === bytes.length) return
      this.skipping = false
    }
    if (this.rest.size === 0) return this.read(bytes, start)
    let end = start
    while (end < bytes.length && classes[bytes[end]!] !== endOfLine) end++
    if (this.rest.size + end - start > this.maxLine) {
      this.rest.add(bytes, start, Math.min(end, start + shownOfLongLine))
      this.refuse(this.rest.take())
      if (end === bytes.length) this.skipping = true
      else this.read(bytes, end)
    } else if (end === bytes.length) this.rest.add(bytes, start, end)
    else {
      this.rest.add(bytes, start, end + 1)
      this.after = bytes
      this.afterPosition = end + 1
      this.read(this.rest.take(), 0)
    }
  }

  /** The next message, or the error of the next bad line; undefined when all that was fed is read. */
  next(): ParsedMessage | KatcpSyntaxError | undefined {
    for (;;) {
      while (this.position < this.limit && this.tooLong === undefined) {
        const found = this.scan()
        if (found !== undefined) return found
      }
      if (this.tooLong !== undefined) {
        const error = this.tooLong
        this.tooLong = undefined
        return error
      }
      const after = this.after
      if (after === undefined) {
        // an idle connection must not keep its last chunk alive
        this.chunk = noChunk
        this.position = this.limit = 0
        return undefined
      }
      this.after = undefined
      this.read(after, this.afterPosition)
    }
  }

  private read(bytes: Uint8Array, start: number): void {
    this.chunk = new Chunk(bytes)
    this.position = start
    this.limit = bytes.length
  }

  /** Holds the beginning of a line whose end is not in this chunk. */
  private hold(from: number): undefined {
    const { bytes } = this.chunk
    this.position = this.limit
    if (this.limit - from > this.maxLine) {
      this.refuse(bytes.subarray(from))
      this.skipping = true
    } else this.rest.add(bytes, from, this.limit)
  }

  private refuse(line: Uint8Array): undefined {
    this.tooLong = new KatcpSyntaxError({
      reason: `Line of more than ${this.maxLine} bytes`,
      position: this.maxLine + 1,
      raw: line.slice(0, shownOfLongLine)
    })
  }

  /** Ends a bad line: the error with the position of the byte at fault, reading goes on behind the line's end. */
  private bad(reason: string, from: number, at: number): KatcpSyntaxError | undefined {
    const { bytes } = this.chunk
    let end = at
    while (end < this.limit && classes[bytes[end]!] !== endOfLine) end++
    if (end === this.limit) return this.hold(from)
    this.position = end + 1
    if (end - from > this.maxLine) return this.refuse(bytes.subarray(from, end))
    return new KatcpSyntaxError({ reason, position: at - from + 1, raw: bytes.slice(from, end) })
  }

  /** One line: its message or error; undefined where it is blank, over-long, or its end is not there. */
  private scan(): ParsedMessage | KatcpSyntaxError | undefined {
    const { chunk, limit } = this
    const { bytes } = chunk
    let at = this.position
    // ends of lines that hold nothing, the LF of CRLF among them
    while (at < limit && classes[bytes[at]!] === endOfLine) at++
    this.position = at
    if (at === limit) return undefined
    const from = at
    const kind = kinds[bytes[at]!]
    if (kind === undefined) {
      while (at < limit && classes[bytes[at]!] === blank) at++
      if (at === limit) return this.hold(from)
      if (classes[bytes[at]!] === endOfLine) {
        this.position = at + 1
        return undefined
      }
      return this.bad("Expected ?, ! or #", from, from)
    }

    at++
    if (at === limit) return this.hold(from)
    let byte = bytes[at]!
    if (nameClasses[byte] !== 1) return this.bad("Expected a letter as the beginning of a name", from, at)
    let hash = 0
    do {
      hash = (hash * 31 + byte) | 0
      if (++at === limit) return this.hold(from)
      byte = bytes[at]!
    } while (nameClasses[byte] !== 0)
    const endOfName = at

    let id: number | undefined
    if (byte === 0x5b) {
      const start = at + 1
      let value = 0
      for (;;) {
        if (++at === limit) return this.hold(from)
        byte = bytes[at]!
        if (byte < 0x30 || byte > 0x39) break
        value = value * 10 + byte - 0x30
      }
      if (at === start || bytes[start] === 0x30)
        return this.bad("Expected a message id from 1 to 2147483647", from, start)
      if (byte !== 0x5d) return this.bad("Expected ] behind the message id", from, at)
      if (value > maxId) return this.bad("Expected a message id from 1 to 2147483647", from, start)
      id = value
      if (++at === limit) return this.hold(from)
      byte = bytes[at]!
    }
    let kindOf = classes[byte]!
    if (kindOf !== blank && kindOf !== endOfLine)
      return this.bad(
        id === undefined ? "Unexpected character in the name" : "Expected a blank behind the id",
        from,
        at
      )

    let spans: Array<number> | undefined
    let escapes = 0
    let sawHigh = false
    for (;;) {
      while (kindOf === blank) {
        if (++at === limit) return this.hold(from)
        kindOf = classes[bytes[at]!]!
      }
      if (kindOf === endOfLine) break
      const start = at
      for (;;) {
        if (kindOf <= high) {
          if (kindOf === high) sawHigh = true
          if (++at === limit) return this.hold(from)
          kindOf = classes[bytes[at]!]!
        } else if (kindOf === backslash) {
          escapes |= 1 << Math.min(31, spans === undefined ? 0 : spans.length >> 1)
          if (++at === limit) return this.hold(from)
          if (escaped[bytes[at]!] === unknownEscape) return this.bad("Unknown escape", from, at)
          if (++at === limit) return this.hold(from)
          kindOf = classes[bytes[at]!]!
        } else break
      }
      if (kindOf === forbidden) return this.bad("Unescaped special character", from, at)
      if (spans === undefined) spans = [start, at]
      else spans.push(start, at)
    }
    this.position = at + 1
    if (at - from > this.maxLine) return this.refuse(bytes.subarray(from, at))
    return new ParsedMessage(
      kind,
      nameAt(bytes, from + 1, endOfName, hash),
      id,
      chunk,
      spans ?? noSpans,
      escapes,
      sawHigh
    )
  }
}
