import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Arg, Dialect } from "katcp/Codec"

const { between } = Arg

const table: ReadonlyArray<readonly [arg: Arg.Any, description: Arg.TypeDescription]> = [
  [Arg.Boolean, { kind: "boolean" }],
  [Arg.Text, { kind: "string" }],
  [Arg.Bytes, { kind: "bytes" }],
  [Arg.Lru, { kind: "lru" }],
  [Arg.Int, { kind: "integer" }],
  [Arg.SafeInt, { kind: "safe-integer" }],
  [Arg.BigInt, { kind: "big-integer" }],
  [Arg.Float, { kind: "float" }],
  [Arg.Timestamp, { kind: "timestamp" }],
  [Arg.StrictText, { kind: "strict-string" }],
  [Arg.StrictTimestamp, { kind: "strict-timestamp" }],
  [Arg.TimestampOrNow, { kind: "timestamp-or-now" }],
  [Arg.Address, { kind: "address" }],
  [Arg.GaussianInteger, { kind: "gaussian-integer" }],
  [Arg.Discrete("b", "a"), { kind: "discrete", options: ["b", "a"] }],
  [Arg.DiscreteAnyCase("b", "A"), { kind: "discrete-any-case", options: ["b", "A"] }],
  [Arg.DiscreteMulti(["b", "a"]), { kind: "discrete-list", options: ["b", "a"], all: "all", separator: "," }],
  [
    Arg.DiscreteMulti(["a"], { all: "", separator: ";" }),
    { kind: "discrete-list", options: ["a"], all: "", separator: ";" }
  ],
  [Arg.Pattern(/^a\/b$/), { kind: "pattern", source: "^a\\/b$" }],
  // where it begins to match is settled
  [Arg.Pattern(/a/giy), { kind: "pattern", source: "a", flags: "i" }],
  [
    Arg.Struct({ id: "u16be", gap: "pad:2" }),
    {
      kind: "struct",
      fields: [
        { name: "id", packed: "u16be" },
        { name: "gap", packed: "pad:2" }
      ]
    }
  ],
  [
    Arg.union(Arg.SafeInt, Arg.Discrete("off")),
    { kind: "union", members: [{ kind: "safe-integer" }, { kind: "discrete", options: ["off"] }] }
  ],
  [between(Arg.Float, { minimum: -0, maximum: 1e22 }), { kind: "float", minimum: 0, maximum: 1e22 }],
  [between(Arg.Float, { maximum: Number.POSITIVE_INFINITY }), { kind: "float", maximum: "inf" }],
  [between(Arg.Float, { minimum: Number.NEGATIVE_INFINITY }), { kind: "float", minimum: "-inf" }],
  [
    between(Arg.Int, { minimum: -5n, maximum: 2n ** 64n }),
    { kind: "integer", minimum: -5, maximum: "18446744073709551616" }
  ],
  [between(Arg.BigInt, { minimum: -(2n ** 64n) }), { kind: "big-integer", minimum: "-18446744073709551616" }],
  [
    between(between(Arg.SafeInt, { minimum: 0, maximum: 9 }), { minimum: 3, maximum: 20 }),
    { kind: "safe-integer", minimum: 3, maximum: 9 }
  ],
  [between(Arg.Timestamp, { minimum: 0 }), { kind: "timestamp", minimum: 0 }],
  [Arg.opaque("hex"), { kind: "opaque", name: "hex" }],
  [
    Arg.opaque("hex", { sensorType: "discrete", parameters: ["0a"], initial: Uint8Array.of(0x30, 0x61) }),
    { kind: "opaque", name: "hex", sensorType: "discrete", parameters: ["0a"], initial: "0a" }
  ],
  [Arg.opaque("raw", { initial: Uint8Array.of(0xff) }), { kind: "opaque", name: "raw", initial: { hex: "ff" } }]
]

