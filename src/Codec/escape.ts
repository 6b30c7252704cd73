import * as Effect from "effect/Effect"
import { encodeText, KatcpSyntaxError } from "../Message/index.ts"
import {
  allocate,
  backslash,
  classes,
  copyOf,
  escaped,
  escapeOf,
  high,
  nothing,
  part,
  specials,
  unknownEscape
} from "./bytes.ts"
import { vectors } from "./vectors.ts"

/**
 * Bytes from which {@link Vectors} write escapes. Measured on Node 26: 128 bytes, two of them special, take 264 ns, and
 * 792 by the loop; 1 KiB 467 and 1550; 1 KiB of blanks 1.4 µs and 6.4 (load average 14).
 */
export const longFrom = 128
/**
 * Bytes of an argument from which it is unescaped by {@link Vectors}. Measured on Node 26, to text: 64 bytes with one
 * escape take 113 ns, and 131 by the loop; 256 bytes with 40 escapes take 248 and 533.
 */
export const vectorsFrom = 64

// Each loop is a separate function: V8 makes them twice as fast as several loops in one function.

/**
 * Writes an argument without its escapes to the beginning of `out`, which has room for all of it. Returns the number of
 * bytes. The argument must be well-formed.
 */
export const unescapeInto = (out: Uint8Array, bytes: Uint8Array, start: number, end: number): number => {
  let at = start
  let size = 0
  while (at < end) {
    const byte = bytes[at++]!
    if (byte !== 0x5c) out[size++] = byte
    else {
      const value = escaped[bytes[at++]!]!
      if (value !== nothing) out[size++] = value
    }
  }
  return size
}

/** Returns an argument without its escapes. It must be well-formed. */
export const unescape = (bytes: Uint8Array, start: number, end: number): Uint8Array => {
  const fast = end - start < vectorsFrom ? undefined : vectors()
  if (fast !== undefined) return fast.bytes(bytes, start, end)
  const out = allocate(end - start)
  return part(out, 0, unescapeInto(out, bytes, start, end))
}

/** Writes bytes with their escapes at `to`, with room for twice their number. Returns the end. */
export const escapeInto = (out: Uint8Array, to: number, bytes: Uint8Array, start: number, end: number): number => {
  const fast = end - start < longFrom ? undefined : vectors()
  return fast === undefined ? escapeBytes(out, to, bytes, start, end) : fast.escapeInto(out, to, bytes, start, end)
}

/** For each byte: what is written for it in the lower eight bits, and 256 if a backslash precedes. */
const written = Uint16Array.from(escapeOf, (letter, byte) => (letter === 0 ? byte : 256 | letter))

/** The four bytes at an index, the first one lowest, for arrays that no view is over: making one takes 50 ns. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

/**
 * Writes a blank and an argument of fewer than {@link longFrom} bytes at `to`, with room for twice its size and three.
 * Returns the end. Copies four bytes at once up to the first special one, and the last four together, so few bytes are
 * read one by one. The view is over the bytes of `out`.
 */
export const shortInto = (out: Uint8Array, view: DataView, to: number, bytes: Uint8Array): number => {
  const end = bytes.length
  const last = end - 4
  let at = 0
  // V8 then knows that it is a number of 32 bits
  let size = to | 0
  out[size++] = 0x20
  if (last >= 0) {
    for (;;) {
      // the last word overlaps with the one before
      const from = Math.min(at, last)
      const word = wordAt(bytes, from)
      if (specials(word) !== 0) break
      view.setInt32(size + from - at, word, true)
      if (from === last) return size + end - at
      at += 4
      size += 4
    }
  } else if (end === 0) {
    out[size++] = 0x5c
    out[size++] = 0x40
    return size
  }
  return escapeBytes(out, size, bytes, at, end)
}

const escapeBytes = (out: Uint8Array, to: number, bytes: Uint8Array, start: number, end: number): number => {
  let size = to
  // without branches, which the processor could not predict
  for (let at = start; at < end; at++) {
    const code = written[bytes[at]!]!
    out[size] = 0x5c
    size += code >> 8
    out[size++] = code
  }
  return size
}

const encoder = new TextEncoder()

/**
 * Returns the wire form of one argument: special bytes as escapes, or `\@` if it is empty (Rev 5.1 §2.1). Text is
 * encoded by `encodeText`.
 *
 * @category encoding
 * @since 0.1.0
 */
export const escapeArgument = (argument: Uint8Array | string): Uint8Array => {
  const bytes = typeof argument === "string" ? encodeText(argument) : argument
  if (bytes.length === 0) return encoder.encode("\\@")
  const out = allocate(bytes.length * 2)
  return copyOf(out, 0, escapeInto(out, 0, bytes, 0, bytes.length))
}

/**
 * Decodes one argument from its wire form between two blanks (Rev 5.1 §2.1). `\@` represents nothing anywhere in the
 * argument. Fails if a special byte is not escaped, for an unknown escape, and for empty input.
 *
 * @category parsing
 * @since 0.1.0
 */
export const unescapeArgument = (argument: Uint8Array | string): Effect.Effect<Uint8Array, KatcpSyntaxError> =>
  Effect.suspend(() => {
    const bytes = typeof argument === "string" ? encodeText(argument) : argument
    const bad = (reason: string, at: number) =>
      Effect.fail(new KatcpSyntaxError({ reason, position: at + 1, raw: copyOf(bytes, 0, bytes.length) }))
    if (bytes.length === 0) return bad("Expected an argument", 0)
    for (let at = 0; at < bytes.length; at++) {
      const kind = classes[bytes[at]!]!
      if (kind === backslash) {
        if (++at === bytes.length || escaped[bytes[at]!] === unknownEscape) return bad("Unknown escape", at)
      } else if (kind > high) return bad("Unescaped special character", at)
    }
    return Effect.succeed(unescape(bytes, 0, bytes.length))
  })
