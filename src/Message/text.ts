/**
 * Lossless conversion between bytes and text.
 *
 * KATCP defines no encoding for strings (Rev 5.1 §3), and most devices send UTF-8. Text is therefore read as UTF-8.
 * Each byte that is not part of valid UTF-8 becomes one of the lone surrogates U+DC80 to U+DCFF: byte 0xFF is U+DCFF.
 * Writing turns them back into the same bytes. Any bytes survive being read and written again, and no two byte strings
 * give the same text. Python calls this scheme "surrogateescape".
 *
 * `text.isWellFormed()` is `true` if text has no such bytes. Lone surrogates outside that range have no bytes: they are
 * written as U+FFFD, as in every UTF-8 encoder.
 *
 * @since 0.1.0
 */

const encoder = new TextEncoder()
// a byte order mark is kept as content
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
/**
 * Code units per call of `String.fromCharCode`. Given by engines: a call has room for some tens of thousands of
 * arguments, and 8192 is safe in all.
 */
const unitsAtOnce = 8192
const scratch = new Uint16Array(unitsAtOnce)

/**
 * Returns the text of bytes: UTF-8, with U+DC80 to U+DCFF for each byte that is not (see {@link encodeText}).
 *
 * @example
 * ```ts
 * import { Message } from "katcp"
 *
 * const text = Message.decodeText(Uint8Array.of(0x61, 0xff))
 * if (text !== "a\udcff" || Message.encodeText(text)[1] !== 0xff) throw new Error(text)
 * ```
 *
 * @category text
 * @since 0.1.0
 */
export const decodeText = (bytes: Uint8Array): string => {
  const text = decoder.decode(bytes)
  return text.indexOf("\ufffd") === -1 ? text : escapedText(bytes)
}

/**
 * Returns the bytes of text: its UTF-8, with one byte for each lone surrogate from U+DC80 to U+DCFF (see {@link
 * decodeText}). Other lone surrogates become U+FFFD.
 *
 * @category text
 * @since 0.1.0
 */
export const encodeText = (text: string): Uint8Array =>
  text.isWellFormed() ? encoder.encode(text) : escapedBytes(text)

/**
 * Returns text in quotes with everything visible: JSON escapes, `\u{202e}` for invisible characters, and `\xff` for
 * bytes that are not UTF-8.
 *
 * @category text
 * @since 0.1.0
 */
export const quoteText = (text: string): string =>
  `"${text
    .split(/([\udc80-\udcff])/u)
    .map((part, index) => (index % 2 === 1 ? showByte(part) : quoted(part)))
    .join("")}"`

/** Also escapes controls from U+0080 on and marks of writing direction, which JSON leaves as they are. */
const quoted = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/\p{C}/gu, (control) => `\\u{${control.codePointAt(0)!.toString(16)}}`)

/**
 * Returns the readable form of a byte that is not UTF-8: `\xff` for U+DCFF.
 *
 * @category text
 * @since 0.1.0
 */
export const showByte = (surrogate: string): string => `\\x${(surrogate.charCodeAt(0) - 0xdc00).toString(16)}`

/** Decodes bytes that may not be UTF-8, unit by unit. */
const escapedText = (bytes: Uint8Array): string => {
  const end = bytes.length
  // at most one unit a byte
  const units = end > unitsAtOnce ? new Uint16Array(end) : scratch
  let size = 0
  let at = 0
  while (at < end) {
    const byte = bytes[at]!
    const length = byte < 0x80 ? 1 : sequenceAt(bytes, at, end)
    if (byte < 0x80) units[size++] = byte
    else if (length === 0) units[size++] = 0xdc00 + byte
    else if (length === 2) units[size++] = ((byte & 0x1f) << 6) | (bytes[at + 1]! & 0x3f)
    else if (length === 3)
      units[size++] = ((byte & 0xf) << 12) | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f)
    else {
      const code =
        (((byte & 7) << 18) |
          ((bytes[at + 1]! & 0x3f) << 12) |
          ((bytes[at + 2]! & 0x3f) << 6) |
          (bytes[at + 3]! & 0x3f)) -
        0x10000
      units[size++] = 0xd800 | (code >> 10)
      units[size++] = 0xdc00 | (code & 0x3ff)
    }
    at += length === 0 ? 1 : length
  }
  let text = ""
  for (let from = 0; from < size; from += unitsAtOnce)
    text += String.fromCharCode.apply(
      null,
      units.subarray(from, Math.min(size, from + unitsAtOnce)) as unknown as Array<number>
    )
  return text
}

/** Returns the length of the character that begins with a byte from 0x80 on, or 0 if none does. */
const sequenceAt = (bytes: Uint8Array, at: number, end: number): number => {
  const first = bytes[at]!
  // continuation bytes, overlong forms, and code points above U+10FFFF
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (at + length > end) return 0
  const second = bytes[at + 1]!
  // overlong forms, surrogates, and code points above U+10FFFF
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const greatest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > greatest) return 0
  for (let next = at + 2; next < at + length; next++) if ((bytes[next]! & 0xc0) !== 0x80) return 0
  return length
}

/** Encodes text with lone surrogates. */
const escapedBytes = (text: string): Uint8Array => {
  const { length } = text
  const bytes = new Uint8Array(length * 3)
  let size = 0
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) bytes[size++] = unit
    else if (unit < 0x800) {
      bytes[size++] = 0xc0 | (unit >> 6)
      bytes[size++] = 0x80 | (unit & 0x3f)
    } else if (unit >= 0xdc80 && unit <= 0xdcff) bytes[size++] = unit - 0xdc00
    else if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      const code = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++at) & 0x3ff)
      bytes[size++] = 0xf0 | (code >> 18)
      bytes[size++] = 0x80 | ((code >> 12) & 0x3f)
      bytes[size++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[size++] = 0x80 | (code & 0x3f)
    } else {
      const code = unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit
      bytes[size++] = 0xe0 | (code >> 12)
      bytes[size++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[size++] = 0x80 | (code & 0x3f)
    }
  }
  return bytes.slice(0, size)
}
