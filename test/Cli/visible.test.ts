/** Output of a device must not control the reader's terminal. */
import { spawnSync } from "node:child_process"
import { assert, describe, it } from "vitest"
import { table } from "../../src/Cli/show/table.ts"
import { visible, visibleLines } from "../../src/Cli/show/visible.ts"
import { command, device, katcp } from "./katcp.ts"

describe("text of a device (P-424)", () => {
  it("has no control characters and nothing that changes the writing direction", () => {
    assert.strictEqual(
      visible("a\u001b[2J\u0007\n\t\u009b\u202eb\u2066é\u{1f4e1}"),
      "a\\u{1b}[2J\\u{7}\\n\\t\\u{9b}\\u{202e}b\\u{2066}é\u{1f4e1}"
    )
    assert.strictEqual(visibleLines("one\r\n\ttwo\u001bc", "  "), "one\n  \ttwo\\u{1b}c")
  })

  it("takes one line of a table", () => {
    assert.deepStrictEqual(table([{ title: "value" }], [[{ text: "a\nb\u001b[31m" }]]), ["value", "a\\nb\\u{1b}[31m"])
  })

  it("is escaped by every command for people, and unchanged for programs", async () => {
    const { address, kill } = await device()
    const evil = "red\u001b[31m\nline"
    const { code } = await katcp(["call", address, "set-sensor", "test.string", evil])
    assert.strictEqual(code, 0)
    const shown = [
      ["get", address, "test.string"],
      ["list", address, "test.string"],
      ["monitor", address, "test.string", "--count", "1"],
      ["wait", address, "test.string", "status", "nominal"],
      ["call", address, "sensor-value", "test.string"]
    ]
    for (const words of shown) {
      const { out } = await katcp(words)
      assert.notInclude(out, "\u001b", words.join(" "))
      assert.include(out, "red\\u", words.join(" "))
    }
    assert.strictEqual((await katcp(["get", "--value", address, "test.string"])).out, `${evil}\n`)
    const failed = await katcp(["wait", address, "test.string", evil.replace("red", "blue"), "-t", "50ms"])
    assert.deepStrictEqual([failed.code, failed.err.split("\n").length, failed.err.includes("\u001b")], [1, 2, false])
    // bytes that are not UTF-8: shown, exact for programs, base64 in JSON
    assert.strictEqual((await katcp(["call", "--hex", address, "set-sensor", "test.string", "0xfffe80"])).code, 0)
    for (const words of shown.slice(0, 4)) assert.include((await katcp(words)).out, "\\xff\\xfe\\x80", words.join(" "))
    assert.include((await katcp(["call", address, "sensor-value", "test.string"])).out, "0xfffe80")
    assert.include((await katcp(["get", "--json", address, "test.string"])).out, '"value":{"base64":"//6A"}')
    assert.include((await katcp(["call", "--json", address, "sensor-value", "test.string"])).out, '{"base64":"//6A"}')
    kill()
  })

  it("may come from standard input with bytes that are not UTF-8", async () => {
    const { address, kill } = await device()
    const lines = Buffer.from("\xef\xbb\xbf?set-sensor test.string a\xff\xc3\r\nsensor-value test.string\n", "latin1")
    const set = await katcp(["call", "--json", address, "-"], lines)
    assert.deepStrictEqual([set.code, set.err], [0, ""])
    assert.include(set.out, Buffer.from("a\xff\xc3", "latin1").toString("base64"))
    const bad = await katcp(["call", address, "-"], Buffer.from("?\xff\n", "latin1"))
    assert.include(bad.err, 'katcp: line 1: "?\\xff" is not a request')
    kill()
    const logged = spawnSync(process.execPath, [command, "msg", "-"], { input: Buffer.from("a\xff\xc3\n", "latin1") })
    assert.match(logged.stdout.toString("latin1"), /^#log info \S+ \S+ a\xff\xc3\n$/)
  })
})
