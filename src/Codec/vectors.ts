/**
 * Reads and writes long runs of bytes sixteen at once, by a WebAssembly module. Its source is `vectors.wat`;
 * `scripts/assemble.ts` assembles it. Measured on Node 26: a line of 16 MiB that is all escapes is parsed in 6 ms
 * and read as text in 42 ms. JavaScript, which reads four bytes at once, takes 90 ms.
 *
 * The module works in a memory of its own, which all parsers and encoders of a thread share. Bytes are copied in by
 * blocks, and results are copied out before a call returns. The memory has room for 2 MiB and takes as much as the
 * longest argument that was read. The module is compiled when the first long run is read or written, which takes 0.7 ms
 * (measured), because many programs have none. Where WebAssembly is missing or forbidden, everything is read and written
 * byte by byte.
 */
import { allocate, copyOf, latin1, part, utf8 } from "./bytes.ts"
import { vectorsModule } from "./vectorsModule.ts"

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly scan: (at: number, end: number, room: number) => number
  readonly unescape: (at: number, end: number, to: number) => number
  readonly escape: (at: number, end: number, to: number) => number
}
/** The part of the WebAssembly interface that is used here. The compiler's library does not have it. */
interface Platform {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** Given by `vectors.wat`: the address of the number of places. */
const countAt = 0x200
/** Given by `vectors.wat`: the address of the places. */
const placesAt = 0x400
/** Given by `vectors.wat`: the address of the bytes to read. */
const inputAt = 0x8410
/** Given by `vectors.wat`: the room for the bytes to read. The module writes one byte behind them. */
const inputSize = 0x10000 - inputAt - 1
/** Given by `vectors.wat`: the address of the bytes without escapes, or with them. */
const outputAt = 0x10000
/** Given by `vectors.wat`: the largest number of places. */
const maxPlaces = 8192
/** Given by `vectors.wat`: the room for bytes without escapes. The module writes up to 16 bytes more. */
const outputSize = 0x200000 - 32
/** Bytes that are copied in at once. Measured: copying 16 KiB takes 350 ns, and half of the fastest cache holds them. */
const blockSize = 16384
/** Bytes of the first block of a run; each further one is twice as long. Measured: copying 1 KiB takes 43 ns. */
const firstBlock = 1024

/** A code of {@link Vectors.flags}: there was an escape. */
export const hasEscape = 0x1000000
/** A code of {@link Vectors.flags}: there was `\@` beside other bytes. */
export const hasNothing = 0x2000000
/** A code of {@link Vectors.flags}: there was a byte from 0x80 on. */
export const hasHighByte = 0x4000000
/** A code: the bits of a result that are an address. */
const addressBits = 0xffffff
const encoder = new TextEncoder()

/** Reads and writes long runs of bytes. There is one in a thread: {@link vectors}. */
export class Vectors {
  /** The place where the last scan stopped. */
  place = 0
  /** The number of arguments that the last scan began. */
  count = 0
  /** The findings of the last scan: {@link hasEscape}, {@link hasNothing}, {@link hasHighByte}. */
  flags = 0
  private readonly memory: Uint8Array
  private readonly input: Uint8Array
  private readonly numbers: Int32Array
  private readonly exports: Exports

  constructor(exports: Exports) {
    this.exports = exports
    this.memory = new Uint8Array(exports.memory.buffer)
    this.input = part(this.memory, inputAt, inputAt + inputSize)
    this.numbers = new Int32Array(exports.memory.buffer)
  }

  /**
   * Reads on from inside an argument, and puts the starts of at most `most` further ones behind the first `used` of
   * `starts`. Stops at the first byte that is neither part of an argument nor a single blank between two, at an unknown
   * escape, or at the limit. There must be a byte before `start`. With `most` 0 the speed does not depend on the number of escapes.
   */
  scan(bytes: Uint8Array, start: number, limit: number, starts: Array<number>, used: number, most: number): void {
    const { exports, memory, numbers } = this
    let at = start
    let size = firstBlock
    this.count = this.flags = 0
    for (;;) {
      const end = Math.min(limit, at + size)
      // with the byte before: it shows if `\@` is alone
      memory.set(part(bytes, at - 1, end), inputAt - 1)
      const found = exports.scan(inputAt, inputAt + end - at, Math.min(most - this.count, maxPlaces))
      const shift = at - inputAt
      const count = numbers[countAt >> 2]!
      const to = used + this.count
      const room = Math.min(count, starts.length - to)
      for (let index = 0; index < room; index++) starts[to + index] = numbers[(placesAt >> 2) + index]! + shift
      for (let index = room; index < count; index++) starts.push(numbers[(placesAt >> 2) + index]! + shift)
      this.count += count
      this.flags |= found
      at = (found & addressBits) + shift
      // an escape that crosses blocks is read in the next one
      if (end === limit || at < end - 2 || (at < end && bytes[at] !== 0x5c)) break
      size = Math.min(blockSize, 2 * size)
    }
    this.place = at
  }

