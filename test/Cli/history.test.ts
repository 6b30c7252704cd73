import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeEach, describe, it } from "vitest"
import { History } from "../../src/Cli/commands/shell/history.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
const file = path.join(folder, "state", "history")
process.env.KATCP_HISTORY = file
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => rmSync(path.dirname(file), { recursive: true, force: true }))

describe("the history of shells", () => {
  it("has the lines of all shells, newest first, each once", () => {
    const [one, two] = [new History(), new History()]
    for (const line of ["a", " b ", "", "b"]) one.add(line)
    for (const line of ["c", "a"]) two.add(line)
    one.add("d")
    assert.strictEqual(readFileSync(file, "utf8"), "a\nb\nc\na\nd\n")
    assert.deepStrictEqual(new History().load(), ["d", "a", "c", "b"])
  })

  it("loses no line of many shells that write while one makes the file shorter", async () => {
    const module = path.join(import.meta.dirname, "..", "..", "src", "Cli", "commands", "shell", "history.ts")
    const code = `
      const { History } = await import(${JSON.stringify(module)})
      const history = new History()
      for (let at = 0; at < 60; at++) {
        history.add(process.argv[1] + " " + at)
        if (at % 7 === 0) history.load()
      }`
    mkdirSync(path.dirname(file))
    // too long: each of them makes it shorter when it begins
    writeFileSync(file, "x\n".repeat(5000))
    const shells = ["p", "q", "r", "s"]
    await Promise.all(
      shells.map((name) => once(spawn(process.execPath, ["--input-type=module", "-e", code, name]), "close"))
    )
    const kept = new Set(readFileSync(file, "utf8").split("\n"))
    for (const name of shells) for (let at = 0; at < 60; at++) assert.isTrue(kept.has(`${name} ${at}`), `${name} ${at}`)
  })

  it("keeps the newest 1000 lines of a file that has become long", () => {
    mkdirSync(path.dirname(file))
    writeFileSync(file, Array.from({ length: 5000 }, (_, at) => `line ${at}\n`).join(""))
    const lines = new History().load()
    assert.deepStrictEqual([lines.length, lines[0], lines.at(-1)], [1000, "line 4999", "line 4000"])
    assert.strictEqual(readFileSync(file, "utf8").split("\n").length, 1001)
  })

  it("is not blocked by a lock that a killed shell left behind", () => {
    mkdirSync(`${file}.lock`, { recursive: true })
    utimesSync(`${file}.lock`, 1, 1)
    new History().add("a")
    assert.strictEqual(readFileSync(file, "utf8"), "a\n")
  })

  it("lasts as long as its shell if it cannot be saved", () => {
    writeFileSync(path.dirname(file), "a file where the folder should be")
    const history = new History()
    history.add("a")
    history.add("b")
    assert.deepStrictEqual(history.load(), ["b", "a"])
  })
})
