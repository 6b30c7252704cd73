/**
 * The arguments of a message as a record by name, in the order of the wire.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import { expectOptions, expectValue, type Message } from "../../Message/index.ts"
import { type Dialect, v5 } from "../Dialect.ts"
import { ParsedMessage } from "../ParsedMessage.ts"
import { type Any, type Arg, Invalid } from "./Arg.ts"
import { shownValue } from "./expected.ts"
import type { Optional, Rest, WithDefault } from "./fields.ts"
import { checkedKey } from "./keys.ts"
import { listSchema } from "./listSchema.ts"
import { isArg } from "./make.ts"
import { decodeText } from "./Text.ts"

/**
 * A field of an argument list.
 *
 * @category models
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noExplicitAny: as with Any
export type Field = Any | Optional<any> | WithDefault<any> | Rest<any>

/**
 * The fields of an argument list: the order of the keys is the order on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type Fields = { readonly [name: string]: Field }

type ValueOf<F> =
  F extends Rest<infer A>
    ? ReadonlyArray<A>
    : F extends Optional<infer A> | WithDefault<infer A>
      ? A
      : F extends Arg<infer A>
        ? A
        : never

type Simplify<T> = { readonly [K in keyof T]: T[K] } & {}

/**
 * The record that a list of these fields decodes to. Optional arguments may be absent, arguments with a default are
 * present, and the rest is an array.
 *
 * @category models
 * @since 0.1.0
 */
export type Decoded<F extends Fields> = Simplify<
  { [K in keyof F as F[K] extends { readonly _tag: "Optional" } ? never : K]: ValueOf<F[K]> } & {
    [K in keyof F as F[K] extends { readonly _tag: "Optional" } ? K : never]?: ValueOf<F[K]> | undefined
  }
>

/**
 * The record that a list of these fields encodes: like {@link Decoded}, but arguments with a default may be omitted.
 *
 * @category models
 * @since 0.1.0
 */
export type Input<F extends Fields> = Simplify<
  { [K in keyof F as F[K] extends { readonly _tag: "Optional" | "WithDefault" } ? never : K]: ValueOf<F[K]> } & {
    [K in keyof F as F[K] extends { readonly _tag: "Optional" | "WithDefault" } ? K : never]?: ValueOf<F[K]> | undefined
  }
>

/**
 * A list of arguments: decodes the arguments of a message to a record, and encodes a record as arguments (Rev 5.1 §2,
 * §3). Build one with {@link make}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArgumentList<in out F extends Fields> {
  /** The fields of the list. */
  readonly fields: F
  /** The list in synopsis style, as in help texts: `x y [name] [kind ...]` (Rev 5.1 §4.1). */
  readonly usage: string
  /** The smallest number of arguments. */
  readonly minimum: number
  /** The largest number of arguments: `Infinity` if the last field is the rest. */
  readonly maximum: number
  /**
   * Decodes the arguments of a message from index `from` on. Errors name position and argument: `Error in parameter 2
   * (y): …`.
   */
  readonly decode: (message: Message, from: number, dialect: Dialect) => Decoded<F> | Invalid
  /** Encodes a record as arguments for the encoder: text and bytes without escapes. */
  readonly encode: (record: Input<F>, dialect: Dialect) => Array<string | Uint8Array> | Invalid
  /** The list as a Schema codec between the record and the bytes of each argument. */
  readonly schema: (dialect: Dialect) => Schema.Codec<Decoded<F>, ReadonlyArray<Uint8Array>>
}

const tooMany = new Invalid("Too many parameters given.")

/** Throws a `TypeError` if the default of an argument is not of its type. */
const checkDefault = (name: string, { arg, value }: WithDefault<unknown>): void => {
  const encoded = arg.encode(value, v5)
  if (encoded instanceof Invalid) throw new TypeError(`argument ${name}: its default: ${encoded.message}`)
}

class Compiled<in out F extends Fields> implements ArgumentList<F> {
  readonly fields: F
  readonly usage: string
  readonly minimum: number
  readonly maximum: number
  readonly #names: ReadonlyArray<string>
  readonly #args: ReadonlyArray<Any>
  readonly #fields: ReadonlyArray<Field>
  /** The number of fields besides the rest. */
  readonly #single: number
  readonly #schemas = new Map<Dialect, Schema.Codec<Decoded<F>, ReadonlyArray<Uint8Array>>>()

  constructor(fields: F) {
    expectOptions("a list of arguments", fields)
    const entries = Object.entries(fields)
    let minimum = 0
    let restName: string | undefined
    entries.forEach(([name, field], index) => {
      checkedKey(name)
      const type: unknown = typeof field === "object" && field !== null && "_tag" in field ? field.arg : field
      expectValue(`argument ${name}`, isArg(type), "a type like Arg.Float", type)
      if ("_tag" in field && field._tag === "WithDefault") checkDefault(name, field)
      if (restName !== undefined)
        throw new TypeError(`${name} cannot follow the rest (${restName}), which takes all further arguments`)
      if (!("_tag" in field)) {
        if (minimum < index) throw new TypeError(`${name} is required, so it cannot follow an optional argument`)
        minimum++
      } else if (field._tag === "Rest") restName = name
    })
    this.fields = fields
    this.usage = entries.map(([name, field]) => synopsis(name, field)).join(" ")
    this.minimum = minimum
    this.maximum = restName === undefined ? entries.length : Number.POSITIVE_INFINITY
    this.#names = entries.map(([name]) => name)
    this.#fields = entries.map(([, field]) => field)
    this.#args = this.#fields.map((field) => ("_tag" in field ? field.arg : field))
    this.#single = entries.length - (restName === undefined ? 0 : 1)
  }

