import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { Message } from "katcp"

const view = new DataView(new ArrayBuffer(8))
const doubleOf = (bits: string): number => {
  view.setBigUint64(0, BigInt(`0x${bits}`))
  return view.getFloat64(0)
}
const textOf = (value: Message.ArgumentValue): string => new TextDecoder().decode(Message.formatArgument(value))

/** The bits of doubles, and what Python 3.11 prints for them by `repr`. */
const python: ReadonlyArray<readonly [string, string]> = [
  ["0000000000000000", "0.0"],
  ["8000000000000000", "-0.0"],
  ["3ff0000000000000", "1.0"],
  ["bff0000000000000", "-1.0"],
  ["3fb999999999999a", "0.1"],
  ["3fd3333333333334", "0.30000000000000004"],
  ["3fd5555555555555", "0.3333333333333333"],
  ["3fe5555555555555", "0.6666666666666666"],
  ["4059000000000000", "100.0"],
  ["419d6f3454000000", "123456789.0"],
  ["430c6bf526340000", "1000000000000000.0"],
  ["4341c37937e07fff", "9999999999999998.0"],
  ["4341c37937e08000", "1e+16"],
  ["4341c37937e08001", "1.0000000000000002e+16"],
  ["4376345785d8a000", "1e+17"],
  ["437b69b4ba630f35", "1.2345678901234568e+17"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["4480f0cf064dd592", "1e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["54b249ad2594c37d", "1e+100"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["000fffffffffffff", "2.225073858507201e-308"],
  ["0010000000000000", "2.2250738585072014e-308"],
  ["01a56e1fc2f8f359", "1e-300"],
  ["2b2bff2ee48e0530", "1e-100"],
  ["3ddb7cdfd9d7bdbb", "1e-10"],
  ["3e7ad7f29abcaf48", "1e-07"],
  ["3ee4f8b588e368f1", "1e-05"],
  ["3ee9e0fcaf9380fc", "1.234e-05"],
  ["bee9e0fcaf9380fc", "-1.234e-05"],
  ["3eef75104d551d69", "1.5e-05"],
  ["3f1a36e2eb1c432c", "9.999999999999999e-05"],
  ["3f1a36e2eb1c432d", "0.0001"],
  ["3ffb333333333333", "1.7"],
  ["400921f9f01b866e", "3.14159"],
  ["4011666666666666", "4.35"],
  ["4020d1eb851eb852", "8.41"],
  ["41d958b58333e87d", "1700976140.811065"],
  ["4330000000000000", "4503599627370496.0"],
  ["4340000000000000", "9007199254740992.0"],
  ["7ff0000000000000", "inf"],
  ["fff0000000000000", "-inf"],
  ["7ff8000000000000", "nan"]
]

const byte = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
const doubles = Arbitrary.map(Arbitrary.array(byte, { minLength: 8, maxLength: 8 }), (bytes) => {
  bytes.forEach((byte, at) => {
    view.setUint8(at, byte)
  })
  return view.getFloat64(0)
})

describe("floats", () => {
  it("are written as Python writes them (A-107, A-108)", () => {
    for (const [bits, text] of python) assert.strictEqual(Message.formatFloat(doubleOf(bits)), text)
  })

  const readsBack = (value: number): void => {
    if (!Number.isFinite(value)) return
    const text = Message.formatFloat(value)
    assert.isTrue(Object.is(Number(text), value), text)
    assert.match(text, /^-?(\d+\.\d+|\d(\.\d+)?e[+-]\d{2,3})$/)
    // with fewer digits it would not
    const digits = text
      .replace(/e.*/, "")
      .replace(".", "")
      .replace(/^[-0]+|0+$/g, "").length
    if (digits > 1) assert.notStrictEqual(Number(value.toPrecision(digits - 1)), value)
  }

  it.prop(
    "read back as the same double, whatever its bits are (A-107)",
    { value: doubles },
    ({ value }) => readsBack(value),
    { arbitrary: { size: 8, runs: 2000 } }
  )

  it.prop(
    "read back as the same double, at the edges of the range (A-107)",
    { value: Schema.Finite },
    ({ value }) => readsBack(value),
    {
      arbitrary: { size: 100, runs: 1000 }
    }
  )

  it("subnormal numbers read back (A-107)", () => {
    for (let exponent = -1074; exponent < -1022; exponent++)
      for (const value of [2 ** exponent, -(2 ** exponent), 2 ** exponent * (1 + 2 ** -20)]) readsBack(value)
  })
})

describe("plain values (A-107, A-108)", () => {
  it("whole numbers are written in digits only, however large", () => {
    for (const [value, text] of [
      [0, "0"],
      [-0, "0"],
      [7, "7"],
      [-42, "-42"],
      [2147483648, "2147483648"],
      [Number.MAX_SAFE_INTEGER, "9007199254740991"],
      [1e20, "100000000000000000000"],
      [1e21, "1000000000000000000000"],
      [-1e22, "-10000000000000000000000"],
      [2 ** 70, "1180591620717411303424"]
    ] as const)
      assert.strictEqual(textOf(value), text)
  })

  it("other numbers are written in the shortest text that reads back", () => {
    for (const [value, text] of [
      [0.1, "0.1"],
      [-4.1, "-4.1"],
      [1e-7, "1e-07"],
      [Number.POSITIVE_INFINITY, "inf"],
      [Number.NEGATIVE_INFINITY, "-inf"],
      [Number.NaN, "nan"]
    ] as const)
      assert.strictEqual(textOf(value), text)
  })

  it("bigints, booleans, text and bytes", () => {
    assert.strictEqual(textOf(12345678901234567890123n), "12345678901234567890123")
    assert.strictEqual(textOf(-1n), "-1")
    assert.strictEqual(textOf(true), "1")
    assert.strictEqual(textOf(false), "0")
    assert.strictEqual(textOf(""), "")
    assert.deepStrictEqual(Message.formatArgument("é\ud800"), Uint8Array.of(0xc3, 0xa9, 0xef, 0xbf, 0xbd))
    assert.deepStrictEqual(Message.formatArgument(Uint8Array.of(0, 0x5c, 255)), Uint8Array.of(0, 0x5c, 255))
  })
})
