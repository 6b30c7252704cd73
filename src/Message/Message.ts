/**
 * The messages that both ends of a KATCP connection exchange: requests, replies and informs (Rev 5.1 §2).
 *
 * @since 0.1.0
 */
import * as Equal from "effect/Equal"
import * as Base64 from "effect/encoding/Base64"
import * as Hash from "effect/Hash"
import * as Inspectable from "effect/Inspectable"
import * as Predicate from "effect/Predicate"
import { type ArgumentValue, formatArgument } from "./argument.ts"
import { symbols } from "./symbols.ts"
import { decodeText, quoteText } from "./text.ts"

/**
 * The kind of a message: a request (`?`) gets one reply (`!`), and an inform (`#`) gets none (Rev 5.1 §2).
 *
 * @category models
 * @since 0.1.0
 */
export type Kind = "request" | "reply" | "inform"

/**
 * The largest message id: 2^31 − 1 (Rev 5.1 §2.2). The smallest is 1. Given by the specification.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxId = 2147483647

const TypeId = "~katcp/Message/Message"
const namePattern = /^[A-Za-z][A-Za-z0-9-]*$/
/** Characters after which the readable form cuts a text. Not measured: about twelve lines of a terminal. */
const elideAfter = 1000

/**
 * A message. Its arguments are byte strings without escapes, decoded when they are read. Messages are immutable. Two
 * messages are equal (`Equal.equals`) if their kind, name, id and argument bytes are equal. Messages that a codec reads
 * are of this class too, so code need not know where a message came from.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class Message implements Equal.Equal, Inspectable.Inspectable {
  /** The kind: request, reply or inform. */
  abstract readonly kind: Kind
  /** The name: a letter, then letters, digits and `-`. */
  abstract readonly name: string
  /** The id, 1 to 2147483647, or `undefined` if the message has none. */
  abstract readonly id: number | undefined
  /** The number of arguments. */
  abstract readonly length: number
  /** Returns the bytes of an argument (counted from 0), or `undefined` past the last one. Do not write to them. */
  abstract bytes(index: number): Uint8Array | undefined

  /** @internal on the prototype, so a message needs no field for it */
  get [TypeId](): typeof TypeId {
    return TypeId
  }

  /**
   * Returns an argument as UTF-8 text, or `undefined` past the last one. A byte that is not UTF-8 becomes U+DC80 to
   * U+DCFF, so the text preserves every byte (see `decodeText`).
   */
  text(index: number): string | undefined {
    const bytes = this.bytes(index)
    return bytes === undefined ? undefined : decodeText(bytes)
  }

  /** The bytes of all arguments. */
  get arguments(): ReadonlyArray<Uint8Array> {
    return Array.from({ length: this.length }, (_, index) => this.bytes(index)!)
  }

  [Equal.symbol](that: Equal.Equal): boolean {
    if (this === that) return true
    if (!isMessage(that) || this.kind !== that.kind || this.name !== that.name || this.id !== that.id) return false
    if (this.length !== that.length) return false
    for (let index = 0; index < this.length; index++) {
      const one = this.bytes(index)!
      const other = that.bytes(index)!
      if (one.length !== other.length || !one.every((byte, at) => byte === other[at])) return false
    }
    return true
  }

  [Hash.symbol](): number {
    let hash = Hash.combine(Hash.string(this.kind + this.name), Hash.number(this.id ?? 0))
    for (let index = 0; index < this.length; index++) {
      for (const byte of this.bytes(index)!) hash = (hash * 31 + byte) | 0
      hash = (hash * 31 + 257) | 0
    }
    return hash
  }

  /**
   * Returns a readable form for people and logs: kind, name, id and arguments. Arguments with blanks or control
   * characters are quoted, and bytes that are not UTF-8 are shown as `\xff`. Arguments of more than 1000 characters are
   * cut and end with `...`. Never throws. This is not the wire form.
   */
  toString(): string {
    let text = `${symbols[this.kind]}${this.name}${this.id === undefined ? "" : `[${this.id}]`}`
    for (let index = 0; index < this.length; index++) text += ` ${readable(this.bytes(index)!)}`
    return text
  }

  /**
   * Returns a form for JSON: arguments as text, cut as in {@link toString}, or as `{ base64 }` if they are not UTF-8.
   */
  toJSON(): unknown {
    return {
      _id: "katcp/Message",
      kind: this.kind,
      name: this.name,
      ...(this.id === undefined ? {} : { id: this.id }),
      arguments: this.arguments.map((bytes) => {
        const text = cut(bytes)
        return text.isWellFormed() ? text : { base64: Base64.encode(bytes.subarray(0, elideAfter)) }
      })
    }
  }

  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toString()
  }
}

const cut = (bytes: Uint8Array): string => {
  // at most four bytes a character, so a huge argument is not decoded whole
  const text = decodeText(bytes.length > elideAfter * 4 ? bytes.subarray(0, elideAfter * 4) : bytes)
  if (text.length <= elideAfter) return text
  // do not cut a surrogate pair
  const end = (text.codePointAt(elideAfter - 1) ?? 0) > 0xffff ? elideAfter - 1 : elideAfter
  return `${text.slice(0, end)}...`
}

