import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Address, Arg, type Dialect } from "katcp/Codec"
import { dialects, read, returns, write } from "./support.ts"

const options = { arbitrary: { runs: 60, size: 60 } }

const spoilers = ["", " ", "x", "é", "\0"]
const numbers = ["0", "1", "9", "+", "-", ".", "e", "E", "j", "9007199254740993", "12345678", "9".repeat(310), "e-3"]
const floats = [...numbers, "inf", "INFINITY", "nan", "0x"]
const times = [...numbers, "inf", "nan", "now"]
const hosts = [
  "127.0.0.1",
  "1",
  ".",
  "256",
  ":",
  "::",
  "[",
  "]",
  "[::1]",
  "ffff",
  ":80",
  ":65536",
  "%1",
  "0.0.0.0",
  "00"
]
const words = ["now", "NOW", "inf", "Inf", "n", "e1", "a-b", "all", ",", "1", "0", "-", "nominal", "error"]

/** Each type with pieces to make arguments of that are right or nearly so. */
const types: ReadonlyArray<readonly [string, Arg.Any, ReadonlyArray<string>]> = [
  ["Int", Arg.Int, numbers],
  ["BigInt", Arg.BigInt, numbers],
  ["SafeInt", Arg.SafeInt, numbers],
  ["Int between", Arg.between(Arg.Int, { minimum: -5, maximum: 10n ** 16n }), numbers],
  ["Float", Arg.Float, floats],
  ["Float between", Arg.between(Arg.Float, { minimum: -5.5 }), floats],
  ["Boolean", Arg.Boolean, numbers],
  ["Text", Arg.Text, words],
  ["StrictText", Arg.StrictText, words],
  ["Bytes", Arg.Bytes, words],
  ["Pattern", Arg.Pattern(/[0-9]+e?/), numbers],
  ["Discrete", Arg.Discrete("now", "inf", "1", "0", "a-b", "é"), words],
  ["DiscreteAnyCase", Arg.DiscreteAnyCase("now", "Inf", "e1"), words],
  ["DiscreteMulti", Arg.DiscreteMulti(["1", "e1", "n", "-"]), words],
  ["Enum", Arg.Enum({ NOW: 1, INF: "inf", A_B: true }), words],
  ["Lru", Arg.Lru, words],
  ["Timestamp", Arg.Timestamp, times],
  ["StrictTimestamp", Arg.StrictTimestamp, times],
  ["TimestampOrNow", Arg.TimestampOrNow, times],
  ["Address", Arg.Address, hosts],
  ["GaussianInteger", Arg.GaussianInteger, numbers],
  ["Struct", Arg.Struct({ a: "u8", b: "i16le", c: "pad:1" }), words],
  ["union", Arg.union(Arg.Int, Arg.Float, Arg.Discrete("now", "1e1")), times],
  ["fromSchema", Arg.fromSchema("text", Schema.NonEmptyString.check(Schema.isMaxLength(6)), { initial: "-" }), words]
]

/** `true` if the argument is read. Both paths must agree, and what was read must come back. */
const agrees = (arg: Arg.Any, input: string | Uint8Array, dialect: Dialect.Dialect): boolean => {
  const value: unknown = read(arg, input, dialect)
  if (value instanceof Arg.Invalid) return false
  // times of many places are written with fewer: they have a test of their own
  if (arg.name === "timestamp") return true
  const bytes = write(arg, value, dialect)
  if (bytes instanceof Arg.Invalid) assert.fail(bytes.message)
  const again: unknown = read(arg, bytes, dialect)
  assert.isTrue(arg.equals(again, value), `${String(again)} is not ${String(value)}`)
  return true
}

