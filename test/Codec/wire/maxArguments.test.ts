import { assert, describe, it } from "@effect/vitest"
import { KatcpSyntaxError, Message } from "katcp"
import { Parser } from "katcp/Codec"
import { parse, plain, wire } from "./support.ts"

const errorOf = (found: unknown): KatcpSyntaxError =>
  found instanceof KatcpSyntaxError ? found : assert.fail(`no error: ${found}`)

describe("maxArguments (P-408)", () => {
  it("a line at the limit is a message; one more argument is an error with kind, name and id", () => {
    for (const [line, head] of [
      ["?echo[12] a b c", { kind: "request", name: "echo", id: 12 }],
      ["!echo a b c", { kind: "reply", name: "echo", id: undefined }],
      ["#log\ta  b \\@  c  d\\_e ", { kind: "inform", name: "log", id: undefined }]
    ] as const) {
      const bytes = wire(`${line}\n?next x\n`)
      for (let at = 1; at < bytes.length; at++) {
        const [found, next, ...more] = parse([bytes.slice(0, at), bytes.slice(at)], { maxArguments: 2 })
        const error = errorOf(found)
        assert.strictEqual(error.reason, "More than 2 arguments")
        assert.deepStrictEqual(error.head, head)
        assert.deepStrictEqual(error.raw, wire(line))
        assert.isTrue(Message.isMessage(next) && next.name === "next")
        assert.lengthOf(more, 0)
      }
      const [sound] = parse([bytes], { maxArguments: 5 })
      assert.isTrue(Message.isMessage(sound))
    }
  })

  it("the position is that of the first surplus argument", () => {
    const [found] = parse([wire("?a b cc  ddd\n")], { maxArguments: 2 })
    assert.strictEqual(errorOf(found).position, 10)
  })

  it("the default is 65536", () => {
    const line = (count: number) => wire(`?echo[1]${" x".repeat(count)}\n`)
    const [most] = new Parser().push(line(65_536))
    assert.isTrue(Message.isMessage(most) && most.length === 65_536)
    const error = errorOf(new Parser().push(line(65_537))[0])
    assert.deepStrictEqual(error.head, { kind: "request", name: "echo", id: 1 })
    assert.lengthOf(error.raw, 1024)
  })

  it("a line that is also too long is reported as too long", () => {
    const [found] = new Parser({ maxArguments: 2, maxLine: 8 }).push(wire("?a b c d e f g h\n"))
    assert.deepStrictEqual(plain(errorOf(found)).reason, "Line of more than 8 bytes")
  })

  it("many messages of one large chunk keep their arguments apart", () => {
    const text = Array.from({ length: 3000 }, (_, n) => `?echo[${n + 1}] ${"x ".repeat(n % 40)}${n}\n`).join("")
    const kept = new Parser().push(wire(text)).map((found) => (Message.isMessage(found) ? found : assert.fail("error")))
    for (const [n, message] of kept.entries()) {
      assert.strictEqual(message.length, (n % 40) + 1)
      assert.strictEqual(message.text(n % 40), `${n}`)
    }
  })

  it("reports the number of bytes it holds", () => {
    const parser = new Parser()
    parser.feed(wire("?a b\n?c"))
    parser.feed(wire(" d\n?e f\n?g"))
    assert.strictEqual(parser.held, 17)
    while (parser.next() !== undefined) {}
    assert.strictEqual(parser.held, 2)
  })
})
