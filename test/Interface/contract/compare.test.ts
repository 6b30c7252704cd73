import { assert, describe, it } from "@effect/vitest"
import { Arg, Interface, Request, type Sensor } from "katcp"
import type { ArgumentList } from "katcp/Codec"

const of = (...items: ReadonlyArray<Request.Any | Sensor.Any>) =>
  Interface.describe(Interface.make("dish", { version: "dish-1" }).add(...items))

/** The changes between two contracts of one item each, without subject and reasons. */
const changes = (before: Request.Any | Sensor.Any, after: Request.Any | Sensor.Any) =>
  Interface.compare(of(before), of(after)).map(({ impact, kind }) => `${impact} ${kind}`)

type Fields = ArgumentList.Fields
const withArgs = (args: Fields) => Request.make("point", { doc: "Point.", args })
const withReply = (reply: Fields) => Request.make("point", { doc: "Point.", reply })
const withInforms = (informs: Fields) => Request.make("point", { doc: "Point.", informs })

const { Float, Int, optional, rest, Text, withDefault } = Arg

describe("compare: what clients send", () => {
  const table: ReadonlyArray<readonly [title: string, before: Fields, after: Fields, expected: ReadonlyArray<string>]> =
    [
      ["a new argument that must be there", { a: Float }, { a: Float, b: Float }, ["breaking added"]],
      ["a new argument that need not", { a: Float }, { a: Float, b: optional(Float) }, ["compatible added"]],
      ["a new rest", { a: Float }, { a: Float, b: rest(Float) }, ["compatible added"]],
      ["an argument less", { a: Float, b: optional(Float) }, { a: Float }, ["breaking removed"]],
      ["a rest less", { a: Float, b: rest(Float) }, { a: Float }, ["breaking removed"]],
      ["an argument that a rest takes", { a: Float, b: Float }, { a: Float, b: rest(Float) }, ["compatible presence"]],
      [
        "a rest that becomes one",
        { b: rest(Float) },
        { b: optional(Float) },
        ["compatible presence", "breaking removed"]
      ],
      [
        "a rest that becomes two",
        { b: rest(Float) },
        { b: optional(Float), c: rest(Int) },
        ["compatible presence", "breaking type"]
      ],
      ["one that must be there now", { a: optional(Float) }, { a: Float }, ["breaking presence"]],
      [
        "a rest with one required value now",
        { a: rest(Float) },
        { a: Float },
        ["breaking presence", "breaking removed"]
      ],
      ["one that need not be there now", { a: Float }, { a: optional(Float) }, ["compatible presence"]],
      ["another default", { a: withDefault(Float, 0) }, { a: withDefault(Float, 1) }, ["compatible default"]],
      ["no default any more", { a: withDefault(Float, 0) }, { a: optional(Float) }, ["compatible default"]],
      ["another name", { a: Float }, { b: Float }, ["compatible renamed"]],
      [
        "two that have changed places",
        { a: Float, b: Float },
        { b: Float, a: Float },
        ["breaking moved", "breaking moved"]
      ],
      ["one before the others", { a: Float }, { b: Float, a: Float }, ["breaking moved", "breaking added"]],
      ["the first of two less", { a: Float, b: Float }, { b: Float }, ["breaking moved", "breaking removed"]],
      ["a wider type", { a: Int }, { a: Float }, ["compatible type"]],
      ["a narrower type", { a: Float }, { a: Int }, ["breaking type"]]
    ]
  for (const [title, before, after, expected] of table)
    it(title, () => assert.deepStrictEqual(changes(withArgs(before), withArgs(after)), expected))
})

describe("compare: what clients read", () => {
  const table: ReadonlyArray<readonly [title: string, before: Fields, after: Fields, expected: ReadonlyArray<string>]> =
    [
      ["more than clients expect", { a: Float }, { a: Float, b: Float }, ["breaking added"]],
      ["more that may be there", { a: Float }, { a: Float, b: optional(Float) }, ["breaking added"]],
      ["more where a rest takes it", { b: rest(Float) }, { b: Float, c: rest(Float) }, ["compatible presence"]],
      ["less than clients expect", { a: Float, b: Float }, { a: Float }, ["breaking removed"]],
      ["less of what need not be there", { a: Float, b: optional(Float) }, { a: Float }, ["compatible removed"]],
      ["what need not be there now", { a: Float }, { a: optional(Float) }, ["breaking presence"]],
      ["what must be there now", { a: optional(Float) }, { a: Float }, ["compatible presence"]],
      ["a rest in place of one", { a: optional(Float) }, { a: rest(Float) }, ["compatible presence", "breaking added"]],
      ["a wider type", { a: Int }, { a: Float }, ["breaking type"]],
      ["a narrower type", { a: Float }, { a: Int }, ["compatible type"]],
      ["other places", { a: Float, b: Float }, { b: Float, a: Float }, ["breaking moved", "breaking moved"]]
    ]
  for (const [title, before, after, expected] of table) {
    it(`${title}, in the reply`, () => assert.deepStrictEqual(changes(withReply(before), withReply(after)), expected))
    it(`${title}, in informs`, () => assert.deepStrictEqual(changes(withInforms(before), withInforms(after)), expected))
  }

  it("names the place", () => {
    const found = Interface.compare(of(withReply({ a: Float })), of(withReply({ a: Float, b: Text })))
    assert.deepStrictEqual(found, [
      {
        impact: "breaking",
        subject: { _tag: "Argument", request: "point", list: "reply", argument: "b" },
        kind: "added",
        before: undefined,
        after: "string",
        reason: "clients refuse an answer with more arguments"
      }
    ])
  })
})

