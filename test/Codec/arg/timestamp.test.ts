import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Arg, Dialect } from "katcp/Codec"
import { Protocol } from "katcp/Message"
import { fault, reads, refuses, refusesToWrite, returns, writes } from "./support.ts"

const { v4, v5 } = Dialect
const noTimes = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "1", undefined]

describe("Dialect", () => {
  it("version 4 has milliseconds, no ids and no now; version 5 is the opposite (P-077, P-083)", () => {
    for (const [text, dialect] of [
      ["4.0", v4],
      ["3.9", v4],
      ["5.0-MI", v5],
      ["5.1-BIMT", v5],
      ["6.0", v5]
    ] as const) {
      const [major, minor] = text.split(/[.-]/).map(Number)
      assert.strictEqual(Dialect.of(Protocol.make(major!, minor!)), dialect)
    }
  })

  it("seconds: shortest decimal, never an exponent, always a fraction, at most six places (P-077, P-078)", () => {
    for (const [seconds, text] of [
      [0, "0.0"],
      [-0, "0.0"],
      [1500000000, "1500000000.0"],
      [1795185071.406585, "1795185071.406585"],
      [4102444800, "4102444800.0"],
      [2147483648.5, "2147483648.5"],
      [0.1, "0.1"],
      [0.1 + 0.2, "0.3"],
      [1.2345678, "1.234568"],
      [1e-6, "0.000001"],
      [1e-7, "0.0"],
      [-1e-7, "0.0"],
      [-0.5, "-0.5"],
      [6e-7, "0.000001"],
      [-12.0000004, "-12.0"],
      [0.9999999, "1.0"],
      [1e20, "100000000000000000000.0"],
      [1e21, "1000000000000000000000.0"],
      [-1e22, "-10000000000000000000000.0"]
    ] as const)
      assert.strictEqual(v5.formatTime(seconds), text)
  })

  it("milliseconds: whole, rounded (P-077, A-191)", () => {
    for (const [seconds, text] of [
      [0, "0"],
      [-0, "0"],
      [-0.0001, "0"],
      [12345.678, "12345678"],
      [1795185071.406585, "1795185071407"],
      [4102444800, "4102444800000"],
      [0.0004, "0"],
      [0.0006, "1"],
      [-1.5, "-1500"],
      [1e18, "1000000000000000000000"],
      [1e306, `${BigInt(1e306)}000`]
    ] as const)
      assert.strictEqual(v4.formatTime(seconds), text)
  })

  it("an invalid time is written as 0 (P-077)", () => {
    for (const seconds of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      assert.strictEqual(v5.formatTime(seconds), "0.0")
      assert.strictEqual(v4.formatTime(seconds), "0")
    }
  })
})

