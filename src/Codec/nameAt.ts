import { latin1 } from "./bytes.ts"
import type { Chunk } from "./ParsedMessage.ts"

// Names seen before, by a hash of their bytes, so a known name needs no new string. Bounded: on a clash, the new name
// replaces the old one.
const names = new Array<string>(1024).fill("")
/** Words of a name that are kept: 16 characters. Not measured: most names of the standard are shorter. */
const wordsOfName = 4
const words = new Int32Array(names.length * wordsOfName)
/**
 * Returns the name from `start` to `end`, which has this hash. Compares four bytes at once if the chunk has a view, as
 * chunks of many messages have.
 */
export const nameAt = ({ bytes, lastWord, view }: Chunk, start: number, end: number, hash: number): string => {
  const slot = (hash ^ (hash >>> 10)) & 1023
  const known = names[slot]!
  const length = end - start
  if (known.length === length && end <= lastWord && length <= 4 * wordsOfName) {
    let at = start
    let index = slot * wordsOfName
    for (; at < end - 4; at += 4, index++) if (view.getInt32(at, true) !== words[index]) break
    // the last word without the bytes behind the name
    if (at >= end - 4 && (view.getInt32(at, true) ^ words[index]!) << (32 - 8 * (end - at)) === 0) return known
  }
  return byteByByte(bytes, start, end, slot)
}

// apart: V8 compiles the above into the parser, and takes twice as long for both together
const byteByByte = (bytes: Uint8Array, start: number, end: number, slot: number): string => {
  const known = names[slot]!
  if (known.length === end - start) {
    let at = start
    while (at < end && known.charCodeAt(at - start) === bytes[at]) at++
    if (at === end) return known
  }
  for (let at = 0; at < 4 * wordsOfName; at++) {
    const index = slot * wordsOfName + (at >> 2)
    const byte = start + at < end ? bytes[start + at]! : 0
    words[index] = (at & 3) === 0 ? byte : words[index]! | (byte << (8 * (at & 3)))
  }
  return (names[slot] = latin1(bytes, start, end))
}
