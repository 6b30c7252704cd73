/**
 * The classes of single bytes for the parser and the encoder (Rev 5.1 §2.1), and the platform's fast conversions
 * between bytes and text.
 */
import { decodeText } from "../Message/index.ts"

// 0 is the class of ordinary bytes of an argument
/** A code: bytes from 0x80 on. They are ordinary, but not one character each. */
export const high = 1
/** A code: the backslash. The codes up to this one are of bytes in an argument. */
export const backslash = 2
/** A code: blank and tab, between arguments. */
export const blank = 3
/** A code: LF and CR, each ends a line. */
export const endOfLine = 4
/** A code: NUL and ESC, never raw. */
export const forbidden = 5

/** The class of each byte. */
export const classes = new Uint8Array(256)
classes.fill(high, 0x80)
classes[0x20] = classes[0x09] = blank
classes[0x0a] = classes[0x0d] = endOfLine
classes[0x5c] = backslash
classes[0x00] = classes[0x1b] = forbidden

/** For each byte that must be escaped in an argument: the letter of its escape. 0 for all others. */
export const escapeOf = new Uint8Array(256)
/** For each letter of an escape: its byte. {@link nothing} for `\@`, {@link unknownEscape} for an unknown escape. */
export const escaped = new Uint16Array(256)
/** A code above all bytes: the escape that represents no byte. */
export const nothing = 256
/** A code above all bytes: an unknown escape. */
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
 * Checks the four bytes of a word (the first one lowest). Nonzero if a byte is below 0x21 or a backslash, so the byte
 * may need an escape or end an argument. {@link offset} then returns the number of bits before the first such byte.
 */
export const specials = (word: number): number =>
  // as in the well-known test for a zero byte: a borrow sets the highest bit of a byte that was below
  ((word - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101)) & ~word & 0x80808080

/** Returns the number of bits of the word before the first byte that {@link specials} found. */
export const offset = (found: number): number => 24 - (Math.clz32(found & -found) & 24)

/** Returns a view of the bytes that reads four at once, at any offset. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** 1 for letters, 2 for digits and `-`, 0 for bytes that cannot be in a name. */
export const nameClasses = new Uint8Array(256)
nameClasses.fill(1, 0x41, 0x5b)
nameClasses.fill(1, 0x61, 0x7b)
nameClasses.fill(2, 0x30, 0x3a)
nameClasses[0x2d] = 2

interface NodeBuffer {
  readonly prototype: {
    latin1Slice(this: Uint8Array, start: number, end: number): string
    utf8Slice(this: Uint8Array, start: number, end: number): string
    readonly indexOf: Search
    readonly lastIndexOf: Search
  }
  allocUnsafeSlow(size: number): Uint8Array<ArrayBuffer>
}
type Search = (this: Uint8Array, byte: number, from: number) => number
// the methods of Node's Buffer are several times as fast as TextDecoder; without Buffer everything works
const node = (globalThis as { readonly Buffer?: NodeBuffer }).Buffer
const latin1Slice = node?.prototype.latin1Slice
const utf8Slice = node?.prototype.utf8Slice
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true })

/**
 * Characters from which text is put together from parts. Given by Node: longer text would be outside V8's heap, which is
 * slow to get and to free. Measured with 1 MiB: 465 µs outside, 277 µs in two parts, joined by V8 when it is first read.
 */
const inHeap = 1_000_000
/** Returns the text of bytes, one character a byte. */
export const latin1: (bytes: Uint8Array, start: number, end: number) => string =
  latin1Slice !== undefined
    ? (bytes, start, end) => {
        if (end - start <= inHeap) return latin1Slice.call(bytes, start, end)
        let text = ""
        for (let at = start; at < end; at += inHeap) text += latin1Slice.call(bytes, at, Math.min(end, at + inHeap))
        return text
      }
    : (bytes, start, end) => {
        let text = ""
        for (let at = start; at < end; at += 8192)
          text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 8192)))
        return text
      }

/** Returns the text of any bytes: like `decodeText` of Message, but faster. */
export const utf8: (bytes: Uint8Array, start: number, end: number) => string =
  utf8Slice !== undefined
    ? (bytes, start, end) => {
        const text = utf8Slice.call(bytes, start, end)
        // U+FFFD replaces bytes that are not UTF-8, or is in the text
        return text.indexOf("\ufffd") === -1 ? text : decodeText(bytes.subarray(start, end))
      }
    : (bytes, start, end) => decodeText(bytes.subarray(start, end))

/**
 * Returns the text of UTF-8 bytes, or `undefined` if they are not UTF-8. Faster for many bytes and for text that is not
 * ASCII.
 */
const wellFormed = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

/** Returns the text of UTF-8 bytes, or `undefined` if they are not UTF-8. */
export const strictUtf8 = (bytes: Uint8Array): string | undefined => {
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! >= 0x80) return wellFormed(bytes)
  return latin1(bytes, 0, bytes.length)
}

// Node's search takes 0.7 µs for 64 KiB, that of a Uint8Array 18 µs
const search: Search = (node?.prototype ?? Uint8Array.prototype).indexOf
const searchBack: Search = (node?.prototype ?? Uint8Array.prototype).lastIndexOf
/** Returns the index of the first such byte from an index on, or -1. */
export const indexOf = (bytes: Uint8Array, byte: number, from: number): number => search.call(bytes, byte, from)
/** Returns the index of the last such byte up to an index, or -1. */
export const lastIndexOf = (bytes: Uint8Array, byte: number, from: number): number => searchBack.call(bytes, byte, from)

/** Returns the bytes as a plain Uint8Array over the same memory, even if they are a Node Buffer. */
export const part = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)

/** Returns a copy in separate memory. */
export const copyOf = (bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> =>
  // `slice` copies a Uint8Array, but gives a view of a Buffer
  new Uint8Array(part(bytes, start, end))

/** Returns an array of uninitialized bytes. */
export const allocate: (size: number) => Uint8Array<ArrayBuffer> =
  node !== undefined ? (size) => new Uint8Array(node.allocUnsafeSlow(size).buffer) : (size) => new Uint8Array(size)
