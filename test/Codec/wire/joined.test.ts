import { assert, describe, it } from "@effect/vitest"
import { fromLatin1, joinBytes, toLatin1 } from "katcp/Codec"

const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)

describe("bytes", () => {
  it("pieces are copied when they are joined", () => {
    for (const pieces of [[], [all], [all.subarray(0, 5), new Uint8Array(0), all.subarray(5)]]) {
      const joined = joinBytes(pieces)
      assert.deepStrictEqual(joined, pieces.length === 0 ? new Uint8Array(0) : all)
      joined.fill(0)
      assert.strictEqual(all[7], 7)
    }
    const view = joinBytes([Buffer.from("abc")])
    assert.strictEqual(view.constructor, Uint8Array)
  })

  it("convert to text with a character for each byte, and back", () => {
    const large = joinBytes(Array.from({ length: 100 }, () => all))
    for (const bytes of [all, large, new Uint8Array(0)]) assert.deepStrictEqual(fromLatin1(toLatin1(bytes)), bytes)
    assert.strictEqual(toLatin1(all).charCodeAt(0x9f), 0x9f)
    assert.strictEqual(toLatin1(all).length, 256)
  })
})
