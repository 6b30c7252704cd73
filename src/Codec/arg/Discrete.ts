/** The types with a set of values. */
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { expectOptions, expectValue } from "../../Message/index.ts"
import { type Arg, Invalid, type SensorType } from "./Arg.ts"
import { expected, expectedValue, oneOf } from "./expected.ts"
import { make } from "./make.ts"
import { decodeText } from "./Text.ts"
import { textSchema } from "./textSchema.ts"
import { Words } from "./words.ts"

/** Builds a type of values that each have a word. */
const ofWords = <A>(
  sensorType: SensorType,
  words: ReadonlyArray<string>,
  values: ReadonlyArray<A>,
  schema: () => Schema.Codec<A, Uint8Array>
): Arg<A> => {
  const table = new Words(words)
  const wordOf = new Map(values.map((value, index) => [value, words[index]!]))
  if (wordOf.size < values.length) throw new TypeError("a value of a discrete type has two names")
  const what = oneOf(words)
  return make<A>({
    name: sensorType,
    sensorType,
    initial: values[0]!,
    description: sensorType === "lru" ? { kind: "lru" } : { kind: "discrete", options: words },
    parameters: sensorType === "discrete" ? words : [],
    decode: (bytes, start, end) => {
      const index = table.indexAt(bytes, start, end)
      return index === -1 ? expected(what, bytes, start, end) : values[index]!
    },
    encode: (value) => wordOf.get(value) ?? expectedValue(what, value),
    equals: (one, other) => one === other,
    schema
  })
}

const literals = <const Values extends ReadonlyArray<string>>(
  values: Values
): Schema.Codec<Values[number], Uint8Array> => textSchema.pipe(Schema.decodeTo(Schema.Literals(values)))

/**
 * One of a set of words, exactly (Rev 5.1 §3). Sensors of this type begin with the first. Throws a `TypeError` if there
 * is no word, or if a word occurs twice.
 *
 * @example
 * ```ts
 * import { Arg } from "katcp/Codec"
 *
 * const Mode = Arg.Discrete("stow", "track") // Arg<"stow" | "track">
 * ```
 *
 * @category types
 * @since 0.1.0
 */
export const Discrete = <const Values extends readonly [string, ...ReadonlyArray<string>]>(
  ...values: Values
): Arg<Values[number]> => DiscreteOf(values)

/**
 * {@link Discrete} with the words as a list, for any number of words. A call takes only about 100,000 arguments.
 *
 * @example
 * ```ts
 * import { Arg } from "katcp/Codec"
 *
 * const Antenna = Arg.DiscreteOf(Array.from({ length: 200_000 }, (_, n) => `m${n}`)) // Arg<string>
 * ```
 *
 * @category types
 * @since 0.1.0
 */
export const DiscreteOf = <const Values extends ReadonlyArray<string>>(values: Values): Arg<Values[number]> =>
  ofWords<Values[number]>("discrete", values, values, () => literals(values))

/**
 * One of a set of words in upper, lower or mixed case. The value is the text as received (Rev 5.1 §3). Throws a
 * `TypeError` if there is no word, or if two words differ only in case.
 *
 * @category types
 * @since 0.1.0
 */
export const DiscreteAnyCase = (...values: readonly [string, ...ReadonlyArray<string>]): Arg<string> =>
  discreteAnyCaseOf(values)

/** {@link DiscreteAnyCase} with the words as a list. */
export const discreteAnyCaseOf = (values: ReadonlyArray<string>): Arg<string> => {
  for (const value of values) expectValue("Arg.DiscreteAnyCase", typeof value === "string", "words", value)
  const folded = new Set(values.map((value) => value.toLowerCase()))
  if (values.length === 0 || folded.size < values.length)
    throw new TypeError("a discrete type in any case needs values that differ in more than case")
  const what = `${oneOf(values)} (in any case)`
  const fault = (text: string): string | undefined =>
    folded.has(text.toLowerCase()) ? undefined : expectedValue(what, text).message
  const checked = (text: string): string | Invalid => {
    if (typeof text !== "string") return expectedValue(what, text)
    const wrong = fault(text)
    return wrong === undefined ? text : new Invalid(wrong)
  }
  return make({
    name: "discrete",
    sensorType: "discrete",
    initial: values[0]!,
    description: { kind: "discrete-any-case", options: values },
    parameters: values,
    decode: (bytes, start, end) => checked(decodeText(bytes, start, end)),
    encode: checked,
    equals: (one, other) => one === other,
    schema: () => textSchema.check(Schema.makeFilter(fault))
  })
}

/**
 * A discrete type of a program's named values: a TypeScript enum, or a record like `{ STOW: 0, SLEW_FAST: 1 } as
 * const`. The wire form of a value is its name in lower case with `-` for `_` (`slew-fast`), or its entry in `names`
 * (Rev 5.1 §3). Throws a `TypeError` if there is no value, or if names or values are not distinct.
 *
 * @category types
 * @since 0.1.0
 */
export const Enum = <const Values extends { readonly [name: string]: SchemaAST.LiteralValue }>(
  values: Values,
  names: { readonly [Name in keyof Values]?: string } = {}
): Arg<Values[keyof Values]> => {
  expectOptions("Arg.Enum", values)
  // a numeric TypeScript enum has its values as keys too
  const isReverse = (key: string): boolean =>
    String(Number(key)) === key && typeof values[String(values[key])] === "number"
  type Member = Values[keyof Values]
  const keys = Object.keys(values).filter((key) => !isReverse(key))
  const words = keys.map((key) => names[key] ?? key.toLowerCase().replaceAll("_", "-"))
  const members: ReadonlyArray<Member> = keys.map((key) => values[key as keyof Values])
  const byWord = new Map<string, Member>(words.map((word, index) => [word, members[index]!]))
  const byValue = new Map<Member, string>(members.map((member, index) => [member, words[index]!]))
  return ofWords<Member>("discrete", words, members, () =>
    literals(words).pipe(
      Schema.decodeTo(
        Schema.Literals(members),
        SchemaTransformation.transform({
          decode: (word: string): Member => byWord.get(word)!,
          encode: (value: Member) => byValue.get(value)!
        })
      )
    )
  )
}

const lru = ["nominal", "error"] as const

/**
 * The state of a line replaceable unit: `nominal` or `error`. Version 5 deprecates it in favour of booleans, but old
 * devices use it (Rev 5.1 §3).
 *
 * @category types
 * @since 0.1.0
 */
export const Lru: Arg<"nominal" | "error"> = ofWords("lru", lru, lru, () => literals(lru))