const readable = (bytes: Uint8Array): string => {
  const text = cut(bytes)
  return /^[^\s"\\\p{C}]+$/u.test(text) ? text : quoteText(text)
}

class BuiltMessage extends Message {
  readonly kind: Kind
  readonly name: string
  readonly id: number | undefined
  readonly #arguments: ReadonlyArray<Uint8Array>

  constructor(kind: Kind, name: string, id: number | undefined, values: ReadonlyArray<ArgumentValue>) {
    super()
    if (!Object.hasOwn(symbols, kind))
      throw new TypeError(
        `${JSON.stringify(kind)} is not a kind of message: use "request", "reply" or "inform" (Rev 5.1 §2)`
      )
    if (!isName(name))
      throw new TypeError(
        `${JSON.stringify(name)} is not a message name: use a letter, then letters, digits and "-" (Rev 5.1 §2.1)`
      )
    if (id !== undefined && !isId(id))
      throw new RangeError(`${id} is not a message id: use a whole number from 1 to ${maxId} (Rev 5.1 §2.2)`)
    this.kind = kind
    this.name = name
    this.id = id
    this.#arguments = values.map(formatArgument)
  }

  get length(): number {
    return this.#arguments.length
  }

  bytes(index: number): Uint8Array | undefined {
    return this.#arguments[index]
  }
}

/**
 * Returns `true` if the value is a message.
 *
 * @category guards
 * @since 0.1.0
 */
export const isMessage = (value: unknown): value is Message => Predicate.hasProperty(value, TypeId)

/**
 * Returns `true` if the text is a valid message name: a letter, then letters, digits and `-` (Rev 5.1 §2.1).
 *
 * @category guards
 * @since 0.1.0
 */
export const isName = (text: string): boolean => namePattern.test(text)

/**
 * Returns `true` if the number is a valid message id: whole, from 1 to 2147483647 (Rev 5.1 §2.2).
 *
 * @category guards
 * @since 0.1.0
 */
export const isId = (id: number): boolean => Number.isInteger(id) && id >= 1 && id <= maxId

/**
 * Returns `true` if the message is a request (Rev 5.1 §2).
 *
 * @category guards
 * @since 0.1.0
 */
export const isRequest = (message: Message): boolean => message.kind === "request"

/**
 * Returns `true` if the message is a reply (Rev 5.1 §2).
 *
 * @category guards
 * @since 0.1.0
 */
export const isReply = (message: Message): boolean => message.kind === "reply"

/**
 * Returns `true` if the message is an inform (Rev 5.1 §2).
 *
 * @category guards
 * @since 0.1.0
 */
export const isInform = (message: Message): boolean => message.kind === "inform"

/**
 * Returns `true` if the message is a reply with the return code `ok` (Rev 5.1 §2). A reply without arguments is not.
 *
 * @category guards
 * @since 0.1.0
 */
export const isOk = (message: Message): boolean => message.kind === "reply" && message.text(0) === "ok"

/**
 * The optional parts of a message.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The id, 1 to 2147483647. None by default. */
  readonly id?: number | undefined
}

/**
 * Builds a message. Throws a `TypeError` for a bad kind or name and a `RangeError` for a bad id, so malformed messages
 * are never sent (Rev 5.1 §2.1). Arguments given as bytes are not copied: do not write to them afterwards.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (kind: Kind, name: string, values: ReadonlyArray<ArgumentValue> = [], options?: Options): Message =>
  new BuiltMessage(kind, name, options?.id, values)

/**
 * Builds a request (Rev 5.1 §2). Throws like {@link make}.
 *
 * @example
 * ```ts
 * import { Message } from "katcp"
 *
 * const track = Message.request("track", [10.5, 45, "M 31"], { id: 7 })
 * if (track.toString() !== '?track[7] 10.5 45 "M 31"') throw new Error(track.toString())
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const request = (name: string, values?: ReadonlyArray<ArgumentValue>, options?: Options): Message =>
  make("request", name, values, options)

/**
 * Builds a reply (Rev 5.1 §2). Throws like {@link make}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const reply = (name: string, values?: ReadonlyArray<ArgumentValue>, options?: Options): Message =>
  make("reply", name, values, options)

/**
 * Builds an inform (Rev 5.1 §2). Throws like {@link make}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const inform = (name: string, values?: ReadonlyArray<ArgumentValue>, options?: Options): Message =>
  make("inform", name, values, options)

/**
 * Builds the reply to a request, with the request's name and id (Rev 5.1 §2.2).
 *
 * @category constructors
 * @since 0.1.0
 */
export const replyTo = (message: Message, values?: ReadonlyArray<ArgumentValue>): Message =>
  make("reply", message.name, values, { id: message.id })

/**
 * Builds an inform that is part of the answer to a request, with the request's name and id (Rev 5.1 §2.3).
 *
 * @category constructors
 * @since 0.1.0
 */
export const informFor = (message: Message, values?: ReadonlyArray<ArgumentValue>): Message =>
  make("inform", message.name, values, { id: message.id })
