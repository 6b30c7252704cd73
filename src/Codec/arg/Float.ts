import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { formatFloat } from "../../Message/index.ts"
import { latin1 } from "../bytes.ts"
import type { Arg, Invalid } from "./Arg.ts"
import { expected, expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { decimalAt } from "./number.ts"
import { textLike } from "./textSchema.ts"

const pattern = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i
const longestWord = "-infinity".length

/** Returns the value of a word that C's strtod reads besides decimal numbers. */
const ofWord = (text: string): number | undefined => {
  const sign = text.charCodeAt(0) === 0x2d ? -1 : 1
  const word = sign === -1 || text.charCodeAt(0) === 0x2b ? text.slice(1) : text
  if (word === "inf" || word === "infinity") return sign * Number.POSITIVE_INFINITY
  return word === "nan" ? Number.NaN : undefined
}

const decode = (bytes: Uint8Array, start: number, end: number): number | Invalid => {
  const value = decimalAt(bytes, start, end)
  if (!Number.isNaN(value)) return value
  const word = end - start > longestWord ? undefined : ofWord(latin1(bytes, start, end).toLowerCase())
  return word === undefined ? expected("a float", bytes, start, end) : word
}

/**
 * A number as a double. Reads what C's `strtod` reads, without leading blanks and in decimal only: `-1.234e-05`, `.5`,
 * `5.`, and in any case `inf`, `infinity` and `nan` with an optional sign. Writes the shortest text that reads back as
 * the same double, with `.0` if it is whole: `3.0`, `1e-07`, `inf`, `-inf`, `nan` (Rev 5.1 §3).
 *
 * @category types
 * @since 0.1.0
 */
export const Float: Arg<number> = make({
  name: "float",
  sensorType: "float",
  initial: 0,
  description: { kind: "float" },
  decode,
  encode: (value) => (typeof value === "number" ? formatFloat(value) : expectedValue("a number", value)),
  accepts: (value) => typeof value === "number",
  equals: (one, other) => one === other || (Number.isNaN(one) && Number.isNaN(other)),
  schema: () =>
    textLike(pattern, "a float").pipe(
      Schema.decodeTo(
        Schema.Number,
        SchemaTransformation.transform({
          decode: (text: string) => ofWord(text.toLowerCase()) ?? Number(text),
          encode: formatFloat
        })
      )
    )
})
