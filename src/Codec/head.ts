import type { Kind } from "../Message/index.ts"
import { latin1 } from "./bytes.ts"

// comparisons: a record would be looked up by a hash of its keys, which takes as long as writing the head
const sigilOf = (kind: Kind): number => (kind === "request" ? 0x3f : kind === "reply" ? 0x21 : 0x23)

/** Names whose bytes are kept. Not measured: more than a device has requests, and 8 KiB in all. */
const keptNames = 256
/** Words of a kept name: longer names are written one character at a time. Not measured: 32 characters. */
const wordsOfName = 8
/** Given by V8: text of up to this many characters is never a part of other text, which it would keep alive. */
const neverPart = 12

// Names written before, by a hash, and their bytes, four in a word. Bounded: on a clash, the new name replaces the old
// one. The place in the table needs no loop over the characters.
const names = new Array<string>(keptNames).fill("")
const words = new Int32Array(keptNames * wordsOfName)

const nameInto = (out: Uint8Array, view: DataView, to: number, name: string): number => {
  const { length } = name
  if (length === 0 || length > 4 * wordsOfName) return lettersInto(out, to, name)
  const slot = (length * 7 + name.charCodeAt(length - 1) + 3 * name.charCodeAt(0)) & (keptNames - 1)
  const first = slot * wordsOfName
  const end = to + length
  if (names[slot] === name) {
    for (let at = to, index = first; at < end; at += 4) view.setInt32(at, words[index++]!, true)
    return end
  }
  lettersInto(out, to, name)
  for (let at = to, index = first; at < end; at += 4) words[index++] = view.getInt32(at, true)
  names[slot] = length > neverPart ? latin1(out, to, end) : name
  return end
}

const lettersInto = (out: Uint8Array, to: number, name: string): number => {
  for (let at = 0; at < name.length; at++) out[to + at] = name.charCodeAt(at)
  return to + name.length
}

/** For each number of digits: the smallest number that has one more. */
const powers = Int32Array.of(0, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)

/** Writes a whole number from 0 to 2147483647. Returns the end. */
const digitsInto = (out: Uint8Array, to: number, number: number): number => {
  // a bit is 1233 / 4096 of a decimal digit; the number of digits is this or one more
  const digits = ((32 - Math.clz32(number)) * 1233) >> 12
  const end = to + digits + (number >= powers[digits]! ? 1 : 0)
  let left = number
  for (let at = end - 1; at >= to; at--) {
    // V8 makes a multiplication of a division by a constant
    const rest = (left / 10) | 0
    out[at] = 0x30 + left - rest * 10
    left = rest
  }
  return end
}

/**
 * Writes the head of a message (Rev 5.1 §2.1) at `to`, with room for 13 bytes more than the name has. Returns its end. The view is over
 * the bytes of `out`.
 */
export const headInto = (
  out: Uint8Array,
  view: DataView,
  to: number,
  kind: Kind,
  name: string,
  id: number | undefined
): number => {
  out[to] = sigilOf(kind)
  let at = nameInto(out, view, to + 1, name)
  if (id === undefined) return at
  out[at++] = 0x5b
  at = digitsInto(out, at, id)
  out[at++] = 0x5d
  return at
}
