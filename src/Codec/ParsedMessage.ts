import { type Kind, Message } from "../Message/index.ts"
import type { Arg, Invalid } from "./arg/Arg.ts"
import { blank, classes, copyOf, latin1, part, utf8, viewOf } from "./bytes.ts"
import type { Dialect } from "./Dialect.ts"
import { unescape, unescapeInto, vectorsFrom } from "./escape.ts"
import { vectors } from "./vectors.ts"

/**
 * Bytes of a chunk below which it is read byte by byte. Measured: creating a view takes 50 ns, and copying an argument
 * of 32 bytes by words saves 16 ns.
 */
const viewedFrom = 256
const noView = new DataView(new ArrayBuffer(0))
/**
 * Bytes of a chunk up to which one conversion serves all its short arguments. Measured for 100 arguments: 2.8 µs for
 * all and 3.8 one by one in 128 KiB; 4.1 and 3.8 in 256 KiB.
 */
const convertedUpTo = 131072
/**
 * Given by V8: substrings of up to this many characters are copied; longer ones would keep the text of the whole
 * chunk alive.
 */
const copiedUpTo = 12

/** Bytes of a chunk for each place of an argument. Given by `#sensor-status`, which has one for each 6 to 10. */
const bytesPerPlace = 8
/** Places that any chunk may have room for. Not measured: 4 KiB of memory. A chunk may also be one long argument. */
const usualPlaces = 512
/** The largest number of places that there is room for at first. Given by `Parser`: a chunk keeps that many. */
const mostPlaces = 8192
// made by `push`: V8 then knows that there are no holes
const noPlaces: Array<number> = []
for (let place = 0; place < mostPlaces; place++) noPlaces.push(0)

/** The bytes that contain messages, the places of their arguments, and the text of the bytes once it is needed. */
export class Chunk {
  readonly bytes: Uint8Array
  /** A view for reading four bytes at once, up to `lastWord`, which is negative if a view is not worthwhile. */
  readonly view: DataView
  readonly lastWord: number
  /** For each message with arguments: the start of each argument, then the end of the line. There may be room behind. */
  starts: Array<number> = []
  /** The number of places in `starts`. */
  used = 0
  private readonly expected: number
  private text: string | undefined = undefined

  /** `expected` is the number of places in the chunk before. */
  constructor(bytes: Uint8Array, expected = 0) {
    // a mix of Buffers and arrays would slow down all code that reads chunks
    this.bytes = bytes.constructor === Uint8Array ? bytes : part(bytes, 0, bytes.length)
    this.view = bytes.length < viewedFrom ? noView : viewOf(bytes)
    this.lastWord = bytes.length < viewedFrom ? -1 : bytes.length - 4
    this.expected = expected
  }

  /**
   * Adds a place behind the others if `starts` has no room for it. Returns `starts`. The first place of a chunk makes room
   * for all that are likely. Otherwise the array would be copied twelve times for a line of 4,096 arguments, which then
   * takes 10 % more time (measured).
   */
  grow(place: number): Array<number> {
    if (this.starts.length > 0) this.starts.push(place)
    else {
      const usual = Math.min(usualPlaces, this.bytes.length / bytesPerPlace)
      const likely = Math.min(this.bytes.length / 2, this.expected * 1.125)
      this.starts = noPlaces.slice(0, Math.max(4, usual, likely))
      this.starts[0] = place
    }
    return this.starts
  }

  /** Returns the text of bytes, one character for each byte. */
  latin1(start: number, end: number): string {
    if (end - start > copiedUpTo) return latin1(this.bytes, start, end)
    const { text } = this
    return text === undefined ? this.converted(start, end) : text.substring(start, end)
  }

  private converted(start: number, end: number): string {
    if (this.bytes.length > convertedUpTo) return latin1(this.bytes, start, end)
    this.text = latin1(this.bytes, 0, this.bytes.length)
    return this.text.substring(start, end)
  }
}

/** A code: a byte of the line is above 0x7f. */
export const hasHigh = 1
/**
 * A code: the line is not in the form that an encoder writes: it has more than one blank between arguments, a tab, or
 * `\@` beside other bytes.
 */
export const isLoose = 2

// arguments up to this size are unescaped in here, so their text needs no array
const scratch = new Uint8Array(1024)

/**
 * A message in a chunk: the places of its arguments, which are decoded when they are read. It keeps its chunk alive. To
 * keep a message longer than its chunk, copy it with {@link ParsedMessage.own}.
 *
 * @category models
 * @since 0.1.0
 */
export class ParsedMessage extends Message {
  readonly kind: Kind
  readonly name: string
  readonly id: number | undefined
  readonly length: number
  /** @internal */
  readonly chunk: Chunk
  /** @internal the index of its first argument in `chunk.starts` */
  readonly first: number
  /** @internal bit i: argument i has an escape; bit 31: an argument from 31 on has one */
  readonly escapes: number
  /** @internal {@link hasHigh}, {@link isLoose} */
  readonly flags: number

