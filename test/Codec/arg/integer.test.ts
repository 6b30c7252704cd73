import { assert, describe, it } from "@effect/vitest"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { Arg, Dialect } from "katcp/Codec"
import { fault, reads, refuses, refusesToWrite, writes } from "./support.ts"

const malformed = [
  "",
  "+",
  "-",
  "1.0",
  " 5",
  "5 ",
  "0x5",
  "1e3",
  "1_000",
  "--5",
  "+-5",
  "5-",
  "٣",
  "１",
  "inf",
  "a",
  "5\0"
]

describe("Arg: integers", () => {
  it("Int returns a number if it is safe, otherwise a bigint (P-071, A-183)", () => {
    reads(Arg.Int, [
      ["123", 123],
      ["-546", -546],
      ["+7", 7],
      ["-0", 0],
      ["007", 7],
      ["0000000000000000000000007", 7],
      ["999999999999999", 999999999999999],
      ["9007199254740991", 9007199254740991],
      ["-9007199254740991", -9007199254740991],
      ["9007199254740992", 9007199254740992n],
      ["-9007199254740992", -9007199254740992n],
      ["9223372036854775808", 2n ** 63n],
      ["+1267650600228229401496703205376", 2n ** 100n]
    ])
    refuses(Arg.Int, malformed)
  })

  it("Int writes both kinds, of any size (P-071, P-072)", () => {
    writes(Arg.Int, [
      [5, "5"],
      [-0, "0"],
      [5n, "5"],
      [2 ** 53, "9007199254740992"],
      [1e21, "1000000000000000000000"],
      [-(2n ** 100n), "-1267650600228229401496703205376"]
    ])
    refusesToWrite(Arg.Int, [1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", undefined, null, true, {}])
  })

  it("BigInt returns only bigints (P-071, A-183)", () => {
    reads(Arg.BigInt, [
      ["5", 5n],
      ["-0", 0n],
      ["+12", 12n],
      ["1267650600228229401496703205376", 2n ** 100n]
    ])
    refuses(Arg.BigInt, malformed)
    writes(Arg.BigInt, [[-5n, "-5"]])
    refusesToWrite(Arg.BigInt, [5, "5", undefined])
  })

  it("SafeInt fails beyond 2^53 - 1 (P-071)", () => {
    reads(Arg.SafeInt, [
      ["9007199254740991", 9007199254740991],
      ["-9007199254740991", -9007199254740991],
      ["-0", 0],
      ["+5", 5]
    ])
    refuses(Arg.SafeInt, [...malformed, "9007199254740992", "-9007199254740992", "1e5"])
    writes(Arg.SafeInt, [[-12, "-12"]])
    refusesToWrite(Arg.SafeInt, [2 ** 53, 0.5, Number.NaN, 5n, "5"])
    assert.strictEqual(
      fault(Arg.SafeInt, "9007199254740992"),
      'expected an integer of at most 2^53 - 1 in size, got "9007199254740992"'
    )
  })

  it("bounds are inclusive and errors name value and bound (A-183)", () => {
    const few = Arg.between(Arg.Int, { minimum: 2, maximum: 4 })
    reads(few, [
      ["2", 2],
      ["4", 4]
    ])
    assert.strictEqual(fault(few, "1"), "1 is lower than the minimum 2")
    assert.strictEqual(fault(few, "5"), "5 is higher than the maximum 4")
    refuses(few, ["99999999999999999999", "x", ""])
    writes(few, [[3, "3"]])
    refusesToWrite(few, [1, 5, 10n ** 20n, "3"])
    const large = Arg.between(Arg.BigInt, { minimum: 2n ** 64n })
    reads(large, [["18446744073709551616", 2n ** 64n]])
    refuses(large, ["18446744073709551615"])
    const safe = Arg.between(Arg.SafeInt, { maximum: -1 })
    refuses(safe, ["0"])
    assert.strictEqual(safe.initial, -1)
    assert.strictEqual(few.initial, 2)
    assert.strictEqual(Arg.between(Arg.Int, { minimum: -1, maximum: 1 }).initial, 0)
    assert.throws(() => Arg.between(Arg.Int, { minimum: 2, maximum: 1 }), TypeError)
    assert.throws(() => Arg.between(Arg.Float, { minimum: Number.NaN }), TypeError)
  })

  it("errors show the text, shortened if it is long", () => {
    assert.strictEqual(fault(Arg.Int, "1.0"), 'expected an integer, got "1.0"')
    assert.strictEqual(fault(Arg.Int, "\n"), 'expected an integer, got "\\n"')
    assert.isBelow(fault(Arg.Int, "x".repeat(100_000)).length, 120)
    assert.isBelow(fault(Arg.Int, new Uint8Array(100_000).fill(0xff)).length, 300)
    assert.strictEqual(fault(Arg.Int, Uint8Array.of(0x31, 0xff)), 'expected an integer, got "1\\xff"')
  })
})

describe("integers of absurd length", () => {
  const bytes = (digits: number) => new TextEncoder().encode("9".repeat(digits))
  for (const [type, name] of [
    [Arg.Int, "Int"],
    [Arg.BigInt, "BigInt"]
  ] as const)
    it(`${name} reads up to 65536 digits, so no line blocks the others`, () => {
      const read = (digits: number) => type.decode(bytes(digits), 0, digits, Dialect.v5)
      assert.strictEqual(typeof read(65_536), "bigint")
      assert.instanceOf(read(65_537), Arg.Invalid)
      const schema = Schema.decodeUnknownExit(type.schema(Dialect.v5))
      assert.isTrue(Exit.isSuccess(schema(bytes(65_536))))
      assert.isTrue(Exit.isFailure(schema(bytes(65_537))))
    })

  for (const [type, name] of [
    [Arg.Int, "Int"],
    [Arg.BigInt, "BigInt"]
  ] as const)
    it(`${name} refuses to write integers that are longer than it reads`, () => {
      const longest = 10n ** 65_536n - 1n
      const written = type.encode(longest as never, Dialect.v5)
      assert.strictEqual(written, "9".repeat(65_536))
      const negative = type.encode((-longest / 10n) as never, Dialect.v5) as string
      assert.strictEqual(negative.length, 65_536)
      for (const value of [longest + 1n, -longest, 2n ** 10_000_000n])
        assert.deepStrictEqual(
          type.encode(value as never, Dialect.v5),
          new Arg.Invalid("expected an integer of at most 65536 characters, got an integer of more than 60 digits")
        )
    })
})
