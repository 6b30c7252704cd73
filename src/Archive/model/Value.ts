/**
 * The form of a value in the two columns of a store. `value` is a double, or null; `text` is for values that a double
 * cannot hold: text, bytes that are not UTF-8, the digits of an integer beyond ±(2^53 − 1), and the sign of −0. A
 * number whose `value` is null is NaN. So numbers need eight bytes, and every value is restored exactly.
 */
import { decodeText, encodeText } from "../../Message/index.ts"
import { isNumeric } from "./Series.ts"
import type { Text } from "./Text.ts"

/**
 * A value of a sensor: a number, a bigint beyond ±(2^53 − 1), a boolean, or text. Bytes that are not UTF-8 are lone
 * surrogates from U+DC80 to U+DCFF in text, as everywhere in this library.
 *
 * @category models
 * @since 0.1.0
 */
export type Value = number | bigint | boolean | string

/** The text of −0, which an engine may store as 0. */
const negativeZero = "-0"

/** Returns the column `value`: NaN stands for null. */
export const numberOf = (value: Value): number =>
  typeof value === "number" ? value : typeof value === "string" ? Number.NaN : Number(value)

/** Returns the column `text`; `undefined` stands for null. */
export const textOf = (value: Value): Text | undefined => {
  if (typeof value === "string") return isPlain(value) ? value : encodeText(value)
  if (typeof value === "bigint") return value.toString()
  return Object.is(value, -0) ? negativeZero : undefined
}

const isPlain = (text: string): boolean => !text.includes("\0") && text.isWellFormed()

/** Returns the value of the two columns in a series of this type. */
export const valueOf = (type: string, value: number | null, text: Text | null | undefined): Value => {
  if (!isNumeric(type)) return typeof text === "string" ? text : text == null ? "" : decodeText(text)
  if (type === "boolean") return value === 1
  if (typeof text === "string") return text === negativeZero ? -0 : BigInt(text)
  return value ?? Number.NaN
}
