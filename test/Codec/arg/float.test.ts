import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Arg, Dialect } from "katcp/Codec"
import { bytesOf, fault, reads, refuses, refusesToWrite, returns, same, writes } from "./support.ts"

const Word = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff }))
const Doubles = Schema.Array(Schema.Tuple([Word, Word])).check(Schema.isMinLength(20))
const view = new DataView(new ArrayBuffer(8))
const doubleOf = ([high, low]: readonly [number, number]): number => {
  view.setUint32(0, high)
  view.setUint32(4, low)
  return view.getFloat64(0)
}

describe("Arg.Float", () => {
  it("reads the decimal forms of strtod, without blanks (P-073, A-184)", () => {
    reads(Arg.Float, [
      ["-1.234e-05", -1.234e-5],
      ["1.7", 1.7],
      ["5.", 5],
      [".5", 0.5],
      ["+.5E+3", 500],
      ["3", 3],
      ["-0", -0],
      ["-0.0", -0],
      ["0e999999999999", 0],
      ["1e999", Number.POSITIVE_INFINITY],
      ["-1e999", Number.NEGATIVE_INFINITY],
      ["1e-999", 0],
      ["00001.50000", 1.5],
      ["1e22", 1e22],
      ["1e23", 1e23],
      ["123456789012345678901234567890", 1.2345678901234568e29],
      ["9007199254740993", 9007199254740992],
      ["9007199254740993.0000000001", 9007199254740994],
      ["0.30000000000000004", 0.30000000000000004],
      ["179769313486231570000000000000000000000e270", 1.7976931348623157e308],
      ["4.9e-324", 5e-324]
    ])
  })

  it("refuses everything else (P-073)", () => {
    refuses(Arg.Float, ["", " 1", "1 ", "\t1", "0x10", "1e", "1e+", "e5", ".", "+", "-", "-.", "1.2.3", "1..2", "--1"])
    refuses(Arg.Float, [
      "1_0",
      "1,5",
      "1e5.0",
      "1e--5",
      "1d5",
      "٣",
      "1\0",
      "infinit",
      "infinityy",
      "in",
      "nan(1)",
      "na"
    ])
    assert.strictEqual(fault(Arg.Float, "0x10"), 'expected a float, got "0x10"')
  })

  it("reads inf, infinity and nan with a sign in any case (Q-03)", () => {
    const { NEGATIVE_INFINITY, NaN, POSITIVE_INFINITY } = Number
    reads(Arg.Float, [
      ["inf", POSITIVE_INFINITY],
      ["+Inf", POSITIVE_INFINITY],
      ["-INFINITY", NEGATIVE_INFINITY],
      ["infinity", POSITIVE_INFINITY],
      ["nan", NaN],
      ["-NaN", NaN],
      ["+nan", NaN]
    ])
  })

  it("writes the shortest text that reads back, whole numbers with .0 (P-074, Q-03, A-184)", () => {
    writes(Arg.Float, [
      [3, "3.0"],
      [-0, "-0.0"],
      [0.1, "0.1"],
      [1e-7, "1e-07"],
      [1e22, "1e+22"],
      [0.0001, "0.0001"],
      [5e-324, "5e-324"],
      [Number.POSITIVE_INFINITY, "inf"],
      [Number.NEGATIVE_INFINITY, "-inf"],
      [Number.NaN, "nan"]
    ])
    refusesToWrite(Arg.Float, [1n, "1", undefined, true])
  })

  it.prop(
    "every double comes back, finite or not (P-074)",
    { doubles: Doubles },
    ({ doubles }) => {
      for (const double of doubles) returns(Arg.Float, doubleOf(double), Dialect.v5)
    },
    { arbitrary: { runs: 60, size: 60 } }
  )

  it("reads the double next to any decimal: the same as the runtime's own conversion (P-073)", () => {
    // a generator of its own, so hundreds of thousands of cases cost little
    let state = 20261120
    const next = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 4294967296) * below)
    }
    const digits = (count: number): string => Array.from({ length: count }, () => next(10)).join("")
    const check = (text: string): void => {
      const bytes = bytesOf(text)
      same(Arg.Float, Arg.Float.decode(bytes, 0, bytes.length, Dialect.v5) as number, Number(text))
    }
    for (let count = 0; count < 60_000; count++) {
      // up to 21 digits with the point anywhere
      const text = digits(1 + next(21))
      const point = next(text.length + 1)
      check(`${text.slice(0, point)}.${text.slice(point)}`)
      check(`-${digits(17)}e${next(60) - 30}`)
      // halfway between two doubles
      const odd = (BigInt(1 + next(2 ** 21)) << 33n) + BigInt(next(2 ** 32) * 2 + 1)
      const bits = 1 + next(10)
      const half = (odd * 5n ** BigInt(bits)).toString().padStart(bits + 1, "0")
      check(`${half.slice(0, -bits)}.${half.slice(-bits)}`)
      // the shortest text of any double
      const double = doubleOf([next(2 ** 32), next(2 ** 32)])
      if (Number.isFinite(double)) check(`${double}`)
    }
  })

  it("bounds are inclusive, NaN is outside all of them (A-184)", () => {
    const angle = Arg.between(Arg.Float, { minimum: -180, maximum: 180 })
    reads(angle, [
      ["180", 180],
      ["-180.0", -180]
    ])
    assert.strictEqual(fault(angle, "180.5"), "180.5 is higher than the maximum 180")
    assert.strictEqual(fault(angle, "-inf"), "-Infinity is lower than the minimum -180")
    refuses(angle, ["nan", "x"])
    refusesToWrite(angle, [Number.NaN, 181, "0"])
    writes(angle, [[0, "0.0"]])
  })
})
