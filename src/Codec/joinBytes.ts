import { allocate, copyOf } from "./bytes.ts"

/**
 * Returns pieces of bytes as one array in separate memory.
 *
 * @category bytes
 * @since 0.1.0
 */
export const joinBytes = (pieces: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  if (pieces.length === 1) return copyOf(pieces[0]!, 0, pieces[0]!.length)
  const whole = allocate(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
