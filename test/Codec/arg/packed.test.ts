import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Arg, Dialect } from "katcp/Codec"
import { fault, read, reads, refuses, refusesToWrite, returns, write, writes } from "./support.ts"

describe("Arg.GaussianInteger", () => {
  it("reads the printed grammar; no digits before j are 1 (P-082, Q-04)", () => {
    reads(Arg.GaussianInteger, [
      ["3+4j", { re: 3n, im: 4n }],
      ["-3-4j", { re: -3n, im: -4n }],
      ["4j", { re: 0n, im: 4n }],
      ["-4j", { re: 0n, im: -4n }],
      ["j", { re: 0n, im: 1n }],
      ["-j", { re: 0n, im: -1n }],
      ["7", { re: 7n, im: 0n }],
      ["-7", { re: -7n, im: 0n }],
      ["3+j", { re: 3n, im: 1n }],
      ["1267650600228229401496703205376-j", { re: 2n ** 100n, im: -1n }]
    ])
    refuses(Arg.GaussianInteger, [
      "",
      "+3",
      "+4j",
      "+j",
      "3+4",
      "3 + 4j",
      "3+-4j",
      "1.5",
      "3+4i",
      "3+4J",
      "jj",
      "4j+3",
      "-"
    ])
  })

  it("writes a+bj, a-bj, or a if it is real (P-082, Q-04)", () => {
    writes(Arg.GaussianInteger, [
      [{ re: 3n, im: 4n }, "3+4j"],
      [{ re: -3n, im: -4n }, "-3-4j"],
      [{ re: 0n, im: 1n }, "0+1j"],
      [{ re: 7n, im: 0n }, "7"]
    ])
    refusesToWrite(Arg.GaussianInteger, [{ re: 1, im: 2 }, { re: 1n }, 5n, undefined, null])
    assert.isUndefined(Arg.GaussianInteger.sensorType)
  })

  it("writes no value that is longer than it reads", () => {
    const largest = 10n ** 65_535n - 1n
    returns(Arg.GaussianInteger, { re: largest, im: -largest }, Dialect.v5)
    for (const value of [
      { re: 10n ** 131_072n, im: 0n },
      { re: 0n, im: 10n ** 131_072n },
      { re: 10n * largest + 9n, im: 10n * largest + 9n }
    ])
      refusesToWrite(Arg.GaussianInteger, [value])
  })

  it.prop(
    "comes back (P-082)",
    { pairs: Schema.Array(Schema.Tuple([Schema.BigInt, Schema.BigInt])) },
    ({ pairs }) => {
      for (const [re, im] of pairs) returns(Arg.GaussianInteger, { re, im }, Dialect.v5)
    },
    { arbitrary: { runs: 50, size: 50 } }
  )
})

describe("Arg.Struct", () => {
  const all = Arg.Struct({
    u8: "u8",
    i8: "i8",
    u16be: "u16be",
    u16le: "u16le",
    i16be: "i16be",
    gap: "pad:3",
    i16le: "i16le",
    u32be: "u32be",
    i32le: "i32le",
    u64be: "u64be",
    i64le: "i64le",
    f32be: "f32be",
    f64le: "f64le",
    raw: "bytes:2"
  })

  it("packs fields in order, in both byte orders (A-194)", () => {
    const record = {
      u8: 255,
      i8: -1,
      u16be: 0x0102,
      u16le: 0x0102,
      i16be: -2,
      i16le: -2,
      u32be: 0xdeadbeef,
      i32le: -3,
      u64be: 2n ** 64n - 1n,
      i64le: -(2n ** 63n),
      f32be: 1.5,
      f64le: -2.5,
      raw: Uint8Array.of(0, 0x20)
    }
    const hex =
      "ff ff 01 02 02 01 ff fe 00 00 00 fe ff de ad be ef fd ff ff ff ff ff ff ff ff ff ff ff " +
      "00 00 00 00 00 00 00 80 3f c0 00 00 00 00 00 00 00 00 04 c0 00 20"
    const bytes = Uint8Array.from(hex.split(" "), (digits) => Number.parseInt(digits, 16))
    assert.deepStrictEqual(write(all, record), bytes)
    assert.deepStrictEqual(read(all, bytes), record)
  })

  it("fails for another size (A-194)", () => {
    const pair = Arg.Struct({ a: "u8", b: "u16be" })
    refuses(pair, ["", "12", "1234"])
    assert.strictEqual(fault(pair, "12"), "expected 3 bytes, got 2")
  })

  it("a value that does not fit its field is an error that names it (A-194)", () => {
    const struct = Arg.Struct({ a: "u8", b: "i16be", c: "u64be", d: "i64be", e: "f32be", f: "bytes:1" })
    const good = { a: 0, b: 0, c: 0n, d: 0n, e: 0, f: Uint8Array.of(0) }
    writes(struct, [[good, "\0".repeat(24)]])
    const bad = [
      { a: 256 },
      { a: -1 },
      { a: 0.5 },
      { a: "0" },
      { b: 32768 },
      { b: -32769 },
      { c: -1n },
      { c: 2n ** 64n }
    ]
    const worse = [
      { c: 0 },
      { d: 2n ** 63n },
      { d: -(2n ** 63n) - 1n },
      { e: "1" },
      { f: new Uint8Array(2) },
      { f: "x" }
    ]
    for (const change of [...bad, ...worse]) refusesToWrite(struct, [{ ...good, ...change }])
    refusesToWrite(struct, [undefined, null, 5, {}])
    const fault = struct.encode({ ...good, a: 256 }, Dialect.v5)
    assert.strictEqual(fault instanceof Arg.Invalid && fault.message, "expected an integer from 0 to 255 as a, got 256")
  })

  it("refuses invalid layouts (A-194)", () => {
    const layouts = [{}, { a: "u7" }, { a: "u16" }, { a: "bytes:0" }, { a: "bytes:x" }, { 1: "u8" }, { "": "u8" }]
    for (const layout of layouts) assert.throws(() => Reflect.apply(Arg.Struct, undefined, [layout]), TypeError)
  })

  it("does not keep a reference to the bytes", () => {
    const bytes = Uint8Array.of(1, 2)
    const value = Arg.Struct({ raw: "bytes:2" }).decode(bytes, 0, 2, Dialect.v5)
    bytes.fill(9)
    assert.deepStrictEqual(value, { raw: Uint8Array.of(1, 2) })
  })
})
