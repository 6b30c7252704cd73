/** The types of points in time. */
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Dialect } from "../Dialect.ts"
import { type Arg, Invalid } from "./Arg.ts"
import { expected, expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { decimalAt } from "./number.ts"
import { textLike, textSchema } from "./textSchema.ts"

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const strict = /^\d+(?:\.\d+)?$/
const what = "a timestamp"

const decode = (bytes: Uint8Array, start: number, end: number, dialect: Dialect): number | Invalid => {
  const time = decimalAt(bytes, start, end)
  // "1e999" is a number, but not a time
  return Number.isFinite(time) ? dialect.toSeconds(time) : expected(what, bytes, start, end)
}
const encode = (seconds: number, dialect: Dialect): string | Invalid =>
  Number.isFinite(seconds) ? dialect.formatExactTime(seconds) : expectedValue(what, seconds)
const same = (one: number, other: number): boolean => one === other
const seconds = (dialect: Dialect) =>
  SchemaTransformation.transform({
    decode: (text: string) => dialect.toSeconds(Number(text)),
    encode: (value: number) => dialect.formatExactTime(value)
  })

/**
 * A point in time, in seconds since 1970-01-01 UTC, as a double. Reads any decimal number. Writes the shortest decimal
 * that reads back as the same double, or whole milliseconds in version 4 (Rev 5.1 §3).
 *
 * @category types
 * @since 0.1.0
 */
export const Timestamp: Arg<number> = make({
  name: "timestamp",
  sensorType: "timestamp",
  initial: 0,
  description: { kind: "timestamp" },
  decode,
  encode,
  equals: same,
  schema: (dialect) =>
    textLike(decimal, what)
      .pipe(Schema.decodeTo(Schema.Number, seconds(dialect)))
      .check(Schema.isFinite())
})

const isStrict = (bytes: Uint8Array, start: number, end: number): boolean => {
  let point = -1
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 0x2e && point === -1 && at > start) point = at
    else if (byte < 0x30 || byte > 0x39) return false
  }
  return end > start && point !== end - 1
}

/**
 * A point in time in the exact form of the specification: digits, or digits, point and digits; not negative (Rev 5.1
 * §3).
 *
 * @category types
 * @since 0.1.0
 */
export const StrictTimestamp: Arg<number> = make({
  name: "timestamp",
  sensorType: "timestamp",
  initial: 0,
  description: { kind: "strict-timestamp" },
  decode: (bytes, start, end, dialect) =>
    isStrict(bytes, start, end)
      ? decode(bytes, start, end, dialect)
      : expected("a timestamp like 1700000000.5", bytes, start, end),
  encode: (value, dialect) =>
    typeof value === "number" && value >= 0
      ? encode(value, dialect)
      : expectedValue("a timestamp that is not negative", value),
  equals: same,
  schema: (dialect) =>
    textLike(strict, what).pipe(
      Schema.decodeTo(Schema.Number, seconds(dialect)),
      Schema.check(Schema.isFinite(), Schema.isGreaterThanOrEqualTo(0))
    )
})

const noNow = (dialect: Dialect): string => `version ${dialect.major} of the protocol has no "now"`
const now = new TextEncoder().encode("now")
const isNow = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start === 3 && bytes[start] === now[0] && bytes[start + 1] === now[1] && bytes[start + 2] === now[2]

/**
 * A point in time like {@link Timestamp}, or `now`: for requests that are carried out at a given time. Version 4 does
 * not have `now` (Rev 5.1 A.4).
 *
 * @category types
 * @since 0.1.0
 */
export const TimestampOrNow: Arg<number | "now"> = make<number | "now">({
  name: "timestamp",
  initial: 0,
  description: { kind: "timestamp-or-now" },
  decode: (bytes, start, end, dialect) =>
    dialect.now && isNow(bytes, start, end) ? "now" : decode(bytes, start, end, dialect),
  encode: (value, dialect) => {
    if (value !== "now") return encode(value, dialect)
    return dialect.now ? "now" : new Invalid(noNow(dialect))
  },
  equals: (one, other) => one === other,
  schema: (dialect) => {
    const word = Schema.Literal("now")
    const none = SchemaGetter.forbidden<"now", string>(() => noNow(dialect))
    return Schema.Union([
      textSchema.pipe(dialect.now ? Schema.decodeTo(word) : Schema.decodeTo(word, { decode: none, encode: none })),
      Timestamp.schema(dialect)
    ])
  }
})