  /** Called by parsers only. */
  constructor(
    kind: Kind,
    name: string,
    id: number | undefined,
    length: number,
    chunk: Chunk,
    first: number,
    escapes: number,
    flags: number
  ) {
    super()
    this.kind = kind
    this.name = name
    this.id = id
    this.length = length
    this.chunk = chunk
    this.first = first
    this.escapes = escapes
    this.flags = flags
  }

  /** @internal the number of bytes of its arguments on the wire */
  get size(): number {
    const { chunk, first, length } = this
    return length === 0 ? 0 : chunk.starts[first + length]! - chunk.starts[first]!
  }

  /** Returns the end of an argument: before the blanks that precede the next one, or the end of the line. */
  private end(index: number): number {
    const { bytes, starts } = this.chunk
    let end = starts[this.first + index + 1]!
    if ((this.flags & isLoose) === 0) return index + 1 < this.length ? end - 1 : end
    while (classes[bytes[end - 1]!] === blank) end--
    return end
  }

  /** Returns `true` if an argument has an escape on the wire. */
  private hasEscape(index: number, start: number, end: number): boolean {
    if (this.escapes === 0) return false
    if (index < 31) return (this.escapes & (1 << index)) !== 0
    // one bit covers all further arguments
    return this.escapes < 0 && this.chunk.bytes.subarray(start, end).includes(0x5c)
  }

  bytes(index: number): Uint8Array | undefined {
    if (!(index >= 0 && index < this.length)) return undefined
    const { bytes, starts } = this.chunk
    const start = starts[this.first + index]!
    const end = this.end(index)
    return this.hasEscape(index, start, end) ? unescape(bytes, start, end) : part(bytes, start, end)
  }

  override text(index: number): string | undefined {
    if (!(index >= 0 && index < this.length)) return undefined
    const { chunk } = this
    const at = this.first + index
    const start = chunk.starts[at]!
    if (this.escapes === 0 && this.flags === 0)
      return chunk.latin1(start, chunk.starts[at + 1]! - (index + 1 < this.length ? 1 : 0))
    const end = this.end(index)
    if (this.hasEscape(index, start, end)) return this.unescapedText(start, end)
    return (this.flags & hasHigh) === 0 ? chunk.latin1(start, end) : utf8(chunk.bytes, start, end)
  }

  /** @internal returns `true` if an existing argument equals this text: faster than decoding it */
  is(index: number, text: string): boolean {
    const { bytes, starts } = this.chunk
    const start = starts[this.first + index]!
    const end = this.end(index)
    if ((this.flags & hasHigh) !== 0 || this.hasEscape(index, start, end)) return this.text(index) === text
    let at = text.length
    if (at !== end - start) return false
    // from the end: the names of one device often share a beginning
    while (at > 0 && text.charCodeAt(at - 1) === bytes[start + at - 1]) at--
    return at === 0
  }

  private unescapedText(start: number, end: number): string {
    const { bytes } = this.chunk
    const fast = end - start < vectorsFrom ? undefined : vectors()
    if (fast !== undefined) return fast.text(bytes, start, end, (this.flags & hasHigh) === 0)
    const long = end - start > scratch.length
    const out = long ? unescape(bytes, start, end) : scratch
    const size = long ? out.length : unescapeInto(out, bytes, start, end)
    return (this.flags & hasHigh) === 0 ? latin1(out, 0, size) : utf8(out, 0, size)
  }

  /** @internal returns an existing argument, without escapes, as text of one character for each byte */
  latin1(index: number): string {
    const { chunk } = this
    const start = chunk.starts[this.first + index]!
    const end = this.end(index)
    if (!this.hasEscape(index, start, end)) return chunk.latin1(start, end)
    const plain = unescape(chunk.bytes, start, end)
    return latin1(plain, 0, plain.length)
  }

  /** Returns an argument as text if it is UTF-8, otherwise `undefined`. Returns `undefined` past the last argument. */
  strictText(index: number): string | undefined {
    const text = this.text(index)
    return text === undefined || (this.flags & hasHigh) === 0 || text.isWellFormed() ? text : undefined
  }

  /** @internal decodes an existing argument, in place if it has no escape */
  decode<A>(index: number, arg: Pick<Arg<A>, "decode">, dialect: Dialect): A | Invalid {
    const { bytes, starts } = this.chunk
    const start = starts[this.first + index]!
    const end = this.end(index)
    if (!this.hasEscape(index, start, end)) return arg.decode(bytes, start, end, dialect)
    const plain = unescape(bytes, start, end)
    return arg.decode(plain, 0, plain.length, dialect)
  }

  /** Returns a copy of the message in separate memory, which may be kept. */
  own(): ParsedMessage {
    const { chunk, first, length } = this
    if (length === 0) return this
    const from = chunk.starts[first]! - 1
    const own = new Chunk(copyOf(chunk.bytes, from, chunk.starts[first + length]!))
    own.used = length + 1
    own.starts = chunk.starts.slice(first, first + own.used)
    for (let index = 0; index <= length; index++) own.starts[index]! -= from
    return new ParsedMessage(this.kind, this.name, this.id, length, own, 0, this.escapes, this.flags)
  }
}
