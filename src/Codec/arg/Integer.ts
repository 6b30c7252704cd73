/** The integer types. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Arg, Invalid } from "./Arg.ts"
import { expected, expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { bigintAt, formatBigInt, integerAt, maxDigits } from "./number.ts"
import { textLike } from "./textSchema.ts"

const short = `an integer of at most ${maxDigits} characters`
const pattern = /^[+-]?\d+$/
const text = textLike(pattern, "an integer").check(Schema.isMaxLength(maxDigits))
const isInteger = Schema.makeFilter(Number.isInteger, { expected: "a whole number" })
const narrowed = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value

/** Integers that are longer than what is read are not written: another program may have the same limit. */
const formatted = (value: bigint): string | Invalid => formatBigInt(value) ?? expectedValue(short, value)

const format = (value: number | bigint): string | Invalid => {
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return `${value}`
    return Number.isInteger(value) ? BigInt(value).toString() : expectedValue("an integer", value)
  }
  return typeof value === "bigint" ? formatted(value) : expectedValue("an integer", value)
}

/**
 * An integer of at most 65536 characters: a number if that is exact, a bigint beyond ±(2^53 − 1). Reads digits with an
 * optional sign and nothing else (Rev 5.1 §3). Writes numbers and bigints. Longer integers are refused both ways.
 *
 * @category types
 * @since 0.1.0
 */
export const Int: Arg<number | bigint> = make({
  name: "integer",
  sensorType: "integer",
  initial: 0,
  description: { kind: "integer" },
  decode: (bytes, start, end) => {
    const value = integerAt(bytes, start, end)
    return value === undefined ? expected("an integer", bytes, start, end) : value
  },
  encode: format,
  accepts: Number.isSafeInteger,
  // the same integer may be a number or a bigint
  equals: (one, other) => one === other || (one <= other && one >= other),
  schema: () =>
    text.pipe(
      Schema.decodeTo(
        Schema.Union([Schema.Number.check(isInteger), Schema.BigInt]),
        SchemaTransformation.transform({
          decode: (text: string) => narrowed(BigInt(text)),
          encode: (value) => BigInt(value).toString()
        })
      )
    )
})

const bigInt: Arg<bigint> = make({
  name: "integer",
  sensorType: "integer",
  initial: 0n,
  description: { kind: "big-integer" },
  decode: (bytes, start, end) => {
    const value = bigintAt(bytes, start, end)
    return value === undefined ? expected("an integer", bytes, start, end) : value
  },
  encode: (value) => (typeof value === "bigint" ? formatted(value) : expectedValue("a bigint", value)),
  equals: (one, other) => one === other,
  schema: () =>
    text.pipe(
      Schema.decodeTo(
        Schema.BigInt,
        SchemaTransformation.transform({
          decode: (text: string) => BigInt(text),
          encode: (value: bigint) => value.toString()
        })
      )
    )
})

export {
  /**
   * An integer of at most 65536 characters, always as a bigint (Rev 5.1 §3). Longer ones are refused both ways.
   *
   * @category types
   * @since 0.1.0
   */
  bigInt as BigInt
}

const safe = "an integer of at most 2^53 - 1 in size"

/**
 * An integer as a number. Integers beyond ±(2^53 − 1), which a number cannot hold exactly, are refused when reading and
 * writing (Rev 5.1 §3).
 *
 * @category types
 * @since 0.1.0
 */
export const SafeInt: Arg<number> = make({
  name: "integer",
  sensorType: "integer",
  initial: 0,
  description: { kind: "safe-integer" },
  decode: (bytes, start, end) => {
    const value = integerAt(bytes, start, end)
    return typeof value === "number" ? value : expected(value === undefined ? "an integer" : safe, bytes, start, end)
  },
  encode: (value) => (Number.isSafeInteger(value) ? `${value}` : expectedValue(safe, value)),
  accepts: Number.isSafeInteger,
  equals: (one, other) => one === other,
  schema: () =>
    text.pipe(
      Schema.decodeTo(
        Schema.Int,
        SchemaTransformation.transform({
          decode: (text: string) => Number(BigInt(text)),
          encode: (value: number) => BigInt(value).toString()
        })
      )
    )
})
