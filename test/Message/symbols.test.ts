import { readFileSync } from "node:fs"
import { Message } from "katcp"
import { assert, describe, it } from "vitest"

describe("constants", () => {
  it("has symbols and codes, which can be looked up both ways (A-110)", () => {
    for (const [kind, symbol] of Object.entries(Message.symbols)) {
      assert.strictEqual(Message.kindOf(symbol), kind)
      assert.strictEqual(Message.make(kind as Message.Kind, "x").toString(), `${symbol}x`)
    }
    for (const other of ["", "x", "??", "toString"]) assert.isUndefined(Message.kindOf(other))
    assert.deepStrictEqual(Object.keys(Message.codes), Object.values(Message.codes))
    assert.isTrue(Message.isOk(Message.reply("x", [Message.codes.ok])))
  })

  it("has the version of the package (A-132)", () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
    assert.strictEqual(Message.version, version)
  })
})
