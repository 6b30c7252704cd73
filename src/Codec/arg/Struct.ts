import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { expectOptions } from "../../Message/index.ts"
import { type Arg, Invalid } from "./Arg.ts"
import { shownValue } from "./expected.ts"
import { checkedKey } from "./keys.ts"
import { make } from "./make.ts"
import { sameBytes } from "./Text.ts"

/**
 * The packing of a field of a {@link Struct}: `u8`, `i8`; integers of 16, 32 and 64 bits and floats of 32 and 64 bits
 * with their byte order (`u16be`, `i64le`, `f32be`); raw bytes (`bytes:4`); padding of zeros (`pad:3`).
 *
 * @category models
 * @since 0.1.0
 */
export type Packed =
  | "u8"
  | "i8"
  | `${"u" | "i"}${16 | 32 | 64}${"be" | "le"}`
  | `f${32 | 64}${"be" | "le"}`
  | `bytes:${number}`
  | `pad:${number}`

/**
 * The fields of a {@link Struct}, in the order of the bytes.
 *
 * @category models
 * @since 0.1.0
 */
export type Layout = { readonly [name: string]: Packed }

/**
 * The record of a {@link Layout}: bigints for 64-bit integers, `Uint8Array` for bytes, otherwise numbers. It has no
 * padding.
 *
 * @category models
 * @since 0.1.0
 */
export type Unpacked<L extends Layout> = {
  readonly [Name in keyof L as L[Name] extends `pad:${number}` ? never : Name]: L[Name] extends `bytes:${number}`
    ? Uint8Array
    : L[Name] extends `${"u" | "i"}64${string}`
      ? bigint
      : number
}

interface Field {
  readonly name: string
  readonly size: number
  readonly initial: number | bigint | Uint8Array | undefined
  readonly read: (view: DataView, at: number) => unknown
  readonly write: (view: DataView, at: number, value: unknown) => void
  /** Returns `true` if a value can be packed; `undefined` for padding. */
  readonly fits: ((value: unknown) => boolean) | undefined
  readonly what: string
}

const form = /^(?:([ui])(8|(?:16|32|64)(?:be|le))|f(32|64)(?:be|le)|(bytes|pad):([1-9]\d*))$/

const fieldOf = (name: string, code: string): Field => {
  const found = form.exec(code)
  if (found === null) throw new TypeError(`${JSON.stringify(code)} is not a packing for ${JSON.stringify(name)}`)
  const [, sign, integer, float, special, count] = found
  if (special !== undefined) return special === "bytes" ? bytesField(name, Number(count)) : padding(name, Number(count))
  const bits = Number.parseInt(integer ?? float!, 10)
  const little = code.endsWith("le")
  if (float !== undefined) return floatField(name, bits, little)
  return bits === 64 ? longField(name, sign === "i", little) : integerField(name, sign === "i", bits, little)
}

const padding = (name: string, size: number): Field => ({
  name,
  size,
  initial: undefined,
  read: () => undefined,
  write: () => undefined,
  fits: undefined,
  what: ""
})

const bytesField = (name: string, size: number): Field => ({
  name,
  size,
  initial: new Uint8Array(size),
  read: (view, at) => new Uint8Array(new Uint8Array(view.buffer, view.byteOffset + at, size)),
  write: (view, at, value) => new Uint8Array(view.buffer, view.byteOffset + at, size).set(value as Uint8Array),
  fits: (value) => value instanceof Uint8Array && value.length === size,
  what: `${size} bytes`
})

const floatField = (name: string, bits: number, little: boolean): Field => ({
  name,
  size: bits / 8,
  initial: 0,
  read: (view, at) => (bits === 32 ? view.getFloat32(at, little) : view.getFloat64(at, little)),
  write: (view, at, value) =>
    bits === 32 ? view.setFloat32(at, value as number, little) : view.setFloat64(at, value as number, little),
  fits: (value) => typeof value === "number",
  what: "a number"
})

const longField = (name: string, signed: boolean, little: boolean): Field => ({
  name,
  size: 8,
  initial: 0n,
  read: (view, at) => (signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little)),
  write: (view, at, value) => view.setBigUint64(at, BigInt.asUintN(64, value as bigint), little),
  fits: (value) => typeof value === "bigint" && (signed ? BigInt.asIntN : BigInt.asUintN)(64, value) === value,
  what: `a bigint of ${signed ? "" : "no sign and "}64 bits`
})

