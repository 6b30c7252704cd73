import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { KatcpSyntaxError, Message } from "katcp"
import { decode, encode, escapeArgument, unescapeArgument } from "katcp/Codec"
import { byteStrings, messages, plain, textOf, wire } from "./support.ts"

const fault = (line: string | Uint8Array): { reason: string; position: number; raw: string } => {
  const error = Effect.runSync(Effect.flip(decode(line)))
  assert.instanceOf(error, KatcpSyntaxError)
  return { reason: error.reason, position: error.position, raw: textOf(error.raw) }
}

describe("decode", () => {
  it.effect(
    "reads one line with or without its end, text or bytes (A-121, B-108)",
    Effect.fnUntraced(function* () {
      const wanted = { kind: "request" as const, name: "set-rate", id: 123, arguments: ["4.1", "a b"] }
      for (const end of ["", "\n", "\r", "\r\n"]) {
        assert.deepStrictEqual(plain(yield* decode(`?set-rate[123] 4.1 a\\_b${end}`)), wanted)
        assert.deepStrictEqual(plain(yield* decode(wire(`?set-rate[123] 4.1 a\\_b${end}`))), wanted)
        assert.deepStrictEqual(plain(yield* decode(Buffer.from(`?set-rate[123] 4.1 a\\_b${end}`))), wanted)
      }
      assert.strictEqual((yield* decode("#x é")).text(0), "é")
    })
  )

  it("fails with reason, position and line for invalid input (A-121, B-109)", () => {
    const beginning = "Expected ?, ! or # at the beginning"
    for (const [line, reason, position] of [
      ["", beginning, 1],
      ["\n", beginning, 1],
      ["\r\n", beginning, 1],
      ["  ", beginning, 3],
      ["watchdog", beginning, 1],
      ["?1a", "Expected a letter as the beginning of a name", 2],
      ["?a[0]", "Expected a message id from 1 to 2147483647", 4],
      ["?a \\z\n", "Unknown escape", 5],
      ["?a \\", "Unknown escape", 5],
      ["?a \0", "Unescaped special character", 4],
      ["?a\n?b", "Unexpected end of line", 3],
      ["?a\n?b\n", "Unexpected end of line", 3],
      ["?a\n\n", "Unexpected end of line", 3],
      ["?a\n\r", "Unexpected end of line", 3],
      ["?a\r\r\n", "Unexpected end of line", 3],
      ["\n?a", "Unexpected end of line", 1]
    ] as const) {
      const raw = line.replace(/(\r\n|\n|\r)$/, "")
      assert.deepStrictEqual(fault(line), { reason, position, raw })
      assert.deepStrictEqual(fault(wire(line)), { reason, position, raw })
    }
  })

  it("has the limit of a parser (P-017)", () => {
    assert.strictEqual(Effect.runSync(decode("?a 456789\n", { maxLine: 9 })).toString(), "?a 456789")
    assert.strictEqual(Effect.runSync(Effect.flip(decode("?a 456789\n", { maxLine: 8 }))).position, 9)
  })

  it.prop(
    "decodes the output of encode (A-111, A-121)",
    { message: messages },
    ({ message }) => assert.deepStrictEqual(plain(Effect.runSync(decode(encode(message)))), plain(message)),
    { arbitrary: { size: 30, runs: 100 } }
  )
})

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  " ": "\\_",
  "\0": "\\0",
  "\n": "\\n",
  "\r": "\\r",
  "\x1b": "\\e",
  "\t": "\\t"
}

describe("escapeArgument and unescapeArgument", () => {
  it("escapes long arguments, in one piece or in several", () => {
    for (const size of [127, 128, 129, 143, 144, 145, 16_383, 16_384, 16_385, 32_769, 100_000])
      for (const part of [" ", "ab\\", "\0\x1bxyz\t\n\r\xff\x01 end", "x".repeat(16)]) {
        const argument = wire(part.repeat(size / part.length + 1).slice(0, size))
        const wanted = textOf(argument).replace(/[\0\t\n\r\x1b \\]/g, (character) => escapes[character]!)
        assert.isTrue(textOf(escapeArgument(argument)) === wanted, `${size} bytes of ${JSON.stringify(part)}`)
      }
  })

  it("convert one argument to and from the wire (P-026, P-027, P-028, B-108)", () => {
    assert.strictEqual(textOf(escapeArgument("a b\\\0\n\r\x1b\t@")), "a\\_b\\\\\\0\\n\\r\\e\\t@")
    assert.strictEqual(textOf(escapeArgument("")), "\\@")
    assert.deepStrictEqual(escapeArgument("é"), new TextEncoder().encode("é"))
    for (const [argument, stands] of [
      ["a\\_b", "a b"],
      ["\\@", ""],
      ["a\\@b\\@", "ab"],
      ["\\\\\\0\\n\\r\\e\\t\\_", "\\\0\n\r\x1b\t "],
      ["\xff\x01\f", "\xff\x01\f"]
    ] as const)
      assert.strictEqual(textOf(Effect.runSync(unescapeArgument(wire(argument)))), stands)
    assert.strictEqual(new TextDecoder().decode(Effect.runSync(unescapeArgument("é\\_"))), "é ")
  })

  it("refuse text that cannot be one argument (P-029, P-030, B-108)", () => {
    for (const [argument, reason, position] of [
      ["", "Expected an argument", 1],
      ["a b", "Unescaped special character", 2],
      ["\t", "Unescaped special character", 1],
      ["ab\n", "Unescaped special character", 3],
      ["\r", "Unescaped special character", 1],
      ["a\0", "Unescaped special character", 2],
      ["\x1b", "Unescaped special character", 1],
      ["a\\", "Unknown escape", 3],
      ["a\\z", "Unknown escape", 3],
      ["\\N", "Unknown escape", 2]
    ] as const) {
      const error = Effect.runSync(Effect.flip(unescapeArgument(argument)))
      assert.deepStrictEqual([error.reason, error.position, textOf(error.raw)], [reason, position, argument])
    }
  })

  it.prop(
    "round-trip any bytes, as a whole message does (P-025, B-108)",
    { argument: byteStrings },
    ({ argument }) => {
      const escaped = escapeArgument(argument)
      assert.deepStrictEqual(Effect.runSync(unescapeArgument(escaped)), argument)
      assert.strictEqual(`?a ${textOf(escaped)}\n`, textOf(encode(Message.request("a", [argument]))))
    },
    { arbitrary: { size: 300, runs: 200 } }
  )
})
