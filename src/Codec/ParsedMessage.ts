import { type Kind, Message } from "../Message/index.ts"
import { backslash, classes, escaped, latin1, nothing, strictUtf8, utf8 } from "./bytes.ts"

/** The bytes that messages were found in, with their text once somebody asked for it. */
export class Chunk {
  readonly bytes: Uint8Array
  private latin1: string | undefined = undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** The text of ASCII bytes. Never a slice of a larger string, which would keep the chunk alive. */
  ascii(start: number, end: number): string {
    // V8 copies substrings of up to 12 characters; one conversion of the chunk then serves all short arguments
    if (end - start > 12 || this.bytes.length > 131072) return latin1(this.bytes, start, end)
    return (this.latin1 ??= latin1(this.bytes, 0, this.bytes.length)).substring(start, end)
  }
}

/** Without escapes; the bytes are known to be well-formed. */
const unescape = (bytes: Uint8Array, start: number, end: number): Uint8Array => {
  const out = new Uint8Array(end - start)
  let size = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (classes[byte] !== backslash) out[size++] = byte
    else {
      const value = escaped[bytes[++at]!]!
      if (value !== nothing) out[size++] = value
    }
  }
  return out.subarray(0, size)
}

/**
 * A message as it was found in a chunk: spans over the bytes of its line, decoded when asked for. It keeps its chunk
 * alive; what is kept for longer than the chunk is handled is taken out with {@link ParsedMessage.own}.
 *
 * @category models
 * @since 0.1.0
 */
export class ParsedMessage extends Message {
  readonly kind: Kind
  readonly name: string
  readonly id: number | undefined
  /** @internal */
  readonly chunk: Chunk
  /** @internal start and end of each argument */
  readonly spans: ReadonlyArray<number>
  /** @internal bit i: argument i has an escape; bit 31: one from 31 on has */
  readonly escapes: number
  /** @internal whether a byte of the line is above 0x7f */
  readonly high: boolean

  constructor(
    kind: Kind,
    name: string,
    id: number | undefined,
    chunk: Chunk,
    spans: ReadonlyArray<number>,
    escapes: number,
    high: boolean
  ) {
    super()
    this.kind = kind
    this.name = name
    this.id = id
    this.chunk = chunk
    this.spans = spans
    this.escapes = escapes
    this.high = high
  }

  get length(): number {
    return this.spans.length >> 1
  }

  /** Whether an argument has an escape on the wire. */
  private hasEscape(index: number): boolean {
    if (this.escapes === 0) return false
    if (index < 31) return (this.escapes & (1 << index)) !== 0
    // one bit stands for all further ones
    return (
      this.escapes < 0 && this.chunk.bytes.subarray(this.spans[2 * index], this.spans[2 * index + 1]).includes(0x5c)
    )
  }

  bytes(index: number): Uint8Array | undefined {
    const start = this.spans[2 * index]
    if (start === undefined) return undefined
    const end = this.spans[2 * index + 1]!
    return this.hasEscape(index) ? unescape(this.chunk.bytes, start, end) : this.chunk.bytes.subarray(start, end)
  }

  override text(index: number): string | undefined {
    const start = this.spans[2 * index]
    if (start === undefined) return undefined
    if (this.hasEscape(index)) {
      const bytes = unescape(this.chunk.bytes, start, this.spans[2 * index + 1]!)
      return this.high ? utf8(bytes, 0, bytes.length) : latin1(bytes, 0, bytes.length)
    }
    const end = this.spans[2 * index + 1]!
    return this.high ? utf8(this.chunk.bytes, start, end) : this.chunk.ascii(start, end)
  }

  /** An argument as text where it is well-formed UTF-8; undefined where it is not, or past the last one. */
  strictText(index: number): string | undefined {
    if (!this.high) return this.text(index)
    const bytes = this.bytes(index)
    return bytes === undefined ? undefined : strictUtf8(bytes)
  }

  /** The same message in memory of its own, so that it may be kept. */
  own(): ParsedMessage {
    const { spans } = this
    if (spans.length === 0) return this
    const from = spans[0]!
    const bytes = this.chunk.bytes.slice(from, spans[spans.length - 1])
    const moved = spans.map((at) => at - from)
    return new ParsedMessage(this.kind, this.name, this.id, new Chunk(bytes), moved, this.escapes, this.high)
  }
}
