import { assert, describe, it } from "@effect/vitest"
import { Arg, Dialect } from "katcp/Codec"
import { bytesOf, fault, read, reads, refuses, refusesToWrite, write, writes } from "./support.ts"

describe("Arg: booleans, text and bytes", () => {
  it("Boolean is exactly 1 or 0 (P-075, A-185)", () => {
    reads(Arg.Boolean, [
      ["1", true],
      ["0", false]
    ])
    refuses(Arg.Boolean, ["", "2", "true", "false", "01", "10", "+1", " 1", "on", "１"])
    writes(Arg.Boolean, [
      [true, "1"],
      [false, "0"]
    ])
    refusesToWrite(Arg.Boolean, [1, 0, "1", undefined])
    assert.strictEqual(fault(Arg.Boolean, "true"), 'expected 0 or 1, got "true"')
  })

  it("Text has any bytes: those that are not UTF-8 become U+DC80 to U+DCFF and are written back (P-081, A-186, B-110)", () => {
    reads(Arg.Text, [
      ["", ""],
      ["abc", "abc"],
      ["with blanks\tand\0all", "with blanks\tand\0all"],
      ["Grüße 望遠鏡 🔭", "Grüße 望遠鏡 🔭"],
      ["\uFEFFbom", "\uFEFFbom"]
    ])
    for (const [bytes, text] of [
      [[0xff, 0xfe, 0x80], "\udcff\udcfe\udc80"],
      [[0x41, 0xc3], "A\udcc3"],
      [[0xc0, 0x80], "\udcc0\udc80"],
      // a surrogate, an overlong form and what is above U+10FFFF are not UTF-8
      [[0xed, 0xb2, 0x80], "\udced\udcb2\udc80"],
      [[0xf0, 0x8f, 0xbf, 0xbf], "\udcf0\udc8f\udcbf\udcbf"],
      [[0xf4, 0x90, 0x80, 0x80], "\udcf4\udc90\udc80\udc80"],
      [[0xe2, 0x82, 0x61], "\udce2\udc82a"],
      [[0xf0, 0x9f, 0x92, 0x80, 0x80], "💀\udc80"],
      [[0xef, 0xbf, 0xbd], "\ufffd"]
    ] as const) {
      assert.strictEqual(read(Arg.Text, Uint8Array.from(bytes)), text)
      assert.deepStrictEqual(write(Arg.Text, text), Uint8Array.from(bytes))
    }
    writes(Arg.Text, [["Grüße", "Grüße"]])
    // lone surrogates that stand for no byte
    assert.deepStrictEqual(write(Arg.Text, "a\ud83db\udc7f\udd00"), bytesOf("a\ufffdb\ufffd\ufffd"))
    refusesToWrite(Arg.Text, [5, undefined, null, true, new Uint8Array(1)])
  })

  it("StrictText accepts only UTF-8, in both directions (P-081, B-110)", () => {
    reads(Arg.StrictText, [
      ["", ""],
      ["Grüße 望遠鏡 🔭", "Grüße 望遠鏡 🔭"],
      ["\ufffd", "\ufffd"]
    ])
    for (const bytes of [[0xff, 0xfe], [0x41, 0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x80]])
      refuses(Arg.StrictText, [Uint8Array.from(bytes)])
    assert.strictEqual(fault(Arg.StrictText, Uint8Array.of(0xff)), "expected UTF-8 text")
    writes(Arg.StrictText, [["Grüße", "Grüße"]])
    refusesToWrite(Arg.StrictText, ["\udcff", "\ud83d", 5, undefined, new Uint8Array(1)])
  })

  it("Bytes are any bytes, copied out of the chunk (P-070, P-081, B-110)", () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index)
    assert.deepStrictEqual(read(Arg.Bytes, all), all)
    assert.deepStrictEqual(write(Arg.Bytes, all), all)
    assert.deepStrictEqual(read(Arg.Bytes, ""), new Uint8Array(0))
    const chunk = bytesOf("abcdef")
    const value = Arg.Bytes.decode(chunk, 2, 4, Dialect.v5)
    chunk.fill(0)
    assert.deepStrictEqual(value, bytesOf("cd"))
    if (!(value instanceof Arg.Invalid)) assert.strictEqual(value.buffer.byteLength, 2)
    refusesToWrite(Arg.Bytes, ["text", 5, [1, 2], undefined])
  })

  it("Pattern matches from the beginning, and errors show it (A-195)", () => {
    const name = Arg.Pattern(/[a-c]+/i)
    reads(name, [
      ["abc", "abc"],
      ["Ab and more", "Ab and more"]
    ])
    refuses(name, ["xabc", "", "\nabc", Uint8Array.of(0xff, 0x61)])
    assert.strictEqual(read(name, Uint8Array.of(0x61, 0xff)), "a\udcff")
    assert.strictEqual(fault(name, "xabc"), 'expected text like /[a-c]+/i, got "xabc"')
    reads(Arg.Pattern(/a|b$/), [
      ["a1", "a1"],
      ["b", "b"]
    ])
    refuses(Arg.Pattern(/a|b$/), ["b1"])
    refuses(Arg.Pattern(/^a/m), ["x\na"])
    writes(name, [["cab", "cab"]])
    refusesToWrite(name, ["xyz", 5])
    // expressions with a memory give the same answer each time
    const sticky = Arg.Pattern(/ab/gy)
    reads(sticky, [
      ["ab", "ab"],
      ["ab", "ab"]
    ])
  })
})
