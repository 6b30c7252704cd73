import { KatcpSyntaxError, type Kind, maxId } from "../Message/index.ts"
import {
  backslash,
  blank,
  classes,
  copyOf,
  endOfLine,
  escaped,
  forbidden,
  nameClasses,
  offset,
  specials,
  unknownEscape
} from "./bytes.ts"
import { beginning, Framing, firstEnd } from "./Framing.ts"
import { nameAt } from "./nameAt.ts"
import { Chunk, hasHigh, isLoose, ParsedMessage } from "./ParsedMessage.ts"
import { defaultMaxArguments, defaultMaxLine, type ParserOptions } from "./ParserOptions.ts"
import { hasEscape, hasHighByte, hasNothing, type Vectors, vectors } from "./vectors.ts"

/**
 * Arguments whose places one chunk keeps. Beyond that, a new chunk over the same bytes begins. Not measured: 64 KiB of
 * places, and a chunk of 64 KiB seldom has more arguments.
 */
const placesPerChunk = 8192

/**
 * Bytes of a line from which a long argument, or many arguments, are read by {@link Vectors}. Measured: a call takes
 * 100 ns, as much as reading 200 bytes four at once.
 */
const longFrom = 256
/** Given by `ParsedMessage.escapes`: arguments from this one on share one bit. */
const wideFrom = 31
/**
 * Arguments that a call must find to be followed by another one; otherwise the next 256 bytes are read here. Not
 * measured: with eight arguments of a few bytes, both ways take about 100 ns.
 */
const worthwhile = 8

// comparisons: V8 would look up a record out of line
const kindOfSigil = (byte: number): Kind | undefined =>
  byte === 0x3f ? "request" : byte === 0x21 ? "reply" : byte === 0x23 ? "inform" : undefined
const noChunk = new Chunk(new Uint8Array(0))
const isBetween = (byte: number): boolean => classes[byte] === blank || classes[byte] === endOfLine
/** Returns `true` for a `\@` beside other bytes of its argument. */
const isLooseEscape = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 1] === 0x40 && !(isBetween(bytes[at - 1]!) && isBetween(bytes[at + 2]!))

/**
 * The result of {@link Parser.line} in a line that vectors may read faster. The place and the state are in the variables
 * below, which compiled code may set though it never has before. A call or an object would make V8 drop the compiled
 * parser at the first long line, and compile it again: 8 ms of CPU time in the first mirror of a process (measured).
 */
const cut = Symbol("cut")
let cutAt = 0
let cutLength = 0
let cutEscapes = 0
let cutFlags = 0
let cutName = 0
let cutHash = 0
let cutId: number | undefined

// the OR of all bytes passed; the high bits matter
let highBits = 0
/**
 * Skips ordinary bytes of an argument, four at once, up to the first special one or near the chunk's end. Both ways end in
 * the same statement: V8 would drop the compiled parser when a rare one is taken first, and compile it again: 12 ms
 * (measured).
 */
const ordinaryFrom = (view: DataView, start: number, lastWord: number): number => {
  let at = start
  let bits = 0
  while (at <= lastWord) {
    const word = view.getInt32(at, true)
    const found = specials(word)
    if (found !== 0) {
      const before = offset(found)
      bits |= word & ((1 << before) - 1)
      at += before >> 3
      break
    }
    bits |= word
    at += 4
  }
  highBits |= bits
  return at
}

let isIntroduced = false
/**
 * Parses lines of every kind, before the first parser of a process reads any. V8 compiles only the paths that it has seen,
 * and drops the code at the first byte that takes another one: the parser was compiled twice, 12 ms each (measured in the
 * first clients of a process). This takes 0.4 ms.
 */