  readonly decode = (message: Message, from: number, dialect: Dialect): Decoded<F> | Invalid => {
    const count = Math.max(0, message.length - from)
    if (count > this.maximum) return tooMany
    if (count < this.minimum) return this.#wrong(count, count, "it is missing")
    const names = this.#names
    const args = this.#args
    const single = this.#single
    const record: Record<string, unknown> = {}
    const given = Math.min(count, single)
    for (let index = 0; index < given; index++) {
      const value = read(args[index]!, message, from + index, dialect)
      if (value instanceof Invalid) return this.#wrong(index, index, value.message)
      record[names[index]!] = value
    }
    for (let index = given; index < single; index++) {
      const field = this.#fields[index]!
      if ("_tag" in field && field._tag === "WithDefault") record[names[index]!] = field.value
    }
    if (single < args.length) {
      const values: Array<unknown> = []
      for (let index = single; index < count; index++) {
        const value = read(args[single]!, message, from + index, dialect)
        if (value instanceof Invalid) return this.#wrong(index, single, value.message)
        values.push(value)
      }
      record[names[single]!] = values
    }
    return record as Decoded<F>
  }

  readonly encode = (record: Input<F>, dialect: Dialect): Array<string | Uint8Array> | Invalid => {
    const values = record as { readonly [name: string]: unknown }
    const single = this.#single
    const out: Array<string | Uint8Array> = []
    // the first omitted argument: no other argument can follow it
    let missing = -1
    for (let index = 0; index < single; index++) {
      let value = values[this.#names[index]!]
      if (value === undefined) {
        const field = this.#fields[index]!
        if (!("_tag" in field)) return this.#wrong(index, index, "it is missing")
        if (field._tag === "WithDefault" && missing === -1) value = field.value
        else {
          if (missing === -1) missing = index
          continue
        }
      }
      const arg = this.#args[index]!
      if (missing !== -1) {
        const field = this.#fields[index]!
        if ("_tag" in field && field._tag === "WithDefault" && arg.equals(value, field.value)) continue
        return this.#gap(index, index, missing)
      }
      const argument: string | Uint8Array | Invalid = arg.encode(value, dialect)
      if (argument instanceof Invalid) return this.#wrong(index, index, argument.message)
      out.push(argument)
    }
    if (single < this.#args.length) {
      const items = values[this.#names[single]!]
      if (!Array.isArray(items)) return this.#wrong(single, single, `expected a list, got ${shownValue(items)}`)
      if (items.length > 0 && missing !== -1) return this.#gap(single, single, missing)
      const { encode } = this.#args[single]!
      for (let index = 0; index < items.length; index++) {
        const argument = encode(items[index], dialect)
        if (argument instanceof Invalid) return this.#wrong(single + index, single, argument.message)
        out.push(argument)
      }
    }
    return out
  }

  readonly schema = (dialect: Dialect): Schema.Codec<Decoded<F>, ReadonlyArray<Uint8Array>> => {
    let schema = this.#schemas.get(dialect)
    if (schema === undefined) {
      schema = listSchema(this.fields, this.minimum, this.maximum, dialect) as Schema.Codec<
        Decoded<F>,
        ReadonlyArray<Uint8Array>
      >
      this.#schemas.set(dialect, schema)
    }
    return schema
  }

  #wrong(position: number, field: number, message: string): Invalid {
    return new Invalid(`Error in parameter ${position + 1} (${this.#names[field]}): ${message}`)
  }

  #gap(position: number, field: number, missing: number): Invalid {
    return this.#wrong(position, field, `it cannot be given without ${this.#names[missing]}`)
  }
}

/** Decodes one argument, in place if the chunk has it without escapes. */
const read = (arg: Any, message: Message, index: number, dialect: Dialect): unknown => {
  if (message instanceof ParsedMessage)
    // short text comes from the text of the chunk
    return arg.decode === decodeText ? message.text(index) : message.decode(index, arg, dialect)
  const bytes = message.bytes(index)!
  return arg.decode(bytes, 0, bytes.length, dialect)
}

const synopsis = (name: string, field: Field): string => {
  if (!("_tag" in field)) return name
  return field._tag === "Rest" ? `[${name} ...]` : `[${name}]`
}

/**
 * Builds the argument list of a record of fields. Throws a `TypeError` if the arguments could not be told apart on the
 * wire: a required argument after an optional one, anything after the rest, or a key that is a whole number (JavaScript
 * would sort it first).
 *
 * @example
 * ```ts
 * import { Arg, ArgumentList, Dialect } from "katcp/Codec"
 * import { Message } from "katcp"
 *
 * const track = ArgumentList.make({ az: Arg.Float, el: Arg.Float, name: Arg.optional(Arg.Text) })
 * const args = track.decode(Message.request("track", ["10.5", "45"]), 0, Dialect.v5)
 * if (args instanceof Arg.Invalid) throw new Error(args.message)
 * if (args.az !== 10.5 || args.name !== undefined || track.usage !== "az el [name]") throw new Error(track.usage)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <const F extends Fields>(fields: F): ArgumentList<F> => new Compiled(fields)
