import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { latin1 } from "../bytes.ts"
import type { Arg } from "./Arg.ts"
import { expected, expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { maxDigits } from "./number.ts"
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

const part = (sign: string, digits: string): bigint => {
  const size = digits === "" ? 1n : BigInt(digits)
  return sign === "-" ? -size : size
}

const parse = (text: string): GaussianInteger | undefined => {
  const found = text.length > 2 * maxDigits ? null : form.exec(text)
  if (found === null) return undefined
  const [, re, sign, im, onlySign, onlyIm] = found
  if (re === undefined) return { re: 0n, im: part(onlySign ?? "", onlyIm ?? "") }
  return { re: BigInt(re), im: sign === undefined ? 0n : part(sign, im ?? "") }
}

const format = ({ im, re }: GaussianInteger): string =>
  im === 0n ? `${re}` : `${re}${im < 0n ? "-" : "+"}${im < 0n ? -im : im}j`

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
      ? format(value)
      : expectedValue("a record of two bigints, re and im", value),
  equals: (one, other) => one.re === other.re && one.im === other.im,
  schema: () =>
    textLike(form, what).pipe(
      Schema.decodeTo(
        Schema.Struct({ re: Schema.BigInt, im: Schema.BigInt }),
        SchemaTransformation.transform({ decode: (text: string) => parse(text)!, encode: format })
      )
    )
})
