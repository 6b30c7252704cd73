import { assert, describe, it } from "@effect/vitest"
import { Arg } from "katcp/Codec"
import { fault, reads, refuses, refusesToWrite, writes } from "./support.ts"

describe("Arg: discrete types", () => {
  it("Discrete accepts exactly its words (P-079, A-187)", () => {
    const mode = Arg.Discrete("stow", "track", "Track", "größer", "")
    reads(mode, [
      ["stow", "stow"],
      ["Track", "Track"],
      ["track", "track"],
      ["größer", "größer"],
      ["", ""]
    ])
    refuses(mode, ["STOW", "sto", "stows", " stow", "park", Uint8Array.of(0xff)])
    writes(mode, [["track", "track"]])
    refusesToWrite(mode, ["park", 5, undefined])
    assert.strictEqual(fault(Arg.Discrete("a", "b"), "c"), 'expected one of a, b, got "c"')
    assert.throws(() => Arg.Discrete("a", "b", "a"), TypeError)
    assert.throws(() => Reflect.apply(Arg.Discrete, undefined, []), TypeError)
  })

  it("finds each of many words with a common beginning, and shortens the list in errors (P-079)", () => {
    const words = Array.from({ length: 5000 }, (_, index) => `a-very-long-common-beginning-${index}`)
    const many = Arg.Discrete(...(words as [string, ...Array<string>]))
    for (const word of [words[0]!, words[2500]!, words[4999]!]) reads(many, [[word, word]])
    refuses(many, ["a-very-long-common-beginning-5000", "a-very-long-common-beginning-", "a".repeat(100_000)])
    assert.isBelow(fault(many, "x").length, 1000)
  })

  it("DiscreteAnyCase keeps the given text (A-187)", () => {
    const mode = Arg.DiscreteAnyCase("Stow", "track")
    reads(mode, [
      ["STOW", "STOW"],
      ["stow", "stow"],
      ["Track", "Track"]
    ])
    refuses(mode, ["park", "", Uint8Array.of(0xff)])
    writes(mode, [["sToW", "sToW"]])
    refusesToWrite(mode, ["park", 5])
    assert.deepStrictEqual(mode.parameters, ["Stow", "track"])
    assert.strictEqual(fault(mode, "x"), 'expected one of Stow, track (in any case), got "x"')
    assert.throws(() => Arg.DiscreteAnyCase("a", "A"), TypeError)
    assert.throws(() => Reflect.apply(Arg.DiscreteAnyCase, undefined, []), TypeError)
  })

  it("DiscreteMulti is a sorted list, with one word for all (A-188)", () => {
    const rings = Arg.DiscreteMulti(["outer", "Inner", "core"])
    reads(rings, [
      ["outer", ["outer"]],
      ["outer,core", ["core", "outer"]],
      [" outer , Inner ", ["Inner", "outer"]],
      ["all", ["core", "Inner", "outer"]]
    ])
    const all = Arg.DiscreteMulti(["a", "b"], { all: "every", separator: "|" })
    reads(all, [
      ["every", ["a", "b"]],
      ["b|a", ["a", "b"]]
    ])
    refuses(all, ["all", "a,b", "a|", ""])
    refuses(Arg.DiscreteMulti(["a"], { all: "" }), ["", "all"])
    refuses(rings, ["", "outer,", "OUTER", "outer;core", "all,outer", "none", Uint8Array.of(0xff)])
    assert.strictEqual(fault(rings, "core,x"), 'expected one of outer, Inner, core, got "x"')
    writes(rings, [
      [["outer", "core", "Inner"], "core,Inner,outer"],
      [["outer", "core"], "core,outer"]
    ])
    refusesToWrite(rings, [[], ["x"], "outer", undefined, [5]])
    for (const words of [[], ["a", "a"], ["all"], ["a,b"], [" a"], [""]])
      assert.throws(() => Reflect.apply(Arg.DiscreteMulti, undefined, [words]), TypeError)
    assert.throws(() => Arg.DiscreteMulti(["a"], { separator: "" }), TypeError)
  })

  it("Enum has names in lower case with - on the wire, or given ones (B-103)", () => {
    const State = { IDLE: 0, SLEW_FAST: 1, Track: 2 } as const
    const state = Arg.Enum(State)
    reads(state, [
      ["idle", 0],
      ["slew-fast", 1],
      ["track", 2]
    ])
    refuses(state, ["IDLE", "slew_fast", "0", ""])
    writes(state, [[1, "slew-fast"]])
    refusesToWrite(state, [3, "idle"])
    assert.deepStrictEqual(state.parameters, ["idle", "slew-fast", "track"])
    const named = Arg.Enum({ ON: true, OFF: false }, { ON: "lit" })
    reads(named, [
      ["lit", true],
      ["off", false]
    ])
    refuses(named, ["on"])
    // as TypeScript compiles `enum { A, B_C }`
    const compiled = { A: 0, B_C: 1, 0: "A", 1: "B_C" }
    assert.deepStrictEqual(Arg.Enum(compiled).parameters, ["a", "b-c"])
    assert.throws(() => Arg.Enum({}), TypeError)
    assert.throws(() => Arg.Enum({ A: 1, B: 1 }), TypeError)
    assert.throws(() => Arg.Enum({ A: 1, a: 2 }), TypeError)
  })

  it("Lru is nominal or error (P-076, A-189)", () => {
    reads(Arg.Lru, [
      ["nominal", "nominal"],
      ["error", "error"]
    ])
    refuses(Arg.Lru, ["", "Nominal", "0", "fail"])
    writes(Arg.Lru, [["error", "error"]])
    refusesToWrite(Arg.Lru, [0, "fail"])
    assert.strictEqual(Arg.Lru.sensorType, "lru")
    assert.deepStrictEqual(Arg.Lru.parameters, [])
  })
})
