import { assert, describe, it, vi } from "@effect/vitest"
import { textOf, wire } from "./support.ts"

const sources = "../../../src/Codec/bytes.ts"
const load = async (buffer: unknown): Promise<typeof import("../../../src/Codec/bytes.ts")> => {
  vi.resetModules()
  vi.stubGlobal("Buffer", buffer)
  try {
    return await import(sources)
  } finally {
    vi.unstubAllGlobals()
  }
}

describe("bytes to text and back", () => {
  it("are the same with Node's Buffer and without", async () => {
    const [quick, general] = [await load(Buffer), await load(undefined)]
    assert.notStrictEqual(quick.latin1, general.latin1)
    const all = Uint8Array.from({ length: 30_000 }, (_, index) => (index * 7) & 0xff)
    for (const { allocate, copyOf, latin1, part, strictUtf8, utf8 } of [quick, general]) {
      assert.strictEqual(latin1(all, 0, all.length), textOf(all))
      assert.strictEqual(latin1(all, 3, 9), textOf(all.subarray(3, 9)))
      assert.strictEqual(latin1(all, 3, 3), "")
      assert.strictEqual(utf8(new TextEncoder().encode("\ufeffaé\u{1f52d}"), 0, 10), "\ufeffaé\u{1f52d}")
      assert.strictEqual(utf8(wire("a\xffb\xc3"), 0, 4), "a\udcffb\udcc3")
      assert.strictEqual(strictUtf8(new TextEncoder().encode("\ufeffé")), "\ufeffé")
      assert.strictEqual(strictUtf8(wire("abc")), "abc")
      assert.strictEqual(strictUtf8(wire("abc\xff")), undefined)
      assert.strictEqual(strictUtf8(wire("\xed\xa0\x80")), undefined)
      const room = allocate(10)
      assert.deepStrictEqual(
        [room.length, room.byteOffset, room.buffer.byteLength, room.constructor],
        [10, 0, 10, Uint8Array]
      )
      for (const bytes of [Buffer.from("xabcx"), wire("xabcx")]) {
        const [view, copy] = [part(bytes, 1, 4), copyOf(bytes, 1, 4)]
        bytes[2] = 0x7a
        assert.deepStrictEqual([textOf(view), textOf(copy)], ["azc", "abc"])
        assert.deepStrictEqual([view.constructor, copy.constructor], [Uint8Array, Uint8Array])
      }
    }
  })

  it("specials finds the first special byte among four", async () => {
    const { offset, specials } = await load(Buffer)
    const view = new DataView(new ArrayBuffer(4))
    const wanted = (bytes: ReadonlyArray<number>) => bytes.findIndex((byte) => byte < 0x21 || byte === 0x5c)
    const interesting = [
      0, 1, 9, 10, 0x1b, 0x1f, 0x20, 0x21, 0x22, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0x81, 0xa0, 0xa1, 0xdc, 0xff
    ]
    for (const a of interesting)
      for (const b of interesting)
        for (const c of interesting)
          for (const d of interesting) {
            const bytes = [a, b, c, d]
            bytes.forEach((byte, at) => {
              view.setUint8(at, byte)
            })
            const found = specials(view.getInt32(0, true))
            const at = found === 0 ? -1 : offset(found) / 8
            if (at !== wanted(bytes)) assert.fail(`${bytes}: ${at}`)
          }
  })
})
