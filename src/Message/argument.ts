/**
 * From plain values to the bytes of an argument, before escaping.
 *
 * @since 0.1.0
 */
import { encodeText } from "./text.ts"

/**
 * What may stand for an argument when a message is built by hand: text (sent as {@link encodeText} says), a number (digits when it is
 * whole, else the shortest form that reads back), a bigint, a boolean (`1` or `0`), or the bytes themselves.
 *
 * @category models
 * @since 0.1.0
 */
export type ArgumentValue = string | number | bigint | boolean | Uint8Array

/**
 * The shortest decimal text that reads back as the same double, always with a fraction or an exponent (`3.0`,
 * `1e-07`, `1e+22`), and `inf`, `-inf` and `nan` for what is not finite: the text that the Python libraries write
 * (Rev 5.1 §3).
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatFloat = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 1e16 || (size < 1e-4 && size > 0)) {
    if (size === Number.POSITIVE_INFINITY) return value > 0 ? "inf" : "-inf"
    const text = value.toExponential()
    // two digits of exponent at least, as C and Python write it
    return text.charCodeAt(text.length - 2) <= 0x2d ? `${text.slice(0, -1)}0${text.slice(-1)}` : text
  }
  if (Number.isInteger(value)) return Object.is(value, -0) ? "-0.0" : `${value}.0`
  return Number.isNaN(value) ? "nan" : `${value}`
}

const formatNumber = (value: number): string => {
  if (!Number.isInteger(value)) return formatFloat(value)
  // from 1e21 on a number's own text has an exponent
  return Math.abs(value) < 1e21 ? `${value}` : BigInt(value).toString()
}

/**
 * Returns the argument of a plain value, text or bytes, without escapes (Rev 5.1 §3): `undefined` for a value of another
 * type, which only code that evades the types can give. A whole number gives digits only; one that should be read as a
 * float goes through `Arg.Float` or {@link formatFloat}.
 *
 * @category formatting
 * @since 0.1.0
 */
export const plainArgument = (value: ArgumentValue): string | Uint8Array | undefined => {
  switch (typeof value) {
    case "string":
      return value
    case "number":
      return formatNumber(value)
    case "bigint":
      return value.toString()
    case "boolean":
      return value ? "1" : "0"
    default:
      return value instanceof Uint8Array ? value : undefined
  }
}

/**
 * Returns the bytes of an argument for a plain value: those of {@link plainArgument}, text written by
 * {@link encodeText}. Values of other types are returned as they are.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatArgument = (value: ArgumentValue): Uint8Array => {
  const argument = plainArgument(value)
  return typeof argument === "string" ? encodeText(argument) : (value as Uint8Array)
}
