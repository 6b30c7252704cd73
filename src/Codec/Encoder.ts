import type { Kind, Message } from "../Message/index.ts"
import { allocate, escapeOf } from "./bytes.ts"

/** The size of the pages that all encoders write into. */
const pageSize = 65536
/** Lines up to this size are copied into the page, larger ones handed on as they are. */
const copiedLine = 1024
const sigils: Record<Kind, number> = { request: 0x3f, reply: 0x21, inform: 0x23 }
const encoder = new TextEncoder()

// All encoders write into one page, each its own stretch: an idle connection then costs no buffer. A stretch that was
// taken is never written to again.
let page: Uint8Array<ArrayBuffer> = allocate(pageSize)
let used = 0
let writing: Encoder | undefined

/**
 * Writes messages in their wire form (Rev 5.1 §2.1) into pooled pages and hands them out with {@link take}, ready for
 * one write to a socket. A message is {@link begin}, its arguments, {@link end}; names and ids are to be checked by
 * the caller (`Message.isName`, `Message.isId`), or come from a `Message`, which has them checked.
 *
 * @category encoding
 * @since 0.1.0
 */
export class Encoder {
  private parts: Array<Uint8Array> = []
  private sealed = 0
  private start = 0

  /** How many bytes wait to be taken. */
  get size(): number {
    return writing === this ? this.sealed + used - this.start : this.sealed
  }

  /** A whole message with the LF behind it. */
  message(message: Message): void {
    this.begin(message.kind, message.name, message.id)
    for (let index = 0; index < message.length; index++) this.bytes(message.bytes(index)!)
    this.end()
  }

  /** The head of a message: kind, name and id. */
  begin(kind: Kind, name: string, id: number | undefined): void {
    this.reserve(name.length + 13)
    page[used++] = sigils[kind]
    for (let at = 0; at < name.length; at++) page[used++] = name.charCodeAt(at)
    if (id !== undefined) {
      page[used++] = 0x5b
      let power = 1
      while (id >= power * 10) power *= 10
      let left = id
      while (power >= 1) {
        const digit = (left / power) | 0
        page[used++] = 0x30 + digit
        left -= digit * power
        power /= 10
      }
      page[used++] = 0x5d
    }
  }

  /** The LF at the end of a message. */
  end(): void {
    this.reserve(1)
    page[used++] = 0x0a
  }

  /** An argument of printable ASCII text without blank and backslash, not empty: a number or a word. */
  word(text: string): void {
    this.reserve(text.length + 1)
    page[used++] = 0x20
    for (let at = 0; at < text.length; at++) page[used++] = text.charCodeAt(at)
  }

  /** An argument of text, sent as UTF-8; lone surrogates become U+FFFD. */
  text(text: string): void {
    const { length } = text
    if (length === 0 || length > pageSize / 4) return this.bytes(encoder.encode(text))
    this.reserve(2 * length + 1)
    const from = used
    page[used++] = 0x20
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at)
      if (code >= 0x80) {
        used = from
        return this.bytes(encoder.encode(text))
      }
      const letter = escapeOf[code]!
      if (letter !== 0) {
        page[used++] = 0x5c
        page[used++] = letter
      } else page[used++] = code
    }
  }

  /** An argument of any bytes. They are copied. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes
    if (length > pageSize / 4) return this.long(bytes)
    this.reserve(2 * length + 3)
    page[used++] = 0x20
    if (length === 0) {
      page[used++] = 0x5c
      page[used++] = 0x40
    } else used = escapeInto(page, used, bytes)
  }

  /** Whole lines that were encoded before, by {@link encode} for instance. They are not copied where they are long. */
  lines(bytes: Uint8Array): void {
    if (bytes.length <= copiedLine) {
      this.reserve(bytes.length)
      page.set(bytes, used)
      used += bytes.length
    } else {
      this.seal()
      this.parts.push(bytes)
      this.sealed += bytes.length
    }
  }

  /** All that was written since the last time, in pieces that are never written to again. */
  take(): Array<Uint8Array> {
    this.seal()
    const { parts } = this
    this.parts = []
    this.sealed = 0
    return parts
  }

  /** Makes room for so many bytes at `used`. */
  private reserve(size: number): void {
    if (writing !== this) {
      if (writing !== undefined) writing.seal()
      writing = this
      this.start = used
    }
    if (used + size > page.length) {
      this.seal()
      page = allocate(Math.max(pageSize, size))
      used = 0
      writing = this
      this.start = 0
    }
  }

  /** Ends this encoder's stretch of the page. */
  private seal(): void {
    if (writing !== this) return
    writing = undefined
    if (used > this.start) {
      this.parts.push(page.subarray(this.start, used))
      this.sealed += used - this.start
    }
  }

  /** A long argument gets a buffer of its own, of exactly its size. */
  private long(bytes: Uint8Array): void {
    let escapes = 0
    for (let at = 0; at < bytes.length; at++) if (escapeOf[bytes[at]!] !== 0) escapes++
    const out = allocate(bytes.length + escapes + 1)
    out[0] = 0x20
    if (escapes === 0) out.set(bytes, 1)
    else escapeInto(out, 1, bytes)
    this.seal()
    this.parts.push(out)
    this.sealed += out.length
  }
}

const escapeInto = (out: Uint8Array, from: number, bytes: Uint8Array): number => {
  let to = from
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    const letter = escapeOf[byte]!
    if (letter !== 0) {
      out[to++] = 0x5c
      out[to++] = letter
    } else out[to++] = byte
  }
  return to
}

/**
 * The wire form of a message, with the LF behind it (Rev 5.1 §2.1).
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (message: Message): Uint8Array => {
  const one = new Encoder()
  one.message(message)
  const parts = one.take()
  if (parts.length === 1 && parts[0]!.length > pageSize / 4) return parts[0]!
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
