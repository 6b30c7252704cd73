import { assert, describe, it } from "@effect/vitest"
import { Address, Arg } from "katcp/Codec"

describe("Arg: what sensors need", () => {
  it("names of the sensor types on the wire (P-084)", () => {
    for (const [arg, sensorType] of [
      [Arg.Int, "integer"],
      [Arg.BigInt, "integer"],
      [Arg.SafeInt, "integer"],
      [Arg.between(Arg.SafeInt, { minimum: 1 }), "integer"],
      [Arg.Float, "float"],
      [Arg.Boolean, "boolean"],
      [Arg.Lru, "lru"],
      [Arg.Timestamp, "timestamp"],
      [Arg.StrictText, "string"],
      [Arg.StrictTimestamp, "timestamp"],
      [Arg.Discrete("a"), "discrete"],
      [Arg.DiscreteAnyCase("a"), "discrete"],
      [Arg.Enum({ A: 1 }), "discrete"],
      [Arg.Address, "address"],
      [Arg.Text, "string"],
      [Arg.Bytes, "string"],
      [Arg.Pattern(/a/), "string"],
      [Arg.TimestampOrNow, undefined],
      [Arg.GaussianInteger, undefined],
      [Arg.DiscreteMulti(["a"]), undefined],
      [Arg.Struct({ a: "u8" }), undefined]
    ] as ReadonlyArray<readonly [Arg.Any, Arg.SensorType | undefined]>)
      assert.strictEqual(arg.sensorType, sensorType)
  })

  it("values before the first reading (Q-22)", () => {
    const defaults: ReadonlyArray<unknown> = [
      Arg.Int,
      Arg.BigInt,
      Arg.Float,
      Arg.Boolean,
      Arg.Discrete("b", "a"),
      Arg.Enum({ ON: "x", OFF: "y" }),
      Arg.Text,
      Arg.Lru,
      Arg.Timestamp,
      Arg.Bytes,
      Arg.Struct({ a: "u8", p: "pad:1", b: "i64be", c: "bytes:2" })
    ].map((arg: Arg.Any) => arg.initial)
    const wanted = [0, 0n, 0, false, "b", "x", "", "nominal", 0, new Uint8Array(0)]
    assert.deepStrictEqual(defaults, [...wanted, { a: 0, b: 0n, c: new Uint8Array(2) }])
    assert.strictEqual(Arg.Address.initial.toString(), "0.0.0.0")
    assert.deepStrictEqual(Arg.Discrete("b", "a").parameters, ["b", "a"])
    assert.deepStrictEqual(Arg.Float.parameters, [])
  })

  it("equal values: NaN equals NaN, -0 equals 0 (Q-08)", () => {
    const { NaN } = Number
    const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)
    const pair = Arg.Struct({ a: "f64be", b: "bytes:1" })
    const gaussian = (re: bigint, im: bigint) => ({ re, im })
    for (const [arg, one, other, wanted] of [
      [Arg.Float, NaN, NaN, true],
      [Arg.Float, -0, 0, true],
      [Arg.Float, NaN, 0, false],
      [Arg.Float, 1, 1.0000000000000002, false],
      [Arg.between(Arg.Float, { minimum: 0 }), -0, 0, true],
      [Arg.Int, 5, 5n, true],
      [Arg.Int, 1e21, 10n ** 21n, true],
      [Arg.Int, 2 ** 53, 2n ** 53n + 1n, false],
      [Arg.BigInt, 5n, 5n, true],
      [Arg.Boolean, true, false, false],
      [Arg.Text, "a", "a", true],
      [Arg.Text, "a", "A", false],
      [Arg.Bytes, bytes(1, 2), bytes(1, 2), true],
      [Arg.Bytes, bytes(1, 2), bytes(1, 3), false],
      [Arg.Bytes, bytes(1, 2), bytes(1), false],
      [Arg.Address, Address.make("::1", 5), Address.make("::1", 5), true],
      [Arg.Address, Address.make("::1", 5), Address.make("::1"), false],
      [Arg.DiscreteMulti(["a", "b"]), ["a", "b"], ["b", "a"], true],
      [Arg.DiscreteMulti(["a", "b"]), ["a", "b"], ["a"], false],
      [Arg.DiscreteMulti(["a", "b"]), ["a", "a"], ["a", "b"], false],
      [Arg.GaussianInteger, gaussian(1n, 2n), gaussian(1n, 2n), true],
      [Arg.GaussianInteger, gaussian(1n, 2n), gaussian(1n, 3n), false],
      [pair, { a: NaN, b: bytes(1) }, { a: NaN, b: bytes(1) }, true],
      [pair, { a: 0, b: bytes(1) }, { a: -0, b: bytes(1) }, true],
      [pair, { a: 0, b: bytes(1) }, { a: 0, b: bytes(2) }, false],
      [Arg.TimestampOrNow, "now", "now", true],
      [Arg.TimestampOrNow, "now", 0, false]
    ] as ReadonlyArray<readonly [Arg.Any, unknown, unknown, boolean]>)
      assert.strictEqual(arg.equals(one, other), wanted, `${arg.name}: ${String(one)} and ${String(other)}`)
  })
})
