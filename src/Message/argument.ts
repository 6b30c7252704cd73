/**
 * Conversion of plain values to the bytes of an argument, before escaping.
 *
 * @since 0.1.0
 */
import { encodeText } from "./text.ts"

/**
 * A plain value that can be an argument: text (encoded by {@link encodeText}), a number (digits if whole, otherwise the
 * shortest form that reads back), a bigint, a boolean (`1` or `0`), or bytes.
 *
 * @category models
 * @since 0.1.0
 */
export type ArgumentValue = string | number | bigint | boolean | Uint8Array

/**
 * Returns the shortest decimal text that reads back as the same double. It always has a fraction or an exponent (`3.0`,
 * `1e-07`, `1e+22`). Infinities and NaN give `inf`, `-inf` and `nan`. The Python libraries write the same text (Rev 5.1
 * §3).
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatFloat = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 1e16 || (size < 1e-4 && size > 0)) {
    if (size === Number.POSITIVE_INFINITY) return value > 0 ? "inf" : "-inf"
    const text = value.toExponential()
    // at least two digits of exponent, as in C and Python
    return text.charCodeAt(text.length - 2) <= 0x2d ? `${text.slice(0, -1)}0${text.slice(-1)}` : text
  }
  if (Number.isInteger(value)) return Object.is(value, -0) ? "-0.0" : `${value}.0`
  return Number.isNaN(value) ? "nan" : `${value}`
}

const formatNumber = (value: number): string => {
  if (!Number.isInteger(value)) return formatFloat(value)
  // from 1e21 on, the text of a number has an exponent
  return Math.abs(value) < 1e21 ? `${value}` : BigInt(value).toString()
}

/**
 * Returns the argument of a plain value as text or bytes, without escapes (Rev 5.1 §3). Returns `undefined` for a value
 * of another type, which only code without types can pass. A whole number gives digits only: write floats with
 * `Arg.Float` or {@link formatFloat}.
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
 * Returns the bytes of an argument for a plain value: the result of {@link plainArgument}, with text encoded by {@link
 * encodeText}. Values of other types are returned unchanged.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatArgument = (value: ArgumentValue): Uint8Array => {
  const argument = plainArgument(value)
  return typeof argument === "string" ? encodeText(argument) : (value as Uint8Array)
}