const Hex = Arg.make<number>({
  name: "hex",
  sensorType: "integer",
  initial: 10,
  decode: (bytes, start, end) => Number.parseInt(new TextDecoder().decode(bytes.subarray(start, end)), 16),
  encode: (value) => value.toString(16)
})
const opaqueHex = { kind: "opaque", name: "hex", sensorType: "integer", initial: "a" } as const

describe("descriptions of types", () => {
  for (const [arg, description] of table)
    it(`${JSON.stringify(description)} can be described, made, and sent as JSON`, () => {
      assert.deepStrictEqual(arg.description, description)
      const again = Arg.fromDescription(
        Schema.decodeUnknownSync(Arg.TypeDescription)(JSON.parse(JSON.stringify(description)))
      )
      assert.deepStrictEqual(again.description, description)
      assert.deepStrictEqual(
        [again.name, again.sensorType, again.parameters],
        [arg.name, arg.sensorType, arg.parameters]
      )
      // the plain types are known by their identity
      if (Object.keys(description).length === 1) assert.strictEqual(again, arg)
    })

  it("an enum is described by its words on the wire (A-187)", () => {
    const Mode = Arg.Enum({ STOW: 0, SLEW_FAST: 1 })
    assert.deepStrictEqual(Mode.description, { kind: "discrete", options: ["stow", "slew-fast"] })
  })

  it("a custom type is described by its name, its sensor type, and its initial value (B-101)", () => {
    assert.deepStrictEqual(Hex.description, opaqueHex)
    const text = Arg.fromSchema("name", Schema.NonEmptyString, { initial: "x", parameters: ["y"] })
    assert.deepStrictEqual(text.description, {
      kind: "opaque",
      name: "name",
      sensorType: "string",
      parameters: ["y"],
      initial: "x"
    })
    // one that cannot write what it begins with says nothing of that
    assert.deepStrictEqual(
      Arg.make({ ...Arg.Text, name: "odd", description: undefined, initial: 5 as never }).description,
      { kind: "opaque", name: "odd", sensorType: "string" }
    )
  })

  it("a type made from a custom type is described in the same way", () => {
    assert.deepStrictEqual(between(Hex, { minimum: 16 }).description, { ...opaqueHex, initial: "10" })
    assert.deepStrictEqual(Arg.union(Hex, Arg.Discrete("off")).description, { ...opaqueHex, name: "hex or discrete" })
    assert.deepStrictEqual(between(Arg.union(Arg.SafeInt, Arg.Float), { minimum: 1 }).description.kind, "opaque")
  })

  it("a custom type can describe itself as another type", () => {
    const arg = Arg.make({ ...Arg.Text, name: "word", description: { kind: "pattern", source: "^\\w+$" } })
    assert.deepStrictEqual(arg.description, { kind: "pattern", source: "^\\w+$" })
  })

  it("an opaque type returns a copy of the bytes", () => {
    const arg = Arg.opaque("raw")
    const chunk = Uint8Array.of(1, 255, 0, 2)
    const value = arg.decode(chunk, 1, 3, Dialect.v5)
    chunk.fill(9)
    assert.deepStrictEqual(value, Uint8Array.of(255, 0))
    assert.deepStrictEqual(arg.encode(Uint8Array.of(7), Dialect.v5), Uint8Array.of(7))
    assert.instanceOf(arg.encode("text" as never, Dialect.v5), Arg.Invalid)
    assert.isTrue(arg.equals(Uint8Array.of(1), Uint8Array.of(1)) && !arg.equals(Uint8Array.of(1), Uint8Array.of(2)))
  })

  it("bounds that exclude all values are refused, even if they are combined", () => {
    assert.throws(() => between(between(Arg.Float, { minimum: 5 }), { maximum: 4 }), TypeError, /no value/)
    assert.throws(() => between(between(Arg.Int, { maximum: 2n ** 60n }), { minimum: 2n ** 61n }), TypeError)
  })
})

