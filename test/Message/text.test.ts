import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Message from "katcp/Message"

const { decodeText, encodeText, quoteText } = Message
const utf8 = new TextEncoder()
const Pieces = Schema.Array(
  Schema.Union([Schema.Uint8Array, Schema.Literals(["a", "é", "望", "🔭", "\ufffd", "\ufeff"])])
)
const bytesOf = (pieces: typeof Pieces.Type): Uint8Array =>
  Uint8Array.from(pieces.flatMap((piece) => [...(typeof piece === "string" ? utf8.encode(piece) : piece)]))

describe("text of any bytes", () => {
  it.prop(
    "round-trips: bytes, text, the same bytes (P-081)",
    { pieces: Pieces },
    ({ pieces }) => {
      const bytes = bytesOf(pieces)
      const text = decodeText(bytes)
      assert.deepStrictEqual([...encodeText(text)], [...bytes])
      // the same characters as UTF-8 where it is, and a lone surrogate for each other byte
      const shown = text.replace(/[\udc80-\udcff]+/gu, "\ufffd").replace(/\ufffd+/gu, "\ufffd")
      assert.strictEqual(
        shown,
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/\ufffd+/gu, "\ufffd")
      )
    },
    { arbitrary: { runs: 500, size: 30 } }
  )

  it.prop("is UTF-8 for well-formed text", { text: Schema.String }, ({ text }) => {
    const well = text.toWellFormed()
    assert.deepStrictEqual([...encodeText(well)], [...utf8.encode(well)])
    assert.strictEqual(decodeText(utf8.encode(well)), well)
    // what stands for no byte becomes U+FFFD, as in any encoder
    const other = text.replace(/[\udc80-\udcff]/gu, "")
    assert.deepStrictEqual([...encodeText(other)], [...utf8.encode(other)])
  })

  it("is the same for each of all pairs of bytes as Python's surrogateescape", () => {
    for (let one = 0; one < 256; one++)
      for (let two = 0; two < 256; two++) {
        const text = decodeText(Uint8Array.of(one, two))
        const escaped = (byte: number) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)
        const pair = one >= 0xc2 && one <= 0xdf && two >= 0x80 && two <= 0xbf
        assert.strictEqual(
          text,
          pair ? String.fromCharCode(((one & 0x1f) << 6) | (two & 0x3f)) : escaped(one) + escaped(two)
        )
      }
  })

  it("has no limit of size", () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 37) & 0xff)
    assert.deepStrictEqual(encodeText(decodeText(bytes)), bytes)
  })

  it("is shown in quotes with each byte that is not UTF-8", () => {
    assert.strictEqual(
      quoteText('a"\\udcff \udcff\udc80\n\u202e\ud83d'),
      '"a\\"\\\\udcff \\xff\\x80\\n\\u{202e}\\ud83d"'
    )
    assert.strictEqual(String(Message.inform("x", [Uint8Array.of(0x61, 0xff)])), '#x "a\\xff"')
  })

  it("is base64 in the JSON of a message", () => {
    assert.deepStrictEqual(JSON.parse(JSON.stringify(Message.inform("x", ["é", Uint8Array.of(0xff, 0xfe, 0x80)]))), {
      _id: "katcp/Message",
      kind: "inform",
      name: "x",
      arguments: ["é", { base64: "//6A" }]
    })
  })
})
