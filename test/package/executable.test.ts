/** The command as one executable file, run as on a machine without Node: nothing in PATH, nothing beside the file. */
import { execFile, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const run = promisify(execFile)
const root = path.join(import.meta.dirname, "../..")
const folder = mkdtempSync(path.join(tmpdir(), "katcp-executable-"))
const katcp = path.join(folder, "katcp")
const bare = { cwd: folder, env: { HOME: folder, PATH: "" } }

/** Starts a program, and gives what it prints of itself. */
const started = (command: string, words: ReadonlyArray<string>, ready: RegExp, options: object) => {
  const child = spawn(command, words, { ...options, stdio: ["ignore", "pipe", "inherit"] })
  const { promise, reject, resolve } = Promise.withResolvers<string>()
  let said = ""
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8")
    const found = ready.exec(said)
    if (found !== null) resolve(found[1]!)
  })
  child.once("exit", () => reject(new Error(`${command} ended: ${said}`)))
  return { child, found: promise }
}

let device: ReturnType<typeof started>
let port: string
beforeAll(async () => {
  await run(process.execPath, ["scripts/executable.ts", katcp], { cwd: root })
  device = started(process.execPath, ["examples/device.ts", "--no-dashboard", "--port", "0"], /:(\d+)\b/, { cwd: root })
  port = await device.found
}, 600_000)
afterAll(() => {
  device?.child.kill()
  rmSync(folder, { recursive: true, force: true })
})

describe("the executable", () => {
  it("prints its version and help", async () => {
    const { stdout: version } = await run(katcp, ["--version"], bare)
    assert.match(version, /^katcp v\d/)
    const { stdout: help } = await run(katcp, ["get", "--help"], bare)
    assert.include(help, "USAGE")
    const { stdout: completions } = await run(katcp, ["--completions", "bash"], bare)
    assert.include(completions, "complete")
  })

  it("reads the sensors of a device", async () => {
    const { stdout } = await run(katcp, ["get", "--json", `127.0.0.1:${port}`, "/./"], bare)
    assert.isAbove(stdout.trim().split("\n").length, 1)
    for (const line of stdout.trim().split("\n")) assert.isString(JSON.parse(line).name)
  })

  it("archives in SQLite, by a thread of its own, and serves the dashboard's page", async () => {
    const words = ["dashboard", `m000=127.0.0.1:${port}`, "--listen", "0", "--store", "site.db"]
    const { child, found } = started(katcp, words, /(http:\/\/\S+)/, bare)
    try {
      const url = await found
      const page = await fetch(new URL("page.js", url))
      assert.strictEqual(page.status, 200)
      assert.isAbove((await page.arrayBuffer()).byteLength, 50_000)
    } finally {
      const ended = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGTERM")
      assert.strictEqual(await ended, 0)
    }
    assert.isTrue(existsSync(path.join(folder, "site.db")))
    const { stdout } = await run(katcp, ["archive", "status", "--json", "--store", "site.db"], bare)
    assert.include(stdout, "m000")
  })
})