  /** Writes bytes with their escapes at `to`, with room for twice their number. Returns the end. */
  escapeInto(out: Uint8Array, to: number, bytes: Uint8Array, start: number, end: number): number {
    const { exports, memory } = this
    let size = to
    for (let at = start; at < end; at += blockSize) {
      const next = Math.min(end, at + blockSize)
      memory.set(part(bytes, at, next), inputAt)
      const behind = exports.escape(inputAt, inputAt + next - at, outputAt)
      out.set(part(memory, outputAt, behind), size)
      size += behind - outputAt
    }
    return size
  }

  /**
   * Writes ASCII text with its escapes into the memory, where {@link copyEscaped} reads it. Returns the number of bytes,
   * or -1 if the text is too long or not ASCII.
   */
  escapeText(text: string): number {
    const { length } = text
    if (length > inputSize) return -1
    const { read, written } = encoder.encodeInto(text, this.input)
    // other text has more bytes than characters, which may not fit
    if (read < length || written > length) return -1
    return this.exports.escape(inputAt, inputAt + length, outputAt) - outputAt
  }

  /** Copies the bytes of the last {@link escapeText} to `to`. Returns the end. */
  copyEscaped(out: Uint8Array, to: number, size: number): number {
    out.set(part(this.memory, outputAt, outputAt + size), to)
    return to + size
  }

  /** Returns an argument without its escapes. It must be well-formed. */
  bytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const { memory } = this
    if (end - start <= outputSize) return copyOf(memory, outputAt, this.unescape(bytes, start, end))
    const out = allocate(end - start)
    let size = 0
    for (let at = start; at < end; ) {
      const next = Math.min(end, at + blockSize)
      const found = this.block(bytes, at, next, outputAt)
      const to = found & addressBits
      out.set(part(memory, outputAt, to), size)
      size += to - outputAt
      at = next - (found >>> 30)
    }
    return part(out, 0, size)
  }

  /** Returns an argument as text without its escapes. It must be well-formed. */
  text(bytes: Uint8Array, start: number, end: number, isAscii: boolean): string {
    const decode = isAscii ? latin1 : utf8
    if (end - start <= outputSize) return decode(this.memory, outputAt, this.unescape(bytes, start, end))
    const plain = this.bytes(bytes, start, end)
    return decode(plain, 0, plain.length)
  }

  /** Writes an argument without its escapes into the memory. Returns the address of its end. */
  private unescape(bytes: Uint8Array, start: number, end: number): number {
    let to = outputAt
    for (let at = start; at < end; ) {
      const next = Math.min(end, at + blockSize)
      const found = this.block(bytes, at, next, to)
      to = found & addressBits
      at = next - (found >>> 30)
    }
    return to
  }

  /** Writes one block. Returns the address of its end, and bit 30 if the last byte begins an escape and is left out. */
  private block(bytes: Uint8Array, start: number, end: number, to: number): number {
    this.memory.set(part(bytes, start, end), inputAt)
    return this.exports.unescape(inputAt, inputAt + end - start, to)
  }
}

let made: Vectors | undefined
let isTried = false
/** Returns the reader and writer of long runs, or `undefined` where WebAssembly is missing or forbidden. */
export const vectors = (): Vectors | undefined => {
  if (!isTried) {
    isTried = true
    made = make()
  }
  return made
}

const make = (): Vectors | undefined => {
  try {
    const { Instance, Module } = (globalThis as unknown as { readonly WebAssembly: Platform }).WebAssembly
    const bytes = Uint8Array.from(atob(vectorsModule), (letter) => letter.charCodeAt(0))
    return new Vectors(new Instance(new Module(bytes)).exports as Exports)
  } catch {
    // WebAssembly or its vectors are missing, the policy of a page forbids it, or no address space is left
    return undefined
  }
}
