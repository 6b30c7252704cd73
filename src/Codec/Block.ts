import { part } from "./bytes.ts"

/**
 * Bytes by which a block grows at least. Not measured: memory that is reserved and not touched costs nothing, so the
 * growth only bounds how often it is done.
 */
const step = 65536

/** What ES2024 adds to an ArrayBuffer, which the compiler's library does not know. */
interface Growable extends ArrayBuffer {
  resize(size: number): void
  transfer(size: number): ArrayBuffer
}
const Growable = ArrayBuffer as unknown as new (size: number, options: { readonly maxByteLength: number }) => Growable
const isSupported = "transfer" in ArrayBuffer.prototype

/**
 * A large piece of memory that grows in place up to a size that is reserved, takes what it holds, and goes back to the
 * system the moment it is released. Memory of ordinary arrays does neither: dead arrays wait for a garbage collection,
 * which an idle process does not have, and what the C library then gets back it mostly keeps. Measured with 256 MiB of
 * unfinished lines: 320 MB stayed for minutes with arrays, 15 MB with blocks.
 *
 * Its bytes are only copied in and out: arrays over a growable buffer are slow, and make all code slow that meets them.
 */
export class Block {
  private readonly buffer: Growable
  private readonly size: number
  private used = 0

  private constructor(size: number) {
    this.buffer = new Growable(step, { maxByteLength: size })
    this.size = size
  }

  /** A block of this size at most; `undefined` if the platform has none. */
  static make(size: number): Block | undefined {
    if (!isSupported) return undefined
    try {
      return new Block(Math.max(step, size))
    } catch {
      // no address space is left
      return undefined
    }
  }

  /** Copies as many of the bytes as there is room for. Returns their number. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const { buffer, used } = this
    const more = Math.min(end - start, this.size - used)
    if (used + more > buffer.byteLength)
      buffer.resize(Math.min(this.size, Math.max(used + more, 2 * buffer.byteLength)))
    new Uint8Array(buffer, used, more).set(part(bytes, start, start + more))
    this.used += more
    return more
  }

  /** Copies what it holds, up to the end of the array. Returns the number of bytes. */
  copyTo(target: Uint8Array, at: number): number {
    const size = Math.min(this.used, target.length - at)
    target.set(new Uint8Array(this.buffer, 0, size), at)
    return size
  }

  /** Gives the memory back. */
  release(): void {
    this.buffer.transfer(0)
  }
}
