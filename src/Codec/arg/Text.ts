/** The types of text and bytes. */
import * as Schema from "effect/Schema"
import { latin1, strictUtf8, wellFormed } from "../bytes.ts"
import { type Arg, Invalid } from "./Arg.ts"
import { expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { textSchema } from "./textSchema.ts"

/** Up to this size a loop finds out that text is ASCII sooner than the platform decodes it. */
const loopedText = 256

/** The text of an argument, where it is well-formed UTF-8. */
export const decodeText = (bytes: Uint8Array, start: number, end: number): string | Invalid => {
  if (end - start > loopedText) return wellFormed(bytes.subarray(start, end)) ?? notUtf8
  let at = start
  while (at < end && bytes[at]! < 0x80) at++
  if (at === end) return latin1(bytes, start, end)
  return strictUtf8(bytes.subarray(start, end)) ?? notUtf8
}

/** What text that is none gives. */
export const notUtf8 = new Invalid("expected UTF-8 text")

const asIs = (value: string): string | Invalid => (typeof value === "string" ? value : expectedValue("text", value))
const same = (one: string, other: string): boolean => one === other

/**
 * Text, as UTF-8. The specification says nothing of an encoding: what is no UTF-8 is refused; where it may come, take
 * {@link Bytes}. Lone surrogates are sent as U+FFFD (Rev 5.1 §3).
 *
 * @category types
 * @since 0.1.0
 */
export const Text: Arg<string> = make({
  name: "string",
  sensorType: "string",
  initial: "",
  description: { kind: "string" },
  decode: decodeText,
  encode: asIs,
  equals: same,
  schema: () => textSchema
})

/** Whether bytes are the same. */
export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}

/**
 * The bytes of an argument as they are, in memory of their own (Rev 5.1 §3).
 *
 * @category types
 * @since 0.1.0
 */
export const Bytes: Arg<Uint8Array> = make<Uint8Array>({
  name: "string",
  sensorType: "string",
  initial: new Uint8Array(0),
  description: { kind: "bytes" },
  decode: (bytes, start, end) => new Uint8Array(bytes.subarray(start, end)),
  encode: (value) => (value instanceof Uint8Array ? value : expectedValue("bytes", value)),
  equals: sameBytes,
  schema: () => Schema.Uint8Array
})

/**
 * Text that a regular expression matches from its beginning on; what follows the match is free, so end the expression
 * with `$` to bind all of it (Rev 5.1 §3). The expression is the author's: one that takes exponential time does so here.
 *
 * @category types
 * @since 0.1.0
 */
export const Pattern = (regex: RegExp): Arg<string> => {
  const flags = regex.flags.replace(/[gy]/g, "")
  const matcher = new RegExp(regex.source, `${flags}y`)
  const matches = (text: string): boolean => {
    matcher.lastIndex = 0
    return matcher.test(text)
  }
  const fault = (text: string): string | undefined =>
    matches(text) ? undefined : expectedValue(`text like ${regex}`, text).message
  const checked = (text: string | Invalid): string | Invalid => {
    if (text instanceof Invalid) return text
    const wrong = fault(text)
    return wrong === undefined ? text : new Invalid(wrong)
  }
  return make({
    name: "string",
    sensorType: "string",
    initial: "",
    description: { kind: "pattern", source: regex.source, ...(flags === "" ? {} : { flags }) },
    decode: (bytes, start, end) => checked(decodeText(bytes, start, end)),
    encode: (value) => checked(asIs(value)),
    equals: same,
    schema: () => textSchema.check(Schema.makeFilter(fault))
  })
}
