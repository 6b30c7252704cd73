import { encodeText, type Kind, type Message } from "../Message/index.ts"
import { allocate, copyOf, escapeOf, latin1, part } from "./bytes.ts"
import { escapeInto, longFrom, shortInto } from "./escape.ts"
import { joinBytes } from "./joinBytes.ts"
import { fromLatin1 } from "./latin1.ts"
import { isLoose, ParsedMessage } from "./ParsedMessage.ts"
import { type Page, page, pageSize, startPage } from "./page.ts"
import { vectors } from "./vectors.ts"

/**
 * Bytes up to which a line is copied into the page. Larger lines are passed on without a copy. Measured: copying 1 KiB
 * takes 16 ns, 4 KiB 39 ns, 16 KiB 107 ns.
 */
const copiedLine = 1024
/**
 * Bytes of a long argument that are written at once. Not measured: an eighth of the page, so little of the page is
 * wasted, and 64 KiB take 8 calls.
 */
const pieceSize = 8192
/**
 * Characters up to which a loop writes text; longer text is written by the platform. Measured in `?sensor-list`: 0.144 µs
 * of CPU an inform with 128, 0.155 with 40, although the platform alone is quicker from 64 characters on.
 */
const loopedText = 128
/**
 * Bytes up to which a loop copies; the platform copies more. Measured on Node 26: 32 bytes 6 ns by the loop and 22 by
 * the platform, 64 bytes 24 and 24, 96 bytes 34 and 24.
 */
const loopedCopy = 64
/**
 * Number of pending parts above which small ones are copied together. Not measured: a write of 16 parts costs little
 * more than a write of one, and the copies are wasted if the client reads.
 */
const loosened = 16
/**
 * Shared lines that may wait before they are copied together too. Measured: 256 lines of 100 bytes are joined in 3
 * µs, which is the time of one write.
 */
const gathered = 256
/**
 * Bytes of the arrays that lines are copied to. Measured: allocating and copying 16 KiB takes 0.4 µs, and a slow client
 * wastes half an array.
 */
