/** The types of text and bytes. */
import * as Schema from "effect/Schema"
import { expectValue } from "../../Message/index.ts"
import { latin1, strictUtf8, utf8 } from "../bytes.ts"
import { type Arg, Invalid } from "./Arg.ts"
import { expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { textSchema } from "./textSchema.ts"

/**
 * Bytes up to which a loop checks whether text is ASCII; the platform decodes longer text. Measured: 16 bytes 50 ns
 * either way; 64 bytes 71 ns by the loop and 51 by the platform (Node 26), 110 and 61 (Node 20).
 */
const loopedText = 16

/** Returns the text of an argument of any bytes. */
export const decodeText = (bytes: Uint8Array, start: number, end: number): string => {
  if (end - start > loopedText) return utf8(bytes, start, end)
  let at = start
  while (at < end && bytes[at]! < 0x80) at++
  return at === end ? latin1(bytes, start, end) : utf8(bytes, start, end)
}

const notUtf8 = new Invalid("expected UTF-8 text")

const asIs = (value: string): string | Invalid => (typeof value === "string" ? value : expectedValue("text", value))
const same = (one: string, other: string): boolean => one === other

/**
 * Text of any bytes. The specification defines no encoding for strings. Text is read as UTF-8, and each byte that is
 * not UTF-8 becomes a lone surrogate from U+DC80 to U+DCFF, which is written as the same byte (see
 * `Message.decodeText`). Any argument is read and reads back as it was written; `text.isWellFormed()` is `true` if it
 * is UTF-8. Other lone surrogates are written as U+FFFD. {@link StrictText} accepts UTF-8 only, and {@link Bytes} gives
 * the bytes (Rev 5.1 §3).
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

const asUtf8 = (value: string): string | Invalid => {
  const text = asIs(value)
  return text instanceof Invalid || text.isWellFormed() ? text : new Invalid("expected text without lone surrogates")
}

/**
 * Text that is UTF-8. Refuses other arguments, and values with lone surrogates (Rev 5.1 §3).
 *
 * @category types
 * @since 0.1.0
 */
export const StrictText: Arg<string> = make({
  name: "string",
  sensorType: "string",
  initial: "",
  description: { kind: "strict-string" },
  decode: (bytes, start, end) => strictUtf8(bytes.subarray(start, end)) ?? notUtf8,
  encode: asUtf8,
  equals: same,
  schema: () =>
    textSchema.check(Schema.makeFilter((text: string) => (text.isWellFormed() ? undefined : notUtf8.message)))
})

/** Returns `true` if two arrays have the same bytes. */
export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}

/**
 * The bytes of an argument, in separate memory (Rev 5.1 §3).
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
 * Text that matches a regular expression from its beginning. Anything may follow the match, so end the expression with
 * `$` to match the whole text (Rev 5.1 §3). The expression is not checked: one that takes exponential time blocks the
 * process.
 *
 * @category types
 * @since 0.1.0
 */
export const Pattern = (regex: RegExp): Arg<string> => {
  expectValue("Arg.Pattern", regex instanceof RegExp, "a regular expression", regex)
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
