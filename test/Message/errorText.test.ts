import { assert, describe, it } from "@effect/vitest"
import { errorText } from "katcp/Message"

describe("the text of a thrown value", () => {
  it("is the message of an error, or its name", () => {
    assert.strictEqual(errorText(new RangeError("too far")), "too far")
    assert.strictEqual(errorText(new RangeError("")), "RangeError")
  })

  it("is the text of other values", () => {
    assert.strictEqual(errorText("text"), "text")
    assert.strictEqual(errorText(5), "5")
    assert.strictEqual(errorText(undefined), "undefined")
    assert.strictEqual(errorText({ a: 1 }), '{"a":1}')
  })

  it("is never a failure itself", () => {
    const hostile = {
      get message(): string {
        throw new Error("no")
      }
    }
    for (const thrown of [
      Object.setPrototypeOf(hostile, Error.prototype),
      Object.assign(new Error("a"), { message: 5 }),
      Object.assign(new Error(""), { name: "" }),
      Object.create(null),
      Symbol("a"),
      new Proxy({}, { get: () => assert.fail(), getPrototypeOf: () => assert.fail() })
    ])
      assert.isString(errorText(thrown, "none"))
    assert.strictEqual(errorText("", "none"), "none")
    assert.strictEqual(errorText(""), "an error without a message")
  })
})
