/** The fault of a value, found without encoding where that is cheaper: held equal to `encode`. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { Arg, Dialect } from "katcp/Codec"

const any = Schema.Union([
  Schema.Number,
  Schema.Int,
  Schema.BigInt,
  Schema.Boolean,
  Schema.String,
  Schema.Undefined,
  Schema.Null
])
const types = [
  Arg.Float,
  Arg.Int,
  Arg.SafeInt,
  Arg.BigInt,
  Arg.Boolean,
  Arg.Text,
  Arg.Timestamp,
  Arg.between(Arg.Float, { minimum: 0 }),
  Arg.between(Arg.Int, { minimum: 0, maximum: 9 }),
  Arg.union(Arg.SafeInt, Arg.Discrete("off"))
] as ReadonlyArray<Arg.Any>
const edges = [Number.NaN, Infinity, -0, 2 ** 53, -(2 ** 53) + 1, 1e300, 10n ** 30n, {}, [1], "5"]

const check = (value: unknown) => {
  for (const type of types) {
    const encoded: unknown = type.encode(value, Dialect.v5)
    assert.strictEqual(Arg.faultOf(type, value)?.message, encoded instanceof Arg.Invalid ? encoded.message : undefined)
  }
}

describe("the error of an invalid value", () => {
  it.prop("is that of encoding it", { value: Arbitrary.schema(any) }, ({ value }) => check(value))

  it("is that of encoding, for values at the edges", () => {
    for (const value of edges) check(value)
  })

  it("uses the encode of a changed copy of a type", () => {
    const even: Arg.Arg<number> = {
      ...Arg.SafeInt,
      description: Arg.SafeInt.description,
      encode: (value) => (value % 2 === 0 ? `${value}` : new Arg.Invalid("odd"))
    }
    assert.strictEqual(Arg.faultOf(even, 3)?.message, "odd")
    assert.isUndefined(Arg.faultOf(even, 4))
  })
})