const introduce = (): void => {
  isIntroduced = true
  const lines = [
    "#a[12] plain a\\_b \\@ \\@c \u00e9",
    "?b\tx  y ",
    "",
    "!c ok\r",
    `#long ${"0123456789 ".repeat(30)}`,
    // shorter than the words that are read at once
    "#end 0123456789 ab"
  ]
  const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`)
  const parser = new Parser()
  // V8 begins to record after some hundred steps
  for (let round = 0; round < 2; round++) parser.push(bytes)
}

/**
 * Parses messages from bytes that arrive in pieces of any size (Rev 5.1 §2.1). Pure: bytes in, messages or errors out.
 * A malformed line gives an error with the fault and its position, and parsing continues with the next line. LF and CR
 * each end a line. Blank lines are skipped. Memory is bounded by the chunk and the longest line.
 *
 * Either {@link push} a chunk and get all its messages, or {@link feed} it and take one at a time with {@link next}.
 *
 * @category parsing
 * @since 0.1.0
 */
export class Parser {
  private readonly framing: Framing
  private readonly maxArguments: number
  private chunk: Chunk = noChunk
  /** The number of places in the chunk before. */
  private places = 0

  constructor(options?: ParserOptions) {
    if (!isIntroduced) introduce()
    this.framing = new Framing(options?.maxLine ?? defaultMaxLine)
    this.maxArguments = options?.maxArguments ?? defaultMaxArguments
  }

  /** The number of bytes held of an unfinished line. They are lost if the input ends now. */
  get pending(): number {
    return this.framing.pending
  }

  /** The number of bytes held in all: an unfinished line, and input that was fed and not yet read. */
  get held(): number {
    return this.framing.held
  }

  /**
   * Releases all memory when the connection is over. The memory of a long unfinished line returns to the system at
   * once.
   */
  release(): void {
    this.framing.release()
    this.chunk = noChunk
  }

  /** Returns all messages and errors that the chunk completes, in order. */
  push(bytes: Uint8Array): Array<ParsedMessage | KatcpSyntaxError> {
    const found: Array<ParsedMessage | KatcpSyntaxError> = []
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

  /** Returns the next message, or the error of the next bad line, or `undefined` when everything fed has been read. */
  next(): ParsedMessage | KatcpSyntaxError | undefined {
    const { framing } = this
    for (;;) {
      while (framing.position < framing.limit) {
        // otherwise a large chunk of many messages would gather the places of all their arguments
        if (this.chunk.used > placesPerChunk) this.chunk = this.chunkOf(framing.bytes)
        const found = this.line()
        if (found === cut) return this.longLine()
        if (found !== undefined) return found
      }
      if (!framing.advance()) {
        this.places = this.chunk.used
        // an idle connection must not keep its last chunk alive
        this.chunk = noChunk
        return undefined
      }
      if (framing.tooLong !== undefined) {
        const raw = framing.tooLong
        framing.tooLong = undefined
        return this.refuse(raw)
      }
      this.chunk = this.chunkOf(framing.bytes)
    }
  }

  private chunkOf(bytes: Uint8Array): Chunk {
    if (this.chunk !== noChunk) this.places = this.chunk.used
    return new Chunk(bytes, this.places)
  }

  private refuse(raw: Uint8Array): KatcpSyntaxError {
    const { maxLine } = this.framing
    return new KatcpSyntaxError({ reason: `Line of more than ${maxLine} bytes`, position: maxLine + 1, raw })
  }

  /** Ends a line with too many arguments, at the first surplus one. */
  private tooMany(from: number, at: number, head: KatcpSyntaxError["head"] & {}): KatcpSyntaxError {
    const { framing, maxArguments } = this
    const { bytes } = this.chunk
    const end = firstEnd(bytes, at)
    framing.position = end + 1
    const raw = beginning(bytes.subarray(from, end))
    if (end - from > framing.maxLine) return this.refuse(raw)
    const reason = `More than ${maxArguments} arguments`
    return new KatcpSyntaxError({ reason, position: at - from + 1, raw, head })
  }

  /**
   * Ends a bad line. Returns the error with the position of the faulty byte. Parsing continues after the line's end.
   */
  private bad(reason: string, from: number, at: number): KatcpSyntaxError {
    const { framing } = this
    const { bytes } = this.chunk
    const end = firstEnd(bytes, at)
    framing.position = end + 1
    if (end - from > framing.maxLine) return this.refuse(beginning(bytes.subarray(from, end)))
    return new KatcpSyntaxError({ reason, position: at - from + 1, raw: copyOf(bytes, from, end) })
  }

  /**
   * Reads on from inside an argument, if it is long or there are many. Returns `undefined` without reading otherwise. The
   * argument is at the last of `used` places.
   */
  private longRun(at: number, length: number, used: number): Vectors | undefined {
    const { bytes, starts } = this.chunk
    const isWide = length >= wideFrom
    if (!isWide && at - starts[used - 1]! < longFrom / 2) return undefined
    const run = vectors()
    run?.scan(bytes, at, this.framing.limit, starts, used, isWide ? this.maxArguments - length - 1 : 0)
    return run
  }

  /**
   * Parses one line. Returns its message or error, `undefined` if it is blank, or {@link cut} inside an argument. The end
   * of the line is in the chunk, so there are no bounds checks.
   */
  private line(): ParsedMessage | KatcpSyntaxError | typeof cut | undefined {
    const { chunk, framing, maxArguments } = this
    const { bytes } = chunk
    const from = framing.position
    let at = from
    const kind = kindOfSigil(bytes[at]!)
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
      if (byte !== 0x5d) return this.bad("Expected ] after the message id", from, at)
      if (value > maxId) return this.bad("Expected a message id from 1 to 2147483647", from, start)
      id = value
      byte = bytes[++at]!
    }
    let kindOf = classes[byte]!
    if (kindOf !== blank && kindOf !== endOfLine)
      return this.bad(id === undefined ? "Unexpected character in the name" : "Expected a blank after the id", from, at)

    const { view } = chunk
    // V8 then knows that it is a number of 32 bits
    const lastWord = chunk.lastWord | 0
    const first = chunk.used
    let { starts } = chunk
    let used = first
    let length = 0
    let escapes = 0
    let flags = 0
    highBits = 0
    // from here on, a long argument or many arguments are read by vectors
    const far = from + longFrom
    const stop = Math.min(far, lastWord)
    while (kindOf === blank) {
      if (byte !== 0x20) flags = isLoose
      kindOf = classes[bytes[++at]!]!
      if (kindOf === blank || kindOf === endOfLine) {
        flags = isLoose
        while (kindOf === blank) kindOf = classes[bytes[++at]!]!
        if (kindOf === endOfLine) break
      }
      if (length >= maxArguments) {
        const name = nameAt(chunk, from + 1, endOfName, hash)
        return this.tooMany(from, at, { kind, name, id })
      }
      if (used < starts.length) starts[used] = at
      else starts = chunk.grow(at)
      used++
      // skip the ordinary bytes of the argument, four at once
      for (;;) {
        at = ordinaryFrom(view, at, stop)
        byte = bytes[at]!
        kindOf = classes[byte]!
        if (kindOf > backslash) break
        if (at >= far) {
          cutAt = at
          cutLength = length
          cutEscapes = escapes
          cutFlags = flags
          cutName = endOfName
          cutHash = hash
          cutId = id
          return cut
        } else if (kindOf === backslash) {
          if (escaped[bytes[at + 1]!] === unknownEscape) return this.bad("Unknown escape", from, at + 1)
          if (isLooseEscape(bytes, at)) flags = isLoose
          escapes |= 1 << Math.min(31, length)
          at += 2
        } else {
          highBits |= byte
          at++
        }
      }
      if (kindOf === forbidden) return this.bad("Unescaped special character", from, at)
      length++
    }
    if (length > 0) {
      if (used < starts.length) starts[used] = at
      else chunk.grow(at)
      chunk.used = used + 1
    }
    framing.position = at + 1
    if (at - from > framing.maxLine) return this.refuse(beginning(bytes.subarray(from, at)))
    if ((highBits & 0x80808080) !== 0) flags |= hasHigh
    const name = nameAt(chunk, from + 1, endOfName, hash)
    // a message without arguments must not keep the chunk alive
    return new ParsedMessage(kind, name, id, length, length === 0 ? noChunk : chunk, first, escapes, flags)
  }

  /** Reads on in a line from {@link cut}. */
  private longLine(): ParsedMessage | KatcpSyntaxError {
    const { chunk, framing, maxArguments } = this
    const { bytes, view } = chunk
    const from = framing.position
    const kind = kindOfSigil(bytes[from]!)!
    const id = cutId
    const name = nameAt(chunk, from + 1, cutName, cutHash)
    const first = chunk.used
    let used = first + cutLength + 1
    let at = cutAt
    let length = cutLength
    let escapes = cutEscapes
    let flags = cutFlags
    let far = at
    for (;;) {
      at = ordinaryFrom(view, at, Math.min(far, chunk.lastWord))
      const byte = bytes[at]!
      let kindOf = classes[byte]!
      if (kindOf > backslash) {
        // the end of an argument
        if (kindOf === forbidden) return this.bad("Unescaped special character", from, at)
        length++
        if (kindOf === endOfLine) break
        if (byte !== 0x20) flags = isLoose
        kindOf = classes[bytes[++at]!]!
        if (kindOf === blank || kindOf === endOfLine) {
          flags = isLoose
          while (kindOf === blank) kindOf = classes[bytes[++at]!]!
          if (kindOf === endOfLine) break
        }
        if (length >= maxArguments) return this.tooMany(from, at, { kind, name, id })
        if (used < chunk.starts.length) chunk.starts[used] = at
        else chunk.grow(at)
        used++
      } else if (at >= far) {
        const run = this.longRun(at, length, used)
        if (run !== undefined) {
          at = run.place
          if ((run.flags & hasEscape) !== 0) escapes |= 1 << Math.min(31, length)
          if ((run.flags & hasNothing) !== 0) flags = isLoose
          if ((run.flags & hasHighByte) !== 0) highBits |= 0x80
          length += run.count
          used += run.count
        }
        far = run !== undefined && run.count >= worthwhile ? at : at + longFrom
      } else if (kindOf === backslash) {
        if (escaped[bytes[at + 1]!] === unknownEscape) return this.bad("Unknown escape", from, at + 1)
        if (isLooseEscape(bytes, at)) flags = isLoose
        escapes |= 1 << Math.min(31, length)
        at += 2
      } else {
        highBits |= byte
        at++
      }
    }
    if (used < chunk.starts.length) chunk.starts[used] = at
    else chunk.grow(at)
    chunk.used = used + 1
    framing.position = at + 1
    if (at - from > framing.maxLine) return this.refuse(beginning(bytes.subarray(from, at)))
    if ((highBits & 0x80808080) !== 0) flags |= hasHigh
    return new ParsedMessage(kind, name, id, length, chunk, first, escapes, flags)
  }
}