describe("Arg: the fast path and the Schema", () => {
  for (const [name, arg, own] of types) {
    const pieces = [...own, ...spoilers]
    it(`${name}: both agree on all combinations of three pieces (P-070…P-083)`, () => {
      let good = 0
      let bad = 0
      for (const dialect of dialects)
        for (const one of pieces)
          for (const two of pieces)
            for (const three of pieces) {
              if (agrees(arg, one + two + three, dialect)) good++
              else bad++
            }
      assert.isAbove(good, 10)
      if (arg !== Arg.Text && arg !== Arg.StrictText && arg !== Arg.Bytes) assert.isAbove(bad, 10)
    })

    const Pieces = Schema.Array(Schema.Literals(pieces)).check(Schema.isBetweenLength(4, 9))
    const Arguments = Schema.Array(Schema.Union([Pieces, Schema.Uint8Array])).check(Schema.isMinLength(20))
    it.prop(
      `${name}: both agree on more pieces, and on any bytes (P-070…P-083)`,
      { inputs: Arguments },
      ({ inputs }) => {
        for (const dialect of dialects)
          for (const input of inputs) agrees(arg, input instanceof Uint8Array ? input : input.join(""), dialect)
      },
      options
    )
  }
})

describe("Arg: decode(encode(x)) = x", () => {
  const each = <S extends Schema.Schema<unknown>>(
    name: string,
    schema: S,
    check: (value: S["Type"], dialect: Dialect.Dialect) => void
  ): void =>
    it.prop(
      name,
      { values: Schema.Array(schema).check(Schema.isMinLength(10)) },
      ({ values }) => {
        for (const dialect of dialects) for (const value of values) check(value as S["Type"], dialect)
      },
      options
    )
  const Wide = Schema.Int.check(
    Schema.isBetween({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })
  )

  each("integers (P-071)", Schema.Union([Wide, Schema.BigInt]), (value, dialect) => {
    returns(Arg.Int, value, dialect)
    returns(Arg.BigInt, BigInt(value) ** 5n, dialect)
    if (typeof value === "number") returns(Arg.SafeInt, value, dialect)
  })
  each("text (P-081)", Schema.String, (value, dialect) => returns(Arg.Text, value.toWellFormed(), dialect))
  each("bytes (P-081)", Schema.Uint8Array, (value, dialect) => returns(Arg.Bytes, value, dialect))
  each("booleans (P-075)", Schema.Boolean, (value, dialect) => returns(Arg.Boolean, value, dialect))
  each("discrete values (P-079)", Schema.Literals(["a", "B-c", ""]), (value, dialect) => {
    returns(Arg.Discrete("a", "B-c", ""), value, dialect)
    returns(Arg.Enum({ X: "a", Y_Z: "B-c", V: "" }), value, dialect)
    returns(Arg.DiscreteAnyCase("a", "B-c", ""), value.toUpperCase(), dialect)
  })
  each("several discrete values (A-188)", Schema.NonEmptyArray(Schema.Literals(["a", "B", "c"])), (value, dialect) =>
    returns(Arg.DiscreteMulti(["a", "B", "c"]), value, dialect)
  )
  const Port = Schema.Union([Schema.Undefined, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65535 }))])
  const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
  const hostBytes = [4, 16].map((size) => Schema.Array(Byte).check(Schema.isBetweenLength(size, size)))
  each("addresses (P-080)", Schema.Struct({ host: Schema.Union(hostBytes), port: Port }), ({ host, port }, dialect) =>
    returns(Arg.Address, Address.make(Uint8Array.from(host), port), dialect)
  )
  const Struct = Schema.Struct({ a: Byte, b: Schema.Number, c: Schema.Boolean })
  each("packed records (A-194)", Struct, ({ a, b, c }, dialect) => {
    const packed = Arg.Struct({ a: "u32le", b: "f64be", c: "i64le", d: "bytes:3", e: "f32le", f: "i16be", g: "u8" })
    const d = Uint8Array.of(a, a, 0)
    const sign = c ? 1 : -1
    returns(packed, { a, b, c: BigInt(a) ** 7n * BigInt(sign), d, e: Math.fround(b), f: a * sign, g: a }, dialect)
  })
})
