import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { latin1 } from "../bytes.ts"
import type { Arg } from "./Arg.ts"
import { expected, expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { formatBigInt, maxDigits } from "./number.ts"
import { textLike } from "./textSchema.ts"

/**
 * A complex number whose parts are integers.
 *
 * @category models
 * @since 0.1.0
 */
export interface GaussianInteger {
  /** The real part. */
  readonly re: bigint
  /** The imaginary part. */
  readonly im: bigint
}

const form = /^(?:(-?\d+)(?:([+-])(\d*)j)?|(-?)(\d*)j)$/
const what = "a Gaussian integer like 3-4j"
/** The characters of the longest text that is read or written. Given by its parts. */
const longest = 2 * maxDigits
const short = `a Gaussian integer of at most ${longest} characters`

const part = (sign: string, digits: string): bigint => {
  const size = digits === "" ? 1n : BigInt(digits)
  return sign === "-" ? -size : size
}

const parse = (text: string): GaussianInteger | undefined => {
  const found = text.length > longest ? null : form.exec(text)
  if (found === null) return undefined
  const [, re, sign, im, onlySign, onlyIm] = found
  if (re === undefined) return { re: 0n, im: part(onlySign ?? "", onlyIm ?? "") }
  return { re: BigInt(re), im: sign === undefined ? 0n : part(sign, im ?? "") }
}

/** Returns the text; undefined if it is longer than what is read. */
const format = ({ im, re }: GaussianInteger): string | undefined => {
  const [real, imaginary] = [formatBigInt(re, longest), formatBigInt(im, longest)]
  if (real === undefined || imaginary === undefined) return undefined
  if (im === 0n) return real
  const text = `${real}${im < 0n ? "" : "+"}${imaginary}j`
  return text.length <= longest ? text : undefined
}

/**
 * A Gaussian integer: `3+4j`, `-3-4j`, `4j`, `7`. Without digits before `j`, the imaginary part is 1. Written as `a+bj`
 * or `a-bj`, or as `a` if it is real. For arguments only: sensors cannot have this type (Rev 5.1 A.5).
 *
 * @category types
 * @since 0.1.0
 */
export const GaussianInteger: Arg<GaussianInteger> = make<GaussianInteger>({
  name: "gaussian integer",
  description: { kind: "gaussian-integer" },
  initial: { re: 0n, im: 0n },
  decode: (bytes, start, end) => parse(latin1(bytes, start, end)) ?? expected(what, bytes, start, end),
  encode: (value) =>
    typeof value?.re === "bigint" && typeof value.im === "bigint"
      ? (format(value) ?? expectedValue(short, value))
      : expectedValue("a record of two bigints, re and im", value),
  equals: (one, other) => one.re === other.re && one.im === other.im,
  schema: () =>
    textLike(form, what)
      .check(Schema.isMaxLength(longest))
      .pipe(
        Schema.decodeTo(
          Schema.Struct({ re: Schema.BigInt, im: Schema.BigInt }),
          // what is too long is longer than the check allows
          SchemaTransformation.transform({
            decode: (text: string) => parse(text)!,
            encode: (value) => format(value) ?? `${value.re}${value.im < 0n ? "" : "+"}${value.im}j`
          })
        )
      )
})
