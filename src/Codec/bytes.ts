/**
 * What the parser and the encoder know of single bytes (Rev 5.1 §2.1), and the quick ways from bytes to text and back
 * that the platform has.
 */
import { decodeText } from "../Message/index.ts"

// 0 is the class of ordinary bytes of an argument
/** A code: bytes from 0x80, ordinary, but not one character each. */
export const high = 1
/** A code: blank and tab, between arguments. */
export const blank = 2
/** A code: LF and CR, each ends a line. */
export const endOfLine = 3
/** A code: the backslash. */
export const backslash = 4
/** A code: NUL and ESC, never raw. */
export const forbidden = 5

/** The class of each byte. */
export const classes = new Uint8Array(256)
classes.fill(high, 0x80)
classes[0x20] = classes[0x09] = blank
classes[0x0a] = classes[0x0d] = endOfLine
classes[0x5c] = backslash
classes[0x00] = classes[0x1b] = forbidden

/** Of each byte that must not stand raw in an argument: the letter of its escape. 0 for all others. */
export const escapeOf = new Uint8Array(256)
/** Of each letter of an escape: the byte it stands for; {@link nothing} for `\@`, {@link unknownEscape} for no escape. */
export const escaped = new Uint16Array(256)
/** A code beyond all bytes: an escape that stands for no byte. */
export const nothing = 256
/** A code beyond all bytes: an escape that there is none of. */
export const unknownEscape = 257
escaped.fill(unknownEscape)
for (const [byte, letter] of [
  [0x5c, "\\"],
  [0x20, "_"],
  [0x00, "0"],
  [0x0a, "n"],
  [0x0d, "r"],
  [0x1b, "e"],
  [0x09, "t"]
] as const) {
  escapeOf[byte] = letter.charCodeAt(0)
  escaped[letter.charCodeAt(0)] = byte
}
escaped[0x40] = nothing

/**
 * Of the four bytes of a word (the first one lowest): nonzero where one is below 0x21 or a backslash, so that it may
 * have to be escaped, or ends an argument. {@link offset} then says how many bits come before the first such byte.
 */
export const specials = (word: number): number =>
  // as in the well-known test for a zero byte: a borrow sets the highest bit of a byte that was below
  ((word - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101)) & ~word & 0x80808080

/** How many bits of the word come before the first byte that {@link specials} found. */
export const offset = (found: number): number => 24 - (Math.clz32(found & -found) & 24)

/** The bytes as something that four can be read from at once, at any place. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** 1 for letters, 2 for digits and `-`, 0 for what no name has. */
export const nameClasses = new Uint8Array(256)
nameClasses.fill(1, 0x41, 0x5b)
nameClasses.fill(1, 0x61, 0x7b)
nameClasses.fill(2, 0x30, 0x3a)
nameClasses[0x2d] = 2

interface NodeBuffer {
  readonly prototype: {
    latin1Slice(this: Uint8Array, start: number, end: number): string
    utf8Slice(this: Uint8Array, start: number, end: number): string
  }
  allocUnsafeSlow(size: number): Uint8Array<ArrayBuffer>
}
// where there is Node's Buffer its methods are several times as quick as TextDecoder; elsewhere nothing is missing
const node = (globalThis as { readonly Buffer?: NodeBuffer }).Buffer
const latin1Slice = node?.prototype.latin1Slice
const utf8Slice = node?.prototype.utf8Slice
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true })

/** The text of bytes, one character a byte. */
export const latin1: (bytes: Uint8Array, start: number, end: number) => string =
  latin1Slice !== undefined
    ? (bytes, start, end) => latin1Slice.call(bytes, start, end)
    : (bytes, start, end) => {
        let text = ""
        for (let at = start; at < end; at += 8192)
          text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 8192)))
        return text
      }

/** The text of any bytes: see `decodeText` of Message, which says the same more slowly. */
export const utf8: (bytes: Uint8Array, start: number, end: number) => string =
  utf8Slice !== undefined
    ? (bytes, start, end) => {
        const text = utf8Slice.call(bytes, start, end)
        // U+FFFD stands for what is not UTF-8, or for itself
        return text.indexOf("\ufffd") === -1 ? text : decodeText(bytes.subarray(start, end))
      }
    : (bytes, start, end) => decodeText(bytes.subarray(start, end))

/** The text of UTF-8 bytes, undefined where they are not UTF-8: quicker where they are many, or not ASCII. */
const wellFormed = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

/** The text of UTF-8 bytes, undefined where they are not UTF-8. */
export const strictUtf8 = (bytes: Uint8Array): string | undefined => {
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! >= 0x80) return wellFormed(bytes)
  return latin1(bytes, 0, bytes.length)
}

/** The bytes as a plain Uint8Array over the same memory, also where they are a Buffer of Node's. */
export const part = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)

/** A copy in memory of its own. */
export const copyOf = (bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> =>
  // the method `slice` gives a copy of a Uint8Array, but a view of a Buffer
  new Uint8Array(part(bytes, start, end))

/** An array whose bytes are not set. */
export const allocate: (size: number) => Uint8Array<ArrayBuffer> =
  node !== undefined ? (size) => new Uint8Array(node.allocUnsafeSlow(size).buffer) : (size) => new Uint8Array(size)
