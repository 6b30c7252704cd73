/** Messages as Schemas, held equal to the codec. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Message } from "katcp"
import { decode, encode, MessageFromBytes, MessageFromText, MessageSchema } from "katcp/Codec"
import { byteStrings, joined, messages, wire } from "./support.ts"

const toBytes = Schema.encodeSync(MessageFromBytes)
const fromBytes = Schema.decodeResult(MessageFromBytes)
const toText = Schema.encodeSync(MessageFromText)
const fromText = Schema.decodeResult(MessageFromText)
const json = Schema.fromJsonString(Schema.toCodecJson(Schema.Struct({ at: Schema.Finite, message: MessageSchema })))

/** Lines with heads that are right, so some of them are messages. */
const lines = Arbitrary.map(
  Arbitrary.all({ rest: byteStrings, head: Arbitrary.schema(Schema.Literals(["?a ", "!b[7] ok ", "#c", ""])) }),
  ({ head, rest }) => joined([wire(head), rest])
)

describe("a message as a Schema", () => {
  it.prop(
    "bytes are those of the codec, and come back as the same message (P-001, A-111)",
    { message: messages },
    ({ message }) => {
      const bytes = toBytes(message)
      assert.deepStrictEqual(bytes, encode(message))
      for (const line of [bytes, bytes.slice(0, -1)])
        assert.isTrue(Equal.equals(Result.getOrThrow(fromBytes(line)), message))
    },
    { arbitrary: { size: 60, runs: 150 } }
  )

  it.prop(
    "text and JSON keep every byte (P-025)",
    { message: messages },
    ({ message }) => {
      const text = toText(message)
      assert.isFalse(text.includes("\n"))
      assert.isTrue(Equal.equals(Result.getOrThrow(fromText(text)), message))
      const sent = Schema.encodeSync(json)({ at: 1.5, message })
      assert.strictEqual(JSON.parse(sent).message, text)
      const { at, message: back } = Schema.decodeSync(json)(sent)
      assert.strictEqual(at, 1.5)
      assert.isTrue(Equal.equals(back, message))
    },
    { arbitrary: { size: 60, runs: 150 } }
  )

  it.effect.prop(
    "refuses the lines that the codec refuses, with the same reason (P-010, P-017)",
    { line: lines },
    Effect.fnUntraced(function* ({ line }) {
      const wanted = yield* Effect.result(decode(line))
      const found = fromBytes(line)
      if (Result.isSuccess(wanted)) assert.isTrue(Equal.equals(Result.getOrThrow(found), wanted.success))
      else if (Result.isSuccess(found)) assert.fail(`${found.success} of what the codec refuses: ${wanted.failure}`)
      else assert.include(found.failure.message, wanted.failure.message)
    }),
    { arbitrary: { size: 40, runs: 300 } }
  )

  it("a decoded message survives the reuse of its bytes", () => {
    const bytes = wire("?a one")
    const message = Result.getOrThrow(fromBytes(bytes))
    bytes.fill(0x78)
    assert.strictEqual(message.text(0), "one")
  })

  it("only a message is accepted", () => {
    const is = Schema.is(MessageSchema)
    assert.isTrue(is(Message.request("a")))
    for (const other of [undefined, {}, "?a", wire("?a")]) assert.isFalse(is(other))
    assert.isTrue(Schema.toEquivalence(MessageSchema)(Message.request("a", [1]), Message.request("a", [1])))
    for (const text of ["", "?a\n?b\n", "a", "?_"]) assert.isTrue(Result.isFailure(fromText(text)), text)
  })
})
