import type * as Schema from "effect/Schema"
import { type Address, Arg, ArgumentList, type Dialect } from "katcp/Codec"
import { expectTypeOf } from "vitest"

declare const dialect: Dialect.Dialect
declare const bytes: Uint8Array

// types of values
expectTypeOf(Arg.Int).toEqualTypeOf<Arg.Arg<number | bigint>>()
expectTypeOf(Arg.BigInt).toEqualTypeOf<Arg.Arg<bigint>>()
expectTypeOf(Arg.Address).toEqualTypeOf<Arg.Arg<Address>>()
expectTypeOf(Arg.Lru).toEqualTypeOf<Arg.Arg<"nominal" | "error">>()
expectTypeOf(Arg.TimestampOrNow).toEqualTypeOf<Arg.Arg<number | "now">>()
expectTypeOf(Arg.Discrete("stow", "track")).toEqualTypeOf<Arg.Arg<"stow" | "track">>()
expectTypeOf(Arg.DiscreteAnyCase("stow")).toEqualTypeOf<Arg.Arg<string>>()
expectTypeOf(Arg.DiscreteMulti(["a", "b"])).toEqualTypeOf<Arg.Arg<ReadonlyArray<"a" | "b">>>()
expectTypeOf(Arg.Enum({ A: 1, B: "x" })).toEqualTypeOf<Arg.Arg<1 | "x">>()
expectTypeOf(Arg.between(Arg.Float, { minimum: 0 })).toEqualTypeOf<Arg.Arg<number>>()
expectTypeOf(Arg.union(Arg.SafeInt, Arg.Discrete("off"))).toEqualTypeOf<Arg.Arg<number | "off">>()
expectTypeOf(Arg.Struct({ a: "u8", p: "pad:2", b: "i64le", c: "bytes:4", d: "f32be" })).toEqualTypeOf<
  Arg.Arg<{ readonly a: number; readonly b: bigint; readonly c: Uint8Array; readonly d: number }>
>()
expectTypeOf(Arg.Float.decode(bytes, 0, 1, dialect)).toEqualTypeOf<number | Arg.Invalid>()
expectTypeOf(Arg.Float.schema(dialect)).toEqualTypeOf<Schema.Codec<number, Uint8Array>>()

// @ts-expect-error a discrete type needs a value
Arg.Discrete()
// @ts-expect-error words are text
Arg.Discrete("a", 5)
// @ts-expect-error no such way to pack
Arg.Struct({ a: "u7" })
// @ts-expect-error the byte order must be given
Arg.Struct({ a: "u16" })
// @ts-expect-error only numbers have bounds
Arg.between(Arg.Text, { minimum: "a" })
// @ts-expect-error a bound is of the type
Arg.between(Arg.BigInt, { minimum: 1 })
// @ts-expect-error a default is of the type
Arg.withDefault(Arg.Discrete("a", "b"), "c")
// @ts-expect-error such a name is not there
Arg.Enum({ A: 1 }, { B: "b" })
// @ts-expect-error a union has two members at least
Arg.union(Arg.Int)
// @ts-expect-error values are not text
Arg.Float.encode("1.5", dialect)

// argument lists
const list = ArgumentList.make({
  az: Arg.Float,
  mode: Arg.withDefault(Arg.Discrete("fast", "slow"), "fast"),
  name: Arg.optional(Arg.Text),
  kinds: Arg.rest(Arg.Int)
})
type Fields = (typeof list)["fields"]
expectTypeOf<ArgumentList.Decoded<Fields>>().toEqualTypeOf<{
  readonly az: number
  readonly mode: "fast" | "slow"
  readonly name?: string | undefined
  readonly kinds: ReadonlyArray<number | bigint>
}>()
expectTypeOf<ArgumentList.Input<Fields>>().toEqualTypeOf<{
  readonly az: number
  readonly mode?: "fast" | "slow" | undefined
  readonly name?: string | undefined
  readonly kinds: ReadonlyArray<number | bigint>
}>()
expectTypeOf<ArgumentList.Decoded<Fields>>().toExtend<ArgumentList.Input<Fields>>()

list.encode({ az: 1, kinds: [1, 2n] }, dialect)
// @ts-expect-error az must be there
list.encode({ kinds: [] }, dialect)
// @ts-expect-error the mode is one of two words
list.encode({ az: 1, mode: "medium", kinds: [] }, dialect)
// @ts-expect-error no such argument
list.encode({ az: 1, el: 2, kinds: [] }, dialect)
// @ts-expect-error the rest is a list
list.encode({ az: 1, kinds: 5 }, dialect)
// @ts-expect-error a field is a type, not text
ArgumentList.make({ az: "float" })
