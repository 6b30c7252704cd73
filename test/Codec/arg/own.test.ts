import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { Arg, Dialect } from "katcp/Codec"
import { fault, reads, refuses, refusesToWrite, writes } from "./support.ts"

describe("custom types", () => {
  it("make returns a type over bytes, with its Schema (A-182, B-101)", () => {
    const Hex = Arg.make<number>({
      name: "hex",
      initial: 0,
      decode: (bytes, start, end) => {
        const text = new TextDecoder().decode(bytes.subarray(start, end))
        return /^[0-9a-f]{1,8}$/.test(text) ? Number.parseInt(text, 16) : new Arg.Invalid(`${text} is not hexadecimal`)
      },
      encode: (value) => (value >= 0 ? value.toString(16) : new Arg.Invalid("negative"))
    })
    reads(Hex, [["ff", 255]])
    refuses(Hex, ["", "xyz"])
    writes(Hex, [[255, "ff"]])
    refusesToWrite(Hex, [-1])
    assert.isTrue(Hex.equals(Number.NaN, Number.NaN))
    assert.deepStrictEqual([Hex.sensorType, Hex.parameters], [undefined, []])
    const schema = Hex.schema(Dialect.v5)
    assert.strictEqual(Hex.schema(Dialect.v5), schema)
  })

  it("a type may depend on the dialect (A-182, A-211)", () => {
    const Version = Arg.make<number>({
      name: "version",
      initial: 5,
      decode: (_bytes, _start, _end, dialect) => dialect.major,
      encode: (_value, dialect) => Uint8Array.of(0x30 + dialect.major)
    })
    for (const dialect of [Dialect.v4, Dialect.v5]) {
      reads(Version, [["", dialect.major]], dialect)
      writes(Version, [[0, `${dialect.major}`]], dialect)
    }
  })

  it("fromSchema accepts any codec of text (A-177, A-182, B-101)", () => {
    const percent = Schema.FiniteFromString.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
    const Percent = Arg.fromSchema("percent", percent, { initial: 0, sensorType: "float" })
    reads(Percent, [["12.5", 12.5]])
    refuses(Percent, ["101", "x", Uint8Array.of(0xff)])
    assert.strictEqual(fault(Percent, "101"), "Expected a value between 0 and 100")
    writes(Percent, [[12.5, "12.5"]])
    refusesToWrite(Percent, [101, "12", undefined])
    assert.strictEqual(Percent.sensorType, "float")
    const When = Arg.fromSchema("date", Schema.DateTimeUtcFromString, { initial: DateTime.makeUnsafe(0) })
    assert.strictEqual(When.sensorType, "string")
    reads(When, [["2026-11-20T00:00:00.000Z", DateTime.makeUnsafe("2026-11-20")]])
  })

  it("a Schema that fails or waits is an error, never a crash (A-182)", () => {
    const odd = Schema.String.pipe(
      Schema.decodeTo(Schema.String, {
        decode: SchemaGetter.transformEffect((text: string) =>
          text === "die" ? Effect.die("broken") : Effect.as(Effect.never, text)
        ),
        encode: SchemaGetter.passthrough()
      })
    )
    const Odd = Arg.fromSchema("odd", odd, { initial: "" })
    for (const text of ["die", "wait"]) {
      const bytes = new TextEncoder().encode(text)
      assert.isTrue(Odd.decode(bytes, 0, bytes.length, Dialect.v5) instanceof Arg.Invalid)
    }
  })

  it("union reads a value that exactly one member reads (B-102)", () => {
    const number = Arg.union(Arg.Int, Arg.Float)
    reads(number, [
      ["1.5", 1.5],
      ["1e3", 1000],
      ["nan", Number.NaN]
    ])
    assert.strictEqual(fault(number, "1"), "it is ambiguous: integer and float")
    assert.strictEqual(fault(number, "x"), 'expected integer or float, got "x"')
    const level = Arg.union(Arg.SafeInt, Arg.Discrete("off", "auto"), Arg.Address)
    reads(level, [
      ["5", 5],
      ["off", "off"]
    ])
    refuses(level, ["on", ""])
    assert.deepStrictEqual(
      [level.name, level.sensorType, level.initial],
      ["integer or discrete or address", "integer", 0]
    )
  })

  it("union sends only values that read back as the same value (B-102)", () => {
    const number = Arg.union(Arg.Int, Arg.Float)
    writes(number, [
      [1.5, "1.5"],
      [1, "1.0"]
    ])
    refusesToWrite(number, [10n ** 30n, "1", undefined])
    const text = Arg.union(Arg.SafeInt, Arg.Text)
    writes(text, [["abc", "abc"]])
    refusesToWrite(text, ["5", 5])
    const time = Arg.union(Arg.TimestampOrNow, Arg.Discrete("never"))
    writes(time, [["now", "now"]])
    refusesToWrite(time, ["now"], Dialect.v4)
    writes(time, [["never", "never"]], Dialect.v4)
    assert.isTrue(number.equals(Number.NaN, Number.NaN))
    assert.isFalse(text.equals(1, "1"))
  })
})
