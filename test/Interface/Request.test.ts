import { assert, describe, it } from "@effect/vitest"
import { Arg, Message, Request } from "katcp"

describe("Request.make", () => {
  it("describes a request (A-199, A-209)", () => {
    const track = Request.make("track", {
      doc: "Point.",
      args: { az: Arg.Float },
      reply: { eta: Arg.Float },
      informs: { at: Arg.Timestamp },
      timeoutHint: "1500 millis",
      concurrency: "serial",
      requires: Message.Protocol.make(5, 1)
    })
    assert.strictEqual(track.name, "track")
    assert.strictEqual(track.timeoutHint, 1.5)
    assert.strictEqual(track.concurrency, "serial")
    assert.strictEqual(`${track.requires}`, "5.1")
    assert.deepStrictEqual([track.args.minimum, track.reply.maximum, track.informs.usage], [1, 1, "at"])
  })

  it("has nothing by default", () => {
    const stow = Request.make("stow", { doc: "Stow." })
    assert.deepStrictEqual([stow.args.maximum, stow.reply.maximum, stow.informs.maximum], [0, 0, 0])
    assert.isUndefined(stow.timeoutHint)
    assert.isUndefined(stow.concurrency)
    assert.isUndefined(stow.requires)
  })

  it("refuses names that the grammar forbids (P-021, P-033)", () => {
    for (const name of ["", "1st", "-a", "a_b", "a b", "ä", "a.b", "a\n"]) {
      assert.throws(() => Request.make(name, { doc: "" }), TypeError, /request name/)
      assert.throws(() => Request.raw(name, { doc: "" }), TypeError, /request name/)
    }
    assert.strictEqual(Request.make("aZ-09", { doc: "" }).name, "aZ-09")
  })

  it("refuses ambiguous lists of arguments", () => {
    assert.throws(() => Request.make("x", { doc: "", args: { a: Arg.optional(Arg.Int), b: Arg.Int } }), TypeError)
    assert.throws(() => Request.make("x", { doc: "", args: { a: Arg.rest(Arg.Int), b: Arg.Int } }), TypeError)
    assert.throws(() => Request.make("x", { doc: "", reply: { 1: Arg.Int } }), TypeError)
  })
})

describe("the ?help of a request (P-104, B-129)", () => {
  const track = Request.make("track", {
    doc: "Point at a place.\nMore of it.",
    args: { az: Arg.Float, el: Arg.optional(Arg.Float), flags: Arg.rest(Arg.Text) }
  })
  const raw = Request.raw("raw", { doc: "Raw." })

  it("has its usage", () => {
    assert.strictEqual(Request.usage(track), "?track az [el] [flags ...]")
    assert.strictEqual(Request.usage(Request.make("stow", { doc: "" })), "?stow")
    assert.strictEqual(Request.usage(raw), "?raw [argument ...]")
    assert.strictEqual(Request.usage(Request.raw("own", { doc: "", usage: "?own a|b" })), "?own a|b")
  })

  it("has its description, the first line or all", () => {
    assert.strictEqual(Request.help(track, "short"), "Point at a place. Usage: ?track az [el] [flags ...]")
    assert.strictEqual(Request.help(track, "long"), "Point at a place.\nMore of it.\nUsage: ?track az [el] [flags ...]")
  })
})