describe("Arg: times", () => {
  it("Timestamp reads any decimal number of the version's unit (P-077, P-078, A-191, A-211, B-105, Q-16)", () => {
    reads(Arg.Timestamp, [
      ["1795185071.406585", 1795185071.406585],
      ["1500000000", 1500000000],
      ["0.0", 0],
      ["-1.5e3", -1500],
      ["4102444800", 4102444800]
    ])
    reads(
      Arg.Timestamp,
      [
        ["12345678", 12345.678],
        ["1222195721660.25", 1222195721.66025],
        ["0", 0]
      ],
      v4
    )
    for (const dialect of [v4, v5]) {
      refuses(Arg.Timestamp, ["", "now", "inf", "nan", "-inf", "1e999", " 1", "0x5", "1e", "."], dialect)
      refusesToWrite(Arg.Timestamp, noTimes, dialect)
    }
    assert.strictEqual(fault(Arg.Timestamp, "inf"), 'expected a timestamp, got "inf"')
  })

  it("writes the shortest decimal that reads back as the same double (P-077, A-193)", () => {
    for (const arg of [Arg.Timestamp, Arg.StrictTimestamp])
      writes(arg, [
        [1234567890.1234567, "1234567890.1234567"],
        [0.1 + 0.2, "0.30000000000000004"],
        [1.5e-9, "0.0000000015"],
        [5e-324, `0.${"0".repeat(323)}5`],
        [1e22, "10000000000000000000000.0"],
        [0, "0.0"],
        [-0, "0.0"]
      ])
    writes(Arg.Timestamp, [[-2.5e-7, "-0.00000025"]])
    writes(Arg.TimestampOrNow, [[1234567890.1234567, "1234567890.1234567"]])
  })

  it.prop("every time reads back as it was written", { value: Schema.Finite }, ({ value }) => {
    for (const arg of [Arg.Timestamp, Arg.StrictTimestamp]) {
      const time = arg === Arg.Timestamp ? value : Math.abs(value)
      const bytes = new TextEncoder().encode(arg.encode(time, v5) as string)
      assert.isTrue(arg.decode(bytes, 0, bytes.length, v5) === time)
      assert.strictEqual(Schema.decodeSync(arg.schema(v5))(Schema.encodeSync(arg.schema(v5))(time)) === time, true)
    }
  })

  it("Timestamp writes seconds, or whole milliseconds (P-077, A-191)", () => {
    writes(Arg.Timestamp, [
      [1500000000, "1500000000.0"],
      [0.1, "0.1"],
      [1e21, "1000000000000000000000.0"]
    ])
    writes(Arg.Timestamp, [[12345.678, "12345678"]], v4)
  })

  it("StrictTimestamp is digits, or digits, point and digits (A-193, P-077)", () => {
    reads(Arg.StrictTimestamp, [
      ["1222180721660213", 1222180721660213],
      ["1222195721.237", 1222195721.237],
      ["0", 0],
      ["007.50", 7.5]
    ])
    reads(Arg.StrictTimestamp, [["12345678.5", 12345.6785]], v4)
    for (const dialect of [v4, v5]) {
      refuses(Arg.StrictTimestamp, ["", "-1", "+1", "1.", ".5", ".", "1e5", "1.2.3", "now", "inf", " 1"], dialect)
      refuses(Arg.StrictTimestamp, ["9".repeat(400)], dialect)
      refusesToWrite(Arg.StrictTimestamp, [-1, ...noTimes], dialect)
    }
    // as a union asks each of its members, also with a record that has no text
    assert.instanceOf(Arg.StrictTimestamp.encode({ toString: 1 } as never, v5), Arg.Invalid)
    writes(Arg.StrictTimestamp, [[12.25, "12.25"]])
    writes(Arg.StrictTimestamp, [[12.25, "12250"]], v4)
  })

  it("TimestampOrNow accepts now, but not in version 4 (P-083, A-192, B-105)", () => {
    reads(Arg.TimestampOrNow, [
      ["now", "now"],
      ["12.5", 12.5]
    ])
    refuses(Arg.TimestampOrNow, ["NOW", "no", "nowx", "", "inf"])
    writes(Arg.TimestampOrNow, [
      ["now", "now"],
      [12.5, "12.5"]
    ])
    reads(Arg.TimestampOrNow, [["12500", 12.5]], v4)
    refuses(Arg.TimestampOrNow, ["now"], v4)
    refusesToWrite(Arg.TimestampOrNow, ["now", "later"], v4)
    refusesToWrite(Arg.TimestampOrNow, ["later", ...noTimes])
  })

  const Micros = Schema.Int.check(Schema.isBetween({ minimum: -8e15, maximum: 8e15 }))
  it.prop(
    "times on the grid of the wire come back exactly, others to half a unit (P-077)",
    { micros: Schema.Array(Micros).check(Schema.isMinLength(10)) },
    ({ micros }) => {
      for (const count of micros) {
        returns(Arg.Timestamp, count / 1e6, v5)
        returns(Arg.Timestamp, Math.round(count / 1000) / 1000, v4)
        returns(Arg.StrictTimestamp, Math.abs(count / 1e6), v5)
        returns(Arg.TimestampOrNow, Math.round(count / 1000) / 1000, v4)
        const odd = count / 7e6
        assert.isAtMost(Math.abs(Number(v5.formatTime(odd)) - odd), 5.01e-7)
        assert.isAtMost(Math.abs(Number(v4.formatTime(odd)) / 1000 - odd), 5.01e-4)
      }
    },
    { arbitrary: { runs: 50, size: 50 } }
  )
})
