import { assert, describe, it } from "@effect/vitest"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Message } from "katcp"

const { Protocol, flags } = Message
const parse = (text: string): Message.Protocol => Option.getOrThrow(Protocol.parse(text))

describe("Protocol", () => {
  it("flags are letters, each by its name (A-126)", () => {
    assert.deepStrictEqual(flags, { multiClient: "M", messageIds: "I", timeoutHints: "T", bulkSampling: "B" })
  })

  it("make accepts the flags of the version, in any order, and repeated ones once (A-125)", () => {
    const protocol = Protocol.make(5, 1, "MTIBM")
    assert.deepStrictEqual([protocol.major, protocol.minor, protocol.flags], [5, 1, ["B", "I", "M", "T"]])
    assert.deepStrictEqual(Protocol.make(4, 0).flags, [])
    assert.deepStrictEqual(Protocol.make(4, 0, ["M"]).flags, ["M"])
    assert.deepStrictEqual(Protocol.make(5, 0, new Set(["I", "M"])).flags, ["I", "M"])
    assert.deepStrictEqual(Protocol.make(6, 0, "ITB").flags, ["B", "I", "T"])
    assert.deepStrictEqual(Protocol.make(4, 0, "Z9").flags, ["9", "Z"])
  })

  it("make refuses a flag of a later version, and a malformed one (P-124, A-125)", () => {
    for (const [major, minor, letters, text] of [
      [4, 0, "I", "flag I needs protocol 5.0"],
      [4, 9, "MI", "flag I needs protocol 5.0"],
      [5, 0, "T", "flag T needs protocol 5.1"],
      [5, 0, "MIB", "flag B needs protocol 5.1"],
      [4, 0, "B", "flag B needs protocol 5.1"],
      [5, -1, "", "is not a protocol version"],
      [5.5, 0, "", "is not a protocol version"],
      [Number.NaN, 0, "", "is not a protocol version"],
      [5, 1, "M-", "is not a protocol flag"],
      [5, 1, "é", "is not a protocol flag"]
    ] as const)
      assert.throws(() => Protocol.make(major, minor, letters), RangeError, text)
    assert.throws(() => Protocol.make(5, 1, ["MI"]), RangeError, "is not a protocol flag")
  })

  it("booleans are derived from flags and version (P-124, A-127)", () => {
    const said = (text: string) => {
      const { bulkSampling, messageIds, multiClient, timeoutHints } = parse(text)
      return { multiClient, messageIds, timeoutHints, bulkSampling }
    }
    const none = { multiClient: false, messageIds: false, timeoutHints: false, bulkSampling: false }
    assert.deepStrictEqual(said("5.1"), none)
    assert.deepStrictEqual(said("5.1-M"), { ...none, multiClient: true })
    assert.deepStrictEqual(said("5.0-MI"), { ...none, multiClient: true, messageIds: true })
    assert.deepStrictEqual(said("5.1-MTIB"), {
      multiClient: true,
      messageIds: true,
      timeoutHints: true,
      bulkSampling: true
    })
    // said by a peer, without effect
    assert.deepStrictEqual(said("5.0-MITB"), { ...none, multiClient: true, messageIds: true })
    assert.deepStrictEqual(said("4.0-MI"), { ...none, multiClient: true })
  })

  it("supports accepts any letter (A-128)", () => {
    const protocol = parse("5.0-MIBZ")
    assert.deepStrictEqual(
      ["M", "I", "B", "Z", "T", "m", ""].map((letter) => protocol.supports(letter)),
      [true, true, false, true, false, false, false]
    )
    assert.isFalse(parse("4.0-I").supports("I"))
  })

  it("parse reads version and flags; None for anything else (P-123, A-130)", () => {
    for (const [text, back] of [
      ["5.1", "5.1"],
      ["4.0", "4.0"],
      ["5.1-", "5.1"],
      ["5.1-MTIB", "5.1-BIMT"],
      ["5.0-MM", "5.0-M"],
      ["05.01", "5.1"],
      ["10.20-x9", "10.20-9x"]
    ] as const)
      assert.strictEqual(parse(text).toString(), back)
    for (const text of [
      "",
      "5",
      "5.",
      ".1",
      "5.1.0",
      "5.1 ",
      " 5.1",
      "5.1-M I",
      "5.1-M-I",
      "5,1",
      "v5.1",
      "-5.1",
      "5.1-é",
      "5.1\n",
      "1e1.0",
      "1234567890.0"
    ])
      assert.isTrue(Option.isNone(Protocol.parse(text)), text)
  })

  it("the text has sorted flags, and a hyphen only with flags (A-131)", () => {
    assert.strictEqual(Protocol.make(5, 1, "MTIB").toString(), "5.1-BIMT")
    assert.strictEqual(`${Protocol.make(5, 0)}`, "5.0")
  })

  it("is equal if version and flags are (A-131)", () => {
    const one = Protocol.make(5, 1, "MI")
    assert.isTrue(Equal.equals(one, parse("5.1-IM")))
    assert.strictEqual(Hash.hash(one), Hash.hash(parse("5.1-IM")))
    for (const other of ["5.1", "5.1-M", "5.1-MIB", "5.0-MI"]) assert.isFalse(Equal.equals(one, parse(other)), other)
    assert.isFalse(Equal.equals(one, "5.1-IM"))
  })

  it.prop(
    "reads the text that it writes (A-130, A-131)",
    { major: Schema.Int, minor: Schema.Int, letters: Schema.Array(Schema.Literals(["M", "I", "T", "B", "x", "9"])) },
    ({ letters, major, minor }) => {
      const protocol = Protocol.parse(`${Math.abs(major)}.${Math.abs(minor)}-${letters.join("")}`)
      if (Option.isNone(protocol)) return Math.abs(major) > 999999999 || Math.abs(minor) > 999999999
      return Equal.equals(Protocol.parse(protocol.value.toString()), protocol)
    },
    { arbitrary: { size: 1000, runs: 200 } }
  )
})
