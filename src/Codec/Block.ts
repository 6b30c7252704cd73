import { part } from "./bytes.ts"

/**
 * Bytes by which a block grows at least. Not measured: memory that is reserved and not touched costs nothing, so the
 * growth only bounds how often it is done.
 */
const step = 65536

/** The methods that ES2024 adds to an ArrayBuffer, which the compiler's library does not know. */
interface Growable extends ArrayBuffer {
  resize(size: number): void
  transfer(size: number): ArrayBuffer
}
const Growable = ArrayBuffer as unknown as new (size: number, options: { readonly maxByteLength: number }) => Growable
const isSupported = "transfer" in ArrayBuffer.prototype

/**
 * The largest released block that is kept for the next long line. Measured: making, filling and releasing a block of 1
 * MiB takes 640 µs, filling the spare one 26 µs. The process keeps at most this much memory.
 */
const spareSize = 2097152
let spare: Block | undefined

/**
 * A large piece of memory that grows in place up to a reserved size and returns to the system when released. Ordinary
 * arrays do neither. Dead arrays wait for a garbage collection, which an idle process does not have, and the C library
 * keeps most of the memory it then gets back. Measured with 256 MiB of unfinished lines: 320 MB stayed for minutes with
 * arrays, 15 MB with blocks.
 *
 * Bytes are only copied in and out. Arrays over a growable buffer are slow and slow down all code that handles them.
 */
export class Block {
  private readonly buffer: Growable
  private readonly size: number
  private used = 0

  private constructor(size: number) {
    this.buffer = new Growable(step, { maxByteLength: size })
    this.size = size
  }

  /** Returns a block of at most this size, or `undefined` if the platform has no growable buffers. */
  static make(size: number): Block | undefined {
    if (!isSupported) return undefined
    const last = spare
    if (last !== undefined && last.size === Math.max(step, size)) {
      spare = undefined
      last.used = 0
      return last
    }
    try {
      return new Block(Math.max(step, size))
    } catch {
      // no address space is left
      return undefined
    }
  }

  /** Copies as many of the bytes as fit. Returns their number. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const { buffer, used } = this
    const more = Math.min(end - start, this.size - used)
    if (used + more > buffer.byteLength)
      buffer.resize(Math.min(this.size, Math.max(used + more, 2 * buffer.byteLength)))
    new Uint8Array(buffer, used, more).set(part(bytes, start, start + more))
    this.used += more
    return more
  }

  /** Copies the contents, up to the end of the array. Returns the number of bytes. */
  copyTo(target: Uint8Array, at: number): number {
    const size = Math.min(this.used, target.length - at)
    target.set(new Uint8Array(this.buffer, 0, size), at)
    return size
  }

  /** Returns the memory to the system, or keeps a small block for the next line. */
  release(): void {
    if (spare === undefined && this.buffer.byteLength <= spareSize) spare = this
    else this.buffer.transfer(0)
  }
}