const integerField = (name: string, signed: boolean, bits: number, little: boolean): Field => {
  const least = signed ? -(2 ** (bits - 1)) : 0
  const greatest = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
  const method = `${signed ? "Int" : "Uint"}${bits as 8 | 16 | 32}` as const
  return {
    name,
    size: bits / 8,
    initial: 0,
    read: (view, at) => view[`get${method}`](at, little),
    write: (view, at, value) => view[`set${method}`](at, value as number, little),
    fits: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest,
    what: `an integer from ${least} to ${greatest}`
  }
}

const viewOf = (bytes: Uint8Array, start: number, end: number): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset + start, end - start)

/**
 * A record packed into the bytes of one argument, field after field without gaps. Fails if the argument has another
 * number of bytes, or if a value does not fit its field. Numbers are rounded to the precision of an `f32`. Padding is
 * written as zeros and ignored when reading. Throws a `TypeError` if the layout is empty, has an unknown code, or a key
 * that is a whole number (JavaScript would sort it first).
 *
 * @example
 * ```ts
 * import { Arg } from "katcp/Codec"
 *
 * // Arg<{ readonly id: number; readonly gain: number; readonly at: bigint }>
 * const Packet = Arg.Struct({ id: "u16be", gap: "pad:2", gain: "f32be", at: "u64be" })
 * ```
 *
 * @category types
 * @since 0.1.0
 */
export const Struct = <const L extends Layout>(layout: L): Arg<Unpacked<L>> => {
  expectOptions("Arg.Struct", layout)
  const all = Object.entries(layout).map(([name, code]) => fieldOf(checkedKey(name), code))
  const fields = all.map((field, index) => ({
    ...field,
    at: all.slice(0, index).reduce((sum, { size }) => sum + size, 0)
  }))
  const size = all.reduce((sum, field) => sum + field.size, 0)
  if (size === 0) throw new TypeError("a struct needs a field")
  const values = fields.filter(({ fits }) => fits !== undefined)

  const unpack = (view: DataView): Unpacked<L> =>
    Object.fromEntries(values.map(({ at, name, read }) => [name, read(view, at)])) as Unpacked<L>
  const pack = (record: Unpacked<L>): Uint8Array => {
    const bytes = new Uint8Array(size)
    const view = viewOf(bytes, 0, size)
    for (const { at, name, write } of values) write(view, at, record[name as keyof Unpacked<L>])
    return bytes
  }
  const fault = (record: Unpacked<L>): string | undefined => {
    if (typeof record !== "object" || record === null) return `expected a record, got ${shownValue(record)}`
    for (const { fits, name, what } of values) {
      const value = record[name as keyof Unpacked<L>]
      if (!fits!(value)) return `expected ${what} as ${name}, got ${shownValue(value)}`
    }
    return undefined
  }
  const wrongSize = (length: number): string | undefined =>
    length === size ? undefined : `expected ${size} bytes, got ${length}`

  return make<Unpacked<L>>({
    name: "struct",
    description: { kind: "struct", fields: Object.entries(layout).map(([name, packed]) => ({ name, packed })) },
    initial: Object.fromEntries(values.map(({ initial, name }) => [name, initial])) as Unpacked<L>,
    decode: (bytes, start, end) => {
      const wrong = wrongSize(end - start)
      return wrong === undefined ? unpack(viewOf(bytes, start, end)) : new Invalid(wrong)
    },
    encode: (record) => {
      const wrong = fault(record)
      return wrong === undefined ? pack(record) : new Invalid(wrong)
    },
    equals: (one, other) =>
      values.every(({ name }) => sameField(one[name as keyof Unpacked<L>], other[name as keyof Unpacked<L>])),
    schema: () =>
      Schema.Uint8Array.check(Schema.makeFilter((bytes: Uint8Array) => wrongSize(bytes.length))).pipe(
        Schema.decodeTo(
          Schema.declare((_: unknown): _ is Unpacked<L> => true).check(Schema.makeFilter(fault)),
          SchemaTransformation.transform({
            decode: (bytes: Uint8Array) => unpack(viewOf(bytes, 0, bytes.length)),
            encode: pack
          })
        )
      )
  })
}

const sameField = (one: unknown, other: unknown): boolean =>
  one instanceof Uint8Array && other instanceof Uint8Array
    ? sameBytes(one, other)
    : one === other || (Number.isNaN(one) && Number.isNaN(other))
