import type { Dialect } from "../../Codec/index.ts"

/** A code: the timestamp must be formatted. */
export const anew = 0
/** A code: the original text is what the dialect would write. */
const same = 1
/** A code: the original text is a timestamp of the specification, but differs from what the dialect would write. */
export const other = 2

/**
 * Given by longest timestamps: with 20 digits before the point and 18 after it they cover everything that clocks give.
 */
const longest = 40

/**
 * Determines how the bytes of a timestamp are passed on to clients of the same dialect, without creating text.
 * `Dialect.formatTime` writes at most six places and no trailing zeros, and devices write more.
 */
export const timeForm = {
  decode: (bytes: Uint8Array, start: number, end: number, dialect: Dialect.Dialect): number => {
    let point = -1
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!
      if (byte === 0x2e && point === -1 && at > start) point = at
      else if (byte < 0x30 || byte > 0x39) return anew
    }
    if (end === start || point === end - 1 || end - start > longest) return anew
    const whole = (point === -1 ? end : point) - start
    if (bytes[start] === 0x30 && whole > 1) return other
    if (dialect.major === 4) return point === -1 && whole <= 15 ? same : other
    const places = point === -1 ? 0 : end - point - 1
    // up to 7,999,999,999 s each number of six places is the shortest text of another double
    if (places === 0 || places > 6 || whole > 10 || (whole === 10 && bytes[start]! > 0x37)) return other
    return bytes[end - 1] !== 0x30 || places === 1 ? same : other
  }
}
