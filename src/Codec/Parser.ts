import { KatcpSyntaxError, type Kind, maxId } from "../Message/index.ts"
import {
  backslash,
  blank,
  classes,
  copyOf,
  endOfLine,
  escaped,
  forbidden,
  high,
  latin1,
  nameClasses,
  offset,
  specials,
  unknownEscape
} from "./bytes.ts"
import { beginning, Framing, firstEnd } from "./Framing.ts"
import { Chunk, hasHigh, isLoose, ParsedMessage } from "./ParsedMessage.ts"

/**
 * Limits of a {@link Parser}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ParserOptions {
  /** The longest line, in bytes without its end. Default 16777216 (16 MiB). A longer one gives one error. */
  readonly maxLine?: number | undefined
  /**
   * The largest number of arguments of a message. Default 65536. A line with more gives one error, which has the line's
   * kind, name and id as `head`.
   */
  readonly maxArguments?: number | undefined
}

/**
 * The default of the longest line in bytes: 16 MiB. Measured: a line of this size, all escapes, takes 90 ms to
 * read and 140 ms to echo.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxLine = 16777216

/**
 * The default of the largest number of arguments: 65536. Not measured: such a message counts as 2 MB while its
 * request runs (32 bytes an argument).
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxArguments = 65536

/**
 * Arguments whose places are kept with one chunk; behind that a new chunk over the same bytes begins. Not measured:
 * 64 KiB of places, and a chunk of 64 KiB seldom has more arguments.
 */
const placesPerChunk = 8192

const kinds: Record<number, Kind | undefined> = { 63: "request", 33: "reply", 35: "inform" }
const noChunk = new Chunk(new Uint8Array(0))
const isBetween = (byte: number): boolean => classes[byte] === blank || classes[byte] === endOfLine

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

