import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { expectValue } from "../../Message/index.ts"
import { type Arg, Invalid } from "./Arg.ts"
import { expectedValue, oneOf } from "./expected.ts"
import { make } from "./make.ts"
import { decodeText } from "./Text.ts"
import { textSchema } from "./textSchema.ts"

/**
 * The wire form of a {@link DiscreteMulti}.
 *
 * @category models
 * @since 0.1.0
 */
export interface DiscreteMultiOptions {
  /** The word for all values. Default `all`. Use `""` to have no such word. */
  readonly all?: string | undefined
  /** The separator between the values. Default `,`. */
  readonly separator?: string | undefined
}

const byLowerCase = (one: string, other: string): number => {
  const left = one.toLowerCase()
  const right = other.toLowerCase()
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * One or more of a set of words in one argument: `a,b`, or `all`. Blanks around the words are dropped. Decoding and
 * encoding sort the words without regard to case, so order does not matter. Throws a `TypeError` if there is no word,
 * if a word occurs twice, or if a word is ambiguous (it is `all`, contains the separator, or has blanks around it).
 *
 * @category types
 * @since 0.1.0
 */
export const DiscreteMulti = <const Values extends readonly [string, ...ReadonlyArray<string>]>(
  values: Values,
  options: DiscreteMultiOptions = {}
): Arg<ReadonlyArray<Values[number]>> => {
  type Value = Values[number]
  expectValue("Arg.DiscreteMulti", Array.isArray(values), "a list of words", values)
  const { all = "all", separator = "," } = options
  const known: ReadonlySet<string> = new Set(values)
  if (separator === "") throw new TypeError("a separator must not be empty")
  if (values.length === 0 || known.size < values.length)
    throw new TypeError("a discrete type needs values that are distinct")
  for (const value of values)
    if (value === all || value === "" || value.includes(separator) || value.trim() !== value)
      throw new TypeError(`${JSON.stringify(value)} cannot be told apart among several values`)
  const everything: ReadonlyArray<Value> = [...values].sort(byLowerCase)
  const isValue = (text: string): text is Value => known.has(text)
  const what = oneOf(values)

  const split = (text: string): ReadonlyArray<string> =>
    all !== "" && text === all ? everything : text.split(separator).map((item) => item.trim())
  const checked = (items: ReadonlyArray<string>): ReadonlyArray<Value> | Invalid => {
    if (!Array.isArray(items) || items.length === 0) return expectedValue(`a list of ${what}`, items)
    const sorted: Array<Value> = []
    for (const item of items) {
      if (!isValue(item)) return expectedValue(what, item)
      sorted.push(item)
    }
    return sorted.sort(byLowerCase)
  }
  return make<ReadonlyArray<Value>>({
    name: "discrete list",
    initial: [values[0]],
    description: { kind: "discrete-list", options: values, all, separator },
    decode: (bytes, start, end) => checked(split(decodeText(bytes, start, end))),
    encode: (items) => {
      const sorted = checked(items)
      return sorted instanceof Invalid ? sorted : sorted.join(separator)
    },
    equals: (one, other) => {
      if (one.length !== other.length) return false
      const left = [...one].sort(byLowerCase)
      const right = [...other].sort(byLowerCase)
      return left.every((item, index) => item === right[index])
    },
    schema: () =>
      textSchema.pipe(
        Schema.decodeTo(
          Schema.Array(Schema.String),
          SchemaTransformation.transform({
            decode: (text: string): ReadonlyArray<string> => [...split(text)].sort(byLowerCase),
            encode: (items: ReadonlyArray<string>) => [...items].sort(byLowerCase).join(separator)
          })
        ),
        Schema.decodeTo(Schema.NonEmptyArray(Schema.Literals(values)))
      )
  })
}
