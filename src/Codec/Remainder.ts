import { Block } from "./Block.ts"
import { allocate, part } from "./bytes.ts"
import { joinBytes } from "./joinBytes.ts"
import { reclaim } from "./reclaim.ts"

/**
 * Bytes above which a piece is kept without a copy; smaller pieces are copied together. Measured: copying 4 KiB takes
 * 40 ns, less than a separate piece costs later.
 */
const keptFrom = 4096
/** Bytes to which the arrays for small pieces grow. Not measured: as much as Node reads from a socket at once. */
const tailSize = 65536
/** Bytes above which a line is held in blocks: making and releasing one costs 60 µs (measured). */
const blocksFrom = 65536
/**
 * Bytes of the largest block; longer lines take several. Not measured: address space that is reserved and not
 * touched costs nothing.
 */
const longestBlock = 67108864

/**
 * The beginning of a line whose end has not arrived. No byte is copied more than twice, for any size of pieces and any
 * length of line. It uses at most twice the memory of its contents. The memory of a long line is released at once.
 */
export class Remainder {
  private pieces: Array<Uint8Array> | undefined = undefined
  private tail: Uint8Array | undefined = undefined
  private used = 0
  private blocks: Array<Block> | undefined = undefined
  private readonly limit: number
  /** The number of bytes. */
  size = 0

  /** `limit` is the largest number of bytes that will be added. */
  constructor(limit: number) {
    this.limit = limit
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    const more = end - start
    this.size += more
    if (this.size > blocksFrom && this.addToBlocks(bytes, start, end)) return
    // a piece of a much larger array would keep the whole array alive
    if (more >= keptFrom && more * 2 >= bytes.buffer.byteLength) {
      this.seal()
      ;(this.pieces ??= []).push(part(bytes, start, end))
      return
    }
    if (this.tail === undefined || this.used + more > this.tail.length) this.grow(more)
    this.tail!.set(part(bytes, start, end), this.used)
    this.used += more
  }

  /** Returns all bytes and the given ones in one array, which the caller may keep. Empties the remainder. */
  takeWith(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const all = allocate(this.size + end - start)
    all.set(part(bytes, start, end), this.size)
    let at = 0
    if (this.blocks !== undefined) {
      for (const block of this.blocks) at += block.copyTo(all, at)
      this.release()
      return all
    }
    this.seal()
    for (const piece of this.pieces ?? []) {
      all.set(piece, at)
      at += piece.length
    }
    this.pieces = undefined
    this.size = 0
    return all
  }

  /** Returns at most the first bytes, in a separate array. Empties the remainder. */
  takeFirst(limit: number): Uint8Array {
    const { blocks } = this
    if (blocks !== undefined) {
      const first = allocate(Math.min(limit, this.size))
      let at = 0
      for (const block of blocks) at += block.copyTo(first, at)
      this.release()
      return first
    }
    this.seal()
    const first: Array<Uint8Array> = []
    let room = limit
    for (const piece of this.pieces ?? []) {
      first.push(part(piece, 0, Math.min(piece.length, room)))
      room -= piece.length
      if (room <= 0) break
    }
    this.pieces = undefined
    this.size = 0
    return joinBytes(first)
  }

  /** Releases all of it. */
  release(): void {
    if (this.blocks !== undefined) {
      for (const block of this.blocks) block.release()
      reclaim(this.size)
    }
    this.blocks = this.pieces = this.tail = undefined
    this.used = this.size = 0
  }

  /** Adds to the blocks, and moves earlier bytes into them. Returns `false` if the platform has no blocks. */
  private addToBlocks(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.blocks === undefined) {
      const first = this.block()
      if (first === undefined) return false
      this.blocks = [first]
      this.seal()
      const { pieces = [] } = this
      this.pieces = undefined
      for (const piece of pieces) this.addToBlocks(piece, 0, piece.length)
    }
    const { blocks } = this
    for (let at = start; at < end; ) {
      const added = blocks.at(-1)!.add(bytes, at, end)
      at += added
      if (added > 0) continue
      const next = this.block()
      // fails as every failed allocation does
      if (next === undefined) throw new RangeError("no memory for a long line")
      blocks.push(next)
    }
    return true
  }

  private block(): Block | undefined {
    return Block.make(Math.min(this.limit, longestBlock))
  }

  /** Makes room for this many bytes: doubles the tail while it is small, otherwise begins a new one. */
  private grow(more: number): void {
    const { tail, used } = this
    if (tail !== undefined && used + more <= tailSize) {
      this.tail = allocate(Math.min(tailSize, Math.max(tail.length * 2, used + more)))
      this.tail.set(part(tail, 0, used))
      return
    }
    this.seal()
    this.tail = allocate(tail === undefined ? more : Math.max(tailSize, more))
  }

  private seal(): void {
    if (this.tail === undefined) return
    ;(this.pieces ??= []).push(part(this.tail, 0, this.used))
    this.tail = undefined
    this.used = 0
  }
}