describe("compare: types", () => {
  const { Address, between, BigInt, Boolean, Bytes, Discrete, DiscreteAnyCase, DiscreteMulti, Lru, SafeInt, union } =
    Arg
  const { Pattern, StrictText, StrictTimestamp, Struct, Timestamp, TimestampOrNow } = Arg
  const own = (name: string) => Arg.make({ ...Text, name, description: undefined })
  const wider: ReadonlyArray<readonly [narrow: Arg.Any, wide: Arg.Any]> = [
    [Int, BigInt],
    [BigInt, Int],
    [SafeInt, Int],
    [SafeInt, Float],
    [between(SafeInt, { minimum: 0, maximum: 9 }), between(Int, { minimum: 0 })],
    [between(Int, { minimum: 0, maximum: 9 }), SafeInt],
    [between(Float, { minimum: 0, maximum: 9 }), between(Float, { minimum: -1, maximum: 9 })],
    [between(Float, { minimum: 0 }), Float],
    [StrictTimestamp, Timestamp],
    [between(Timestamp, { minimum: 0 }), StrictTimestamp],
    [Timestamp, TimestampOrNow],
    [Boolean, Int],
    [Boolean, Discrete("0", "1", "2")],
    [Lru, Discrete("error", "nominal", "off")],
    [Discrete("a", "b"), Discrete("c", "b", "a")],
    [Discrete("a", "B"), DiscreteAnyCase("A", "b")],
    [DiscreteAnyCase("a", "b"), DiscreteAnyCase("A", "c", "B")],
    [DiscreteMulti(["a", "b"]), DiscreteMulti(["a", "b", "c"])],
    [Discrete("a"), union(SafeInt, Discrete("a", "b"))],
    [SafeInt, union(Int, Discrete("a", "b"))],
    [union(SafeInt, Discrete("a")), union(Int, Discrete("a", "b"))],
    [Address, Text],
    [Pattern(/a/), Text],
    [Text, Bytes],
    [Bytes, Text],
    [Struct({ a: "u8" }), Text],
    [own("a"), Text],
    [StrictText, Text],
    [SafeInt, StrictText],
    [Discrete("é"), StrictText],
    [own("a"), Bytes],
    [Struct({ a: "u8" }), Bytes],
    [Struct({ a: "u8" }), Struct({ b: "u8" })]
  ]
  for (const [narrow, wide] of wider)
    it(`${JSON.stringify(narrow.description)} is read by ${JSON.stringify(wide.description)}`, () => {
      assert.deepStrictEqual(changes(withArgs({ a: narrow }), withArgs({ a: wide })), ["compatible type"])
      assert.deepStrictEqual(changes(withReply({ a: wide }), withReply({ a: narrow })), ["compatible type"])
    })

  const apart: ReadonlyArray<readonly [sent: Arg.Any, read: Arg.Any]> = [
    [Int, SafeInt],
    [Int, Boolean],
    [Int, Timestamp],
    [Timestamp, Float],
    [Timestamp, StrictTimestamp],
    [TimestampOrNow, Timestamp],
    [Float, between(Float, { minimum: Number.NEGATIVE_INFINITY })],
    [between(Int, { minimum: 0 }), between(Int, { minimum: 1 })],
    [between(Int, { maximum: 2n ** 60n }), between(Int, { maximum: 2n ** 60n - 1n })],
    [Discrete("a", "b"), Discrete("a")],
    [DiscreteAnyCase("a"), Discrete("a")],
    [DiscreteMulti(["a", "b"]), DiscreteMulti(["a"])],
    [DiscreteMulti(["a", "b"]), DiscreteMulti(["a", "b"], { separator: ";" })],
    [DiscreteMulti(["a", "b"]), DiscreteMulti(["a", "b"], { all: "" })],
    [Discrete("1"), union(SafeInt, Discrete("1", "b"))],
    [SafeInt, union(Int, Float)],
    [SafeInt, union(Int, Discrete("1", "b"))],
    [union(SafeInt, Discrete("a")), SafeInt],
    [Pattern(/a/), Pattern(/b/)],
    [Text, Pattern(/a/)],
    [Text, StrictText],
    [Bytes, StrictText],
    [Struct({ a: "u8" }), StrictText],
    [Struct({ a: "u8" }), Struct({ a: "i8" })],
    [own("a"), own("b")],
    [own("a"), StrictText],
    [Boolean, own("a")]
  ]
  for (const [sent, read] of apart)
    it(`${JSON.stringify(sent.description)} is not always read by ${JSON.stringify(read.description)}`, () => {
      assert.deepStrictEqual(changes(withArgs({ a: sent }), withArgs({ a: read })), ["breaking type"])
      assert.deepStrictEqual(changes(withReply({ a: read }), withReply({ a: sent })), ["breaking type"])
    })
})