const backlogSize = 16384
const empty = new Uint8Array(0)
// an array that grows by `push` from nothing has room for 17, one that is made with a part has room for that part
const noParts: Array<Uint8Array> = []

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
const headInto = (
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

// The last lines that were joined, and the result: clients that receive the same informs share the same bytes.
let lastJoined: ReadonlyArray<Uint8Array> = []
let joinedBefore: Uint8Array | undefined

const isLastJoined = (parts: ReadonlyArray<Uint8Array>): boolean => {
  if (parts.length !== lastJoined.length) return false
  for (let at = 0; at < parts.length; at++) if (parts[at] !== lastJoined[at]) return false
  return true
}

/**
 * Writes messages in their wire form (Rev 5.1 §2.1) into pooled pages. {@link take} returns the bytes, ready for one
 * write to a socket. A message is {@link begin}, its arguments, {@link end}. The encoder does not check names and ids:
 * the caller checks them (`Message.isName`, `Message.isId`), or takes them from a `Message`.
 *
 * @category encoding
 * @since 0.1.0
 */
export class Encoder {
  private parts = noParts
  private sealed = 0
  private start = 0
  // the start of the last part, if small parts are copied together in it
  private backlog: Uint8Array | undefined = undefined
  private backlogStart = 0
  private backlogUsed = 0
  // the shared page, while this encoder writes into memory of its own
  private shared: Page | undefined = undefined

  /** The number of bytes that wait to be taken. */
  get size(): number {
    return page.writer === this ? this.sealed + page.used - this.start : this.sealed
  }

  /** Writes a whole message and its LF. */
  message(message: Message): void {
    this.begin(message.kind, message.name, message.id)
    const { length } = message
    if (length > 0) {
      if (message instanceof ParsedMessage && (message.flags & isLoose) === 0) this.asParsed(message, 0, length)
      else for (let index = 0; index < length; index++) this.bytes(message.bytes(index)!)
    }
    this.end()
  }

  /** Writes the head of a message: kind, name and id. */
  begin(kind: Kind, name: string, id: number | undefined): void {
    this.reserve(name.length + 13)
    page.used = headInto(page.bytes, page.view, page.used, kind, name, id)
  }

  /** Writes the LF at the end of a message. */
  end(): void {
    this.reserve(1)
    page.bytes[page.used++] = 0x0a
  }

  /** Writes an argument of printable ASCII text, not empty, without blanks and backslashes: a number or a word. */
  word(text: string): void {
    this.reserve(text.length + 1)
    const out = page.bytes
    let to = page.used
    out[to++] = 0x20
    for (let at = 0; at < text.length; at++) out[to++] = text.charCodeAt(at)
    page.used = to
  }

  /** Writes an argument of text as UTF-8. U+DC80 to U+DCFF become the bytes that they represent (see `encodeText`). */
  text(text: string): void {
    const { length } = text
    if (length > loopedText) return this.longText(text)
    if (length === 0) return this.bytes(empty)
    this.reserve(2 * length + 1)
    const out = page.bytes
    let to = page.used
    out[to++] = 0x20
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at)
      if (code >= 0x80) return this.bytes(encodeText(text))
      const letter = escapeOf[code]!
      if (letter !== 0) {
        out[to++] = 0x5c
        out[to++] = letter
      } else out[to++] = code
    }
    page.used = to
  }

  /** Writes an argument of any bytes, given as text with one character (U+0000 to U+00FF) for each. */
  latin1(text: string): void {
    const { length } = text
    if (length === 0 || length > loopedText) return this.bytes(fromLatin1(text))
    this.reserve(2 * length + 1)
    const out = page.bytes
    let to = page.used
    out[to++] = 0x20
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at)
      const letter = escapeOf[code]!
      if (letter !== 0) {
        out[to++] = 0x5c
        out[to++] = letter
      } else out[to++] = code
    }
    page.used = to
  }

  /** Writes an argument of a parsed message. Copies its wire bytes if they are in the form written here. */
  argument(message: ParsedMessage, index: number): void {
    if ((message.flags & isLoose) === 0) this.asParsed(message, index, index + 1)
    else this.bytes(message.bytes(index)!)
  }

  /** Most text is ASCII: it is encoded and escaped where the vectors work, and copied from there. */
  private longText(text: string): void {
    const fast = vectors()
    const size = fast === undefined ? -1 : fast.escapeText(text)
    if (size < 0) return this.bytes(encodeText(text))
    this.reserve(size + 1)
    page.bytes[page.used++] = 0x20
    page.used = fast!.copyEscaped(page.bytes, page.used, size)
  }

  /** Writes an argument of any bytes. They are copied. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes
    if (length >= longFrom) return this.longBytes(bytes)
    this.reserve(2 * length + 3)
    page.used = shortInto(page.bytes, page.view, page.used, bytes)
  }

  private longBytes(bytes: Uint8Array): void {
    const first = Math.min(bytes.length, pieceSize)
    this.reserve(2 * first + 1)
    page.bytes[page.used++] = 0x20
    page.used = escapeInto(page.bytes, page.used, bytes, 0, first)
    this.escaped(bytes, first)
  }

  /** Writes the rest of an argument with escapes. */
  private escaped(bytes: Uint8Array, from: number): void {
    const { length } = bytes
    for (let at = from; at < length; at += pieceSize) {
      const end = Math.min(length, at + pieceSize)
      this.reserve(2 * (end - at))
      page.used = escapeInto(page.bytes, page.used, bytes, at, end)
    }
  }

  /** Copies whole encoded lines: for short lines that many encoders send. */
  copy(bytes: Uint8Array): void {
    if (bytes.length > copiedLine) return this.lines(bytes)
    this.reserve(bytes.length)
    page.bytes.set(bytes, page.used)
    page.used += bytes.length
  }

  /**
   * Writes whole lines that were encoded before, for example by {@link encode}. Many encoders may share the lines: long
   * ones, and those at the start of a write, are not copied.
   */
  lines(bytes: Uint8Array): void {
    if (page.writer === this && bytes.length <= copiedLine) this.copy(bytes)
    else if (page.writer !== this && this.parts.length < gathered) {
      // shared memory: this keeps no client's page alive
      this.append(bytes)
      this.sealed += bytes.length
      // lines that are copied together later begin a new part
      this.backlogStart = this.backlogUsed
    } else {
      this.seal()
      this.add(bytes)
    }
  }

  /** Returns everything written since the last call, in pieces that are never written again. */
  take(): ReadonlyArray<Uint8Array> {
    this.seal()
    if (this.parts.length > 1 && this.sealed <= backlogSize) this.join()
    const { parts } = this
    this.parts = noParts
    this.sealed = 0
    this.backlog = undefined
    return parts
  }

  /** Writes everything up to {@link takeOwn} into separate memory, initially of this size. */
  apart(size: number): void {
    page.writer?.seal()
    this.shared = { ...page }
    startPage(allocate(size), this)
    this.start = 0
  }

  /** Returns everything written since {@link apart}, in one piece that keeps no page alive. */
  takeOwn(): Uint8Array {
    this.seal()
    const { parts, shared } = this
    this.parts = noParts
    this.sealed = 0
    this.backlog = undefined
    if (shared === undefined) return joinBytes(parts)
    this.shared = undefined
    page.bytes = shared.bytes
    page.view = shared.view
    page.used = shared.used
    page.size = shared.size
    return parts.length === 1 ? parts[0]! : joinBytes(parts)
  }

  /** Copies small parts together: a socket writes one piece faster than several. */
  private join(): void {
    const { parts } = this
    if (isLastJoined(parts)) {
      this.parts = [joinedBefore!]
      return
    }
    this.parts = noParts
    this.reserve(this.sealed)
    this.sealed = 0
    for (const bytes of parts) {
      page.bytes.set(bytes, page.used)
      page.used += bytes.length
    }
    this.seal()
    lastJoined = parts
    joinedBefore = this.parts[0]
  }

  /**
   * Copies arguments of a message if their wire bytes are in the form written here. Returns the number of arguments
   * copied.
   */
  private asParsed({ chunk, first, length }: ParsedMessage, index: number, behind: number): void {
    const from = chunk.starts[first + index]! - 1
    // one blank between arguments, and none after the last one
    const end = chunk.starts[first + behind]! - (behind < length ? 1 : 0)
    const size = end - from
    if (size > pieceSize) {
      this.seal()
      this.add(copyOf(chunk.bytes, from, end))
      return
    }
    this.reserve(size)
    if (size > loopedCopy || chunk.lastWord < 0) page.bytes.set(part(chunk.bytes, from, end), page.used)
    else {
      const source = chunk.view
      const target = page.view
      let to = page.used
      let at = from
      for (; at < end - 3; at += 4, to += 4) target.setInt32(to, source.getInt32(at, true), true)
      for (; at < end; at++, to++) page.bytes[to] = chunk.bytes[at]!
    }
    page.used += size
  }

  /** Makes room for this many bytes at `used`. */
  private reserve(size: number): void {
    if (page.writer !== this) {
      if (page.writer !== undefined) page.writer.seal()
      page.writer = this
      this.start = page.used
    }
    if (page.used + size > page.size) {
      this.seal()
      startPage(allocate(Math.max(pageSize, size)), this)
      this.start = 0
    }
  }

  /** Ends this encoder's stretch of the page. */
  private seal(): void {
    if (page.writer !== this) return
    page.writer = undefined
    if (page.used > this.start) this.add(part(page.bytes, this.start, page.used))
  }

  /**
   * Adds a part. If the peer does not read, there are many parts, and each small one would keep a whole page alive.
   * Small parts are copied in that case.
   */
  private add(bytes: Uint8Array): void {
    this.sealed += bytes.length
    if (this.parts.length < loosened) this.append(bytes)
    else if (bytes.length > copiedLine) {
      this.parts.push(bytes)
      this.backlogStart = this.backlogUsed
    } else this.addCopy(bytes)
  }

  private append(bytes: Uint8Array): void {
    if (this.parts === noParts) this.parts = [bytes]
    else this.parts.push(bytes)
  }

  private addCopy(bytes: Uint8Array): void {
    const { parts } = this
    if (this.backlog === undefined || this.backlogUsed + bytes.length > backlogSize) {
      this.backlog = allocate(backlogSize)
      this.backlogStart = this.backlogUsed = 0
    }
    const isNew = this.backlogStart === this.backlogUsed
    this.backlog.set(bytes, this.backlogUsed)
    this.backlogUsed += bytes.length
    const all = part(this.backlog, this.backlogStart, this.backlogUsed)
    if (isNew) parts.push(all)
    else parts[parts.length - 1] = all
  }
}

/**
 * Returns the wire form of a message with its LF (Rev 5.1 §2.1).
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (message: Message): Uint8Array => {
  const one = new Encoder()
  one.message(message)
  return joinBytes(one.take())
}