describe("invalid descriptions", () => {
  const refused: ReadonlyArray<readonly [Arg.TypeDescription, RegExp]> = [
    [{ kind: "discrete", options: [] }, /needs one/],
    [{ kind: "discrete", options: ["a", "a"] }, /twice/],
    [{ kind: "discrete-any-case", options: ["a", "A"] }, /case/],
    [{ kind: "discrete-list", options: ["a,b"], all: "", separator: "," }, /told apart/],
    [{ kind: "pattern", source: "(" }, /not a valid pattern/],
    [{ kind: "pattern", source: "a", flags: "q" }, /not a valid pattern/],
    [{ kind: "struct", fields: [] }, /needs a field/],
    [{ kind: "struct", fields: [{ name: "a", packed: "u9" }] }, /not a packing/],
    [
      {
        kind: "struct",
        fields: [
          { name: "a", packed: "u8" },
          { name: "a", packed: "u8" }
        ]
      },
      /same name/
    ],
    [{ kind: "union", members: [{ kind: "float" }] }, /two members/],
    [{ kind: "float", minimum: 1, maximum: 0 }, /no value/],
    [{ kind: "big-integer", minimum: 0.5 }, /not a bound/],
    [{ kind: "big-integer", maximum: "inf" }, /not a bound/],
    [{ kind: "opaque", name: "x", initial: { hex: "0" } }, /hexadecimal/]
  ]
  for (const [description, message] of refused)
    it(`${JSON.stringify(description)} is refused`, () =>
      assert.throws(() => Arg.fromDescription(description), TypeError, message))

  it("the Schema checks the form", () => {
    const decode = Schema.decodeUnknownSync(Arg.TypeDescription)
    for (const wrong of [
      { kind: "nothing" },
      { kind: "float", minimum: "5" },
      { kind: "float", minimum: Number.NaN },
      { kind: "discrete" },
      { kind: "union", members: [{ kind: "nothing" }] },
      { kind: "opaque", name: "x", sensorType: "complex" },
      { kind: "opaque", name: "x", initial: { hex: "0G" } }
    ])
      assert.throws(() => decode(wrong))
  })
})

describe("values in descriptions", () => {
  it("are text if they are UTF-8, otherwise the hexadecimal form of their bytes", () => {
    assert.strictEqual(Arg.toWireValue(Arg.Float, 1e-7), "1e-07")
    assert.strictEqual(Arg.toWireValue(Arg.Text, "é \ud800"), "é \ufffd")
    assert.strictEqual(Arg.toWireValue(Arg.Bytes, new TextEncoder().encode("é")), "é")
    assert.deepStrictEqual(Arg.toWireValue(Arg.Bytes, Uint8Array.of(0xff, 0)), { hex: "ff00" })
    assert.instanceOf(Arg.toWireValue(Arg.Float, "x" as never), Arg.Invalid)
  })

  it("read back as they were written", () => {
    assert.strictEqual(Arg.fromWireValue(Arg.Float, "1e-07"), 1e-7)
    assert.deepStrictEqual(Arg.fromWireValue(Arg.Bytes, { hex: "ff00" }), Uint8Array.of(0xff, 0))
    assert.instanceOf(Arg.fromWireValue(Arg.Bytes, { hex: "f" }), Arg.Invalid)
    assert.instanceOf(Arg.fromWireValue(Arg.Float, "x"), Arg.Invalid)
  })

  it("limits are numbers if JSON holds them exactly, otherwise text", () => {
    const limits: ReadonlyArray<readonly [number | bigint, Arg.Limit]> = [
      [0.1, 0.1],
      [2 ** 60, 2 ** 60],
      [5n, 5],
      [2n ** 53n, "9007199254740992"],
      [Number.POSITIVE_INFINITY, "inf"]
    ]
    for (const [value, limit] of limits) {
      assert.strictEqual(Arg.toLimit(value), limit)
      assert.strictEqual(`${Arg.fromLimit(limit)}`, `${value}`)
    }
    assert.isTrue(Object.is(Arg.toLimit(-0), 0))
  })
})