// the bits of all bytes that were passed over, of which the highest ones count
let highBits = 0
/** Passes over ordinary bytes of an argument, four at once: up to the first other one, or near the chunk's end. */
const ordinaryFrom = (view: DataView, start: number, lastWord: number): number => {
  let at = start
  let bits = 0
  while (at <= lastWord) {
    const word = view.getInt32(at, true)
    const found = specials(word)
    if (found !== 0) {
      const before = offset(found)
      highBits |= bits | (word & ((1 << before) - 1))
      return at + (before >> 3)
    }
    bits |= word
    at += 4
  }
  highBits |= bits
  return at
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
  private readonly framing: Framing
  private readonly maxArguments: number
  private chunk: Chunk = noChunk

  constructor(options?: ParserOptions) {
    this.framing = new Framing(options?.maxLine ?? defaultMaxLine)
    this.maxArguments = options?.maxArguments ?? defaultMaxArguments
  }

  /** How many bytes of an unfinished line are held: what is lost where the input ends now. */
  get pending(): number {
    return this.framing.pending
  }

  /** How many bytes are held in all: of an unfinished line, and of what was fed and not read yet. */
  get held(): number {
    return this.framing.held
  }

  /**
   * Lets go of all that is held, when the connection is over: the memory of a long unfinished line goes back to the
   * system at once.
   */
  release(): void {
    this.framing.release()
    this.chunk = noChunk
  }

  /** All messages and errors that the chunk completes, in their order. */
  push(bytes: Uint8Array): Array<ParsedMessage | KatcpSyntaxError> {
    const found: Array<ParsedMessage | KatcpSyntaxError> = []
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

  /** The next message, or the error of the next bad line; undefined when all that was fed is read. */
  next(): ParsedMessage | KatcpSyntaxError | undefined {
    const { framing } = this
    for (;;) {
      while (framing.position < framing.limit) {
        // a large chunk of many messages would else gather the places of all their arguments
        if (this.chunk.starts.length > placesPerChunk) this.chunk = new Chunk(framing.bytes)
        const found = this.line()
        if (found !== undefined) return found
      }
      if (!framing.advance()) {
        // an idle connection must not keep its last chunk alive
        this.chunk = noChunk
        return undefined
      }
      if (framing.tooLong !== undefined) {
        const raw = framing.tooLong
        framing.tooLong = undefined
        return this.refuse(raw)
      }
      this.chunk = new Chunk(framing.bytes)
    }
  }

  private refuse(raw: Uint8Array): KatcpSyntaxError {
    const { maxLine } = this.framing
    return new KatcpSyntaxError({ reason: `Line of more than ${maxLine} bytes`, position: maxLine + 1, raw })
  }

  /** Ends a line with too many arguments, at the first of them that is one too many. */
  private tooMany(from: number, at: number, first: number, head: KatcpSyntaxError["head"] & {}): KatcpSyntaxError {
    const { framing, maxArguments } = this
    const { bytes, starts } = this.chunk
    starts.length = first
    const end = firstEnd(bytes, at)
    framing.position = end + 1
    const raw = beginning(bytes.subarray(from, end))
    if (end - from > framing.maxLine) return this.refuse(raw)
    const reason = `More than ${maxArguments} arguments`
    return new KatcpSyntaxError({ reason, position: at - from + 1, raw, head })
  }

  /** Ends a bad line: the error with the position of the byte at fault; reading goes on behind the line's end. */
  private bad(reason: string, from: number, at: number): KatcpSyntaxError {
    const { framing } = this
    const { bytes } = this.chunk
    const end = firstEnd(bytes, at)
    framing.position = end + 1
    if (end - from > framing.maxLine) return this.refuse(beginning(bytes.subarray(from, end)))
    return new KatcpSyntaxError({ reason, position: at - from + 1, raw: copyOf(bytes, from, end) })
  }

  /** One line: its message or error; undefined where it is blank. That it ends is known, so no bound is looked at. */
  private line(): ParsedMessage | KatcpSyntaxError | undefined {
    const { chunk, framing, maxArguments } = this
    const { bytes, starts } = chunk
    const from = framing.position
    let at = from
    const kind = kinds[bytes[at]!]
    if (kind === undefined) {
      while (classes[bytes[at]!] === blank) at++
      if (classes[bytes[at]!] !== endOfLine) return this.bad("Expected ?, ! or # at the beginning", from, at)
      framing.position = at + 1
      return at - from > framing.maxLine ? this.refuse(beginning(bytes.subarray(from, at))) : undefined
    }

    let byte = bytes[++at]!
    if (nameClasses[byte] !== 1) return this.bad("Expected a letter as the beginning of a name", from, at)
    let hash = 0
    do {
      hash = (hash * 31 + byte) | 0
      byte = bytes[++at]!
    } while (nameClasses[byte] !== 0)
    const endOfName = at

    let id: number | undefined
    if (byte === 0x5b) {
      const start = ++at
      let value = 0
      for (byte = bytes[at]!; byte >= 0x30 && byte <= 0x39; byte = bytes[++at]!) value = value * 10 + byte - 0x30
      if (at === start || bytes[start] === 0x30)
        return this.bad("Expected a message id from 1 to 2147483647", from, start)
      if (byte !== 0x5d) return this.bad("Expected ] behind the message id", from, at)
      if (value > maxId) return this.bad("Expected a message id from 1 to 2147483647", from, start)
      id = value
      byte = bytes[++at]!
    }
    let kindOf = classes[byte]!
    if (kindOf !== blank && kindOf !== endOfLine)
      return this.bad(
        id === undefined ? "Unexpected character in the name" : "Expected a blank behind the id",
        from,
        at
      )

    const { view, lastWord } = chunk
    const first = starts.length
    let length = 0
    let escapes = 0
    let flags = 0
    highBits = 0
    while (kindOf === blank) {
      if (byte !== 0x20) flags = isLoose
      kindOf = classes[bytes[++at]!]!
      if (kindOf === blank || kindOf === endOfLine) {
        flags = isLoose
        while (kindOf === blank) kindOf = classes[bytes[++at]!]!
        if (kindOf === endOfLine) break
      }
      if (length >= maxArguments) {
        const name = nameAt(bytes, from + 1, endOfName, hash)
        return this.tooMany(from, at, first, { kind, name, id })
      }
      starts.push(at)
      // over the bytes of the argument, four at once as long as they are ordinary
      for (;;) {
        at = ordinaryFrom(view, at, lastWord)
        byte = bytes[at]!
        kindOf = classes[byte]!
        if (kindOf <= high) {
          highBits |= byte
          at++
        } else if (kindOf === backslash) {
          const letter = bytes[at + 1]!
          if (escaped[letter] === unknownEscape) return this.bad("Unknown escape", from, at + 1)
          if (letter === 0x40 && !(isBetween(bytes[at - 1]!) && isBetween(bytes[at + 2]!))) flags = isLoose
          escapes |= 1 << Math.min(31, length)
          at += 2
        } else break
      }
      if (kindOf === forbidden) return this.bad("Unescaped special character", from, at)
      length++
    }
    if (length > 0) starts.push(at)
    framing.position = at + 1
    if (at - from > framing.maxLine) return this.refuse(beginning(bytes.subarray(from, at)))
    if ((highBits & 0x80808080) !== 0) flags |= hasHigh
    return new ParsedMessage(
      kind,
      nameAt(bytes, from + 1, endOfName, hash),
      id,
      length,
      // what has no arguments must not keep the chunk alive
      length === 0 ? noChunk : chunk,
      first,
      escapes,
      flags
    )
  }
}
