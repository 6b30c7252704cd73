import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { Message } from "katcp"
import { LineParser, type LineParserOptions } from "katcp/Codec"
import { chunkSizes, cut, textOf, wire } from "./support.ts"

/** Lines as text, errors as the limit, pushed chunk by chunk; and the same when all chunks are fed first. */
const linesOf = (chunks: ReadonlyArray<Uint8Array>, options?: LineParserOptions): ReadonlyArray<string | number> => {
  const told = (found: Uint8Array | Message.TooLong) => (found instanceof Message.TooLong ? found.limit : textOf(found))
  const pushed = new LineParser(options)
  const lines = chunks.flatMap((chunk) => pushed.push(chunk)).map(told)
  const fed = new LineParser(options)
  for (const chunk of chunks) fed.feed(chunk)
  const taken: Array<string | number> = []
  for (let next = fed.next(); next !== undefined; next = fed.next()) taken.push(told(next))
  assert.deepStrictEqual(taken, lines)
  assert.strictEqual(fed.pending, pushed.pending)
  return lines
}

describe("LineParser (A-476)", () => {
  it("LF, CR and CRLF each end a line, wherever the bytes are cut", () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      const bytes = wire(`random?${end}\0\xff \t${end}x${end}`)
      for (let one = 0; one <= bytes.length; one++)
        for (const two of [one, one + 1, bytes.length]) {
          const chunks = [bytes.slice(0, one), bytes.slice(one, two), bytes.slice(two)]
          assert.deepStrictEqual(linesOf(chunks), ["random?", "\0\xff \t", "x"])
          assert.deepStrictEqual(linesOf(chunks, { empty: true }), ["random?", "\0\xff \t", "x"])
        }
    }
  })

  it("empty lines are reported only if configured", () => {
    const bytes = wire("\r\n\na\n\r\n\r\rb\n\n")
    for (let at = 0; at <= bytes.length; at++) {
      const chunks = [bytes.slice(0, at), bytes.slice(at)]
      assert.deepStrictEqual(linesOf(chunks), ["a", "b"])
      assert.deepStrictEqual(linesOf(chunks, { empty: true }), ["", "", "a", "", "", "", "b", ""])
    }
  })

  it("an over-long line gives one error, and the lines around it are read", () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      const bytes = wire(`a${end}1234567${end}12345678901234567${end}b${end}${end}`)
      for (let one = 0; one <= bytes.length; one++)
        for (const two of [one, one + 1, one + 9, bytes.length]) {
          const chunks = [bytes.slice(0, one), bytes.slice(one, two), bytes.slice(two)]
          assert.deepStrictEqual(linesOf(chunks, { maxLine: 7 }), ["a", "1234567", 7, "b"])
          assert.deepStrictEqual(linesOf(chunks, { maxLine: 7, empty: true }), ["a", "1234567", 7, "b", ""])
        }
    }
  })

  it("no more than the limit is kept in memory", () => {
    const parser = new LineParser({ maxLine: 100_000 })
    const chunk = new Uint8Array(4096).fill(0x78)
    let errors = 0
    for (let sent = 0; sent < 3_000_000; sent += chunk.length) {
      errors += parser.push(chunk).length
      assert.isAtMost(parser.pending, 100_000)
    }
    assert.strictEqual(errors, 1)
    assert.deepStrictEqual(
      parser.push(wire("\nnext\nrest")).map((line) => line instanceof Uint8Array && textOf(line)),
      ["next"]
    )
    assert.strictEqual(parser.pending, 4)
  })

  it.prop(
    "any chunking gives the same lines",
    { lines: Arbitrary.array(Arbitrary.schema(Schema.String)), sizes: chunkSizes },
    ({ lines, sizes }) => {
      const clean = lines.map((line) => line.replace(/[\r\n]/g, "").replace(/[^\0-\xff]/g, "?"))
      const bytes = wire(clean.map((line, index) => line + ["\n", "\r\n"][index % 2]).join(""))
      assert.deepStrictEqual(linesOf(cut(bytes, sizes), { empty: true }), clean)
      assert.deepStrictEqual(
        linesOf(cut(bytes, sizes)),
        clean.filter((line) => line !== "")
      )
    },
    { arbitrary: { size: 15, runs: 150 } }
  )
})
