import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import { Message } from "katcp"
import { Encoder, encode, ParsedMessage, Parser } from "katcp/Codec"
import { assertSame, byteStrings, chunkSizes, cut, joined, messages, parse, plain, wire } from "./support.ts"

const ends = ["\n", "\r", "\r\n"].map(wire)

describe("any messages, any chunks", () => {
  it.prop(
    "any chunking of any message list parses to the same list (P-001, P-025, P-031)",
    { list: Arbitrary.array(messages, { maxLength: 8 }), sizes: chunkSizes },
    ({ list, sizes }) => {
      const encoder = new Encoder()
      for (const message of list) encoder.message(message)
      assertSame(parse(cut(joined(encoder.take()), sizes)), list)
    },
    { arbitrary: { size: 30, runs: 150 } }
  )

  it.prop(
    "with any end of line (P-022)",
    { list: Arbitrary.array(messages, { maxLength: 8 }), sizes: chunkSizes },
    ({ list, sizes }) => {
      const pieces = list.flatMap((message, index) => [encode(message).slice(0, -1), ends[index % 3]!])
      assertSame(parse(cut(joined(pieces), sizes)), list)
    },
    { arbitrary: { size: 20, runs: 100 } }
  )

  it.prop(
    "decode(encode(x)) = x for all byte strings (P-016, P-025, P-026, P-027, A-111)",
    { argument: byteStrings },
    ({ argument }) => {
      for (const copies of [1, 2, 40]) {
        const message = Message.inform("x", Array<Uint8Array>(copies).fill(argument))
        const line = encode(message)
        const [back, ...others] = parse([line])
        assert.deepStrictEqual(others, [])
        if (!Message.isMessage(back)) return assert.fail(String(back))
        assert.deepStrictEqual(back.arguments, message.arguments)
        assert.isTrue(Equal.equals(back, message))
        assert.strictEqual(Hash.hash(back), Hash.hash(message))
        for (let index = 0; index < copies; index++) {
          const text = message.text(index)!
          assert.strictEqual(back.text(index), text)
          for (const other of [text, `${text}x`, text.slice(1), text.slice(0, -1), `x${text.slice(1)}`])
            assert.strictEqual(back.is(index, other), other === text)
        }
        // and what was read is written as it was
        assert.deepStrictEqual(encode(back), line)
      }
    },
    { arbitrary: { size: 200, runs: 300 } }
  )
})

// bytes that often make sense at their position
const shards = [
  "?",
  "!",
  "#",
  "abc",
  "[12]",
  "[",
  "]",
  " ",
  "\t",
  "\\_",
  "\\@",
  "\\",
  "\n",
  "\r",
  "\r\n",
  "\0",
  "\xff",
  "x".repeat(30)
].map(wire)
const rubbish = Arbitrary.map(Arbitrary.array(byteStrings), (strings) =>
  joined(
    strings.flatMap((string) => [string.subarray(0, 3), ...Array.from(string, (byte) => shards[byte % shards.length]!)])
  )
)

describe("any bytes", () => {
  it.prop(
    "give messages and errors that do not depend on the chunks; then reading continues (P-016, P-031, P-032)",
    { bytes: rubbish, sizes: chunkSizes },
    ({ bytes, sizes }) => {
      const end = wire("\n?next 1\n")
      const found = parse([...cut(bytes, sizes), end], { maxLine: 60 })
      assert.strictEqual(found.at(-1)?.toString(), "?next 1")
      // for over-long lines the chunks decide how much is reported
      const told = (list: typeof found) =>
        list.map((one) => (Message.isMessage(one) || one.position < 61 ? plain(one) : one.reason))
      assert.deepStrictEqual(told(parse([joined([bytes, end])], { maxLine: 60 })), told(found))
      // whatever was read can be written, and is read as the same
      for (const message of found.filter((one) => one instanceof ParsedMessage)) {
        assertSame(parse([encode(message)]), [message])
        assertSame(parse([encode(message.own())]), [message])
        assert.deepStrictEqual(
          encode(message),
          encode(Message.make(message.kind, message.name, message.arguments, message))
        )
      }
    },
    { arbitrary: { size: 20, runs: 300 } }
  )

  it("every pair of bytes in a line is read or refused, and the next line is read (P-016, P-032)", () => {
    const parser = new Parser()
    for (let one = 0; one < 256; one++)
      for (let other = 0; other < 256; other += 1) {
        const [last] = parser.push(Uint8Array.of(0x3f, 0x61, one, other, 0x0a, 0x21, 0x7a, 0x0a)).slice(-1)
        assert.strictEqual(Message.isMessage(last) && last.name, "z")
      }
  })
})
