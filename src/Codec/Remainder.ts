import { allocate, copyOf, part } from "./bytes.ts"

/** Pieces from this size on are kept as they are, smaller ones are copied together. */
const keptFrom = 4096
/** How large the arrays for small pieces grow. */
const tailSize = 65536

/**
 * The beginning of a line whose end has not come yet. Nothing is copied more than twice, however small the pieces are
 * and however long the line is.
 */
export class Remainder {
  private pieces: Array<Uint8Array> | undefined = undefined
  private tail: Uint8Array | undefined = undefined
  private used = 0
  /** How many bytes there are. */
  size = 0

  add(bytes: Uint8Array, start: number, end: number): void {
    const more = end - start
    this.size += more
    // a piece of a much larger array would keep that alive
    if (more >= keptFrom && more * 2 >= bytes.buffer.byteLength) {
      this.seal()
      ;(this.pieces ??= []).push(part(bytes, start, end))
      return
    }
    if (this.tail === undefined || this.used + more > this.tail.length) this.grow(more)
    this.tail!.set(part(bytes, start, end), this.used)
    this.used += more
  }

  /** All bytes in one array, to be kept by the caller; nothing remains. */
  take(): Uint8Array {
    this.seal()
    const pieces = this.pieces ?? []
    const all = pieces.length === 1 ? pieces[0]! : joined(pieces)
    this.pieces = undefined
    this.size = 0
    return all
  }

  /** No more than the first bytes, in an array of their own; nothing remains. */
  takeFirst(most: number): Uint8Array {
    this.seal()
    const first: Array<Uint8Array> = []
    let room = most
    for (const piece of this.pieces ?? []) {
      first.push(part(piece, 0, Math.min(piece.length, room)))
      room -= piece.length
      if (room <= 0) break
    }
    this.pieces = undefined
    this.size = 0
    return joined(first)
  }

  /** Makes room for so many bytes: doubles the tail while it is small, else begins a new one. */
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

/** The pieces in one array of their own. */
export const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  if (pieces.length === 1) return copyOf(pieces[0]!, 0, pieces[0]!.length)
  const whole = allocate(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
