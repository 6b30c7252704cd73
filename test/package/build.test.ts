/** How `dist` is made: `npm ci`, `npm start`, `npm test` and the first `npx katcp` in a clone all build, at any time. */
import { execFile } from "node:child_process"
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = path.join(import.meta.dirname, "..", "..")
const clone = mkdtempSync(path.join(tmpdir(), "katcp-build-"))
afterAll(() => rmSync(clone, { recursive: true, force: true }))

const at = (...parts: ReadonlyArray<string>) => path.join(clone, ...parts)
const command = at("dist", "bin", "katcp.js")
const message = at("src", "Message", "Message.ts")

/** Runs a script or the command in the clone. */
const run = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly out: string }>((resolve) =>
    execFile(process.execPath, [...args], { cwd: clone }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, out: stdout + stderr })
    )
  )
const build = (...flags: ReadonlyArray<string>) => run("scripts/build.ts", ...flags)
const madeAt = () => statSync(command).ctimeMs
const chunks = () => readdirSync(at("dist", "bin")).filter((name) => name.endsWith(".js"))

beforeAll(async () => {
  for (const name of [
    "src",
    "scripts",
    // the build that `npm test` begins with
    "dist",
    "package.json",
    "package-lock.json",
    "tsconfig.base.json",
    "tsconfig.build.json"
  ])
    cpSync(path.join(root, name), at(name), { recursive: true })
  symlinkSync(path.join(root, "node_modules"), at("node_modules"), "junction")
  assert.deepStrictEqual(await build(), { code: 0, out: "" })
})

describe("a build", () => {
  it("does nothing if dist is current", async () => {
    const before = madeAt()
    assert.deepStrictEqual(await build(), { code: 0, out: "" })
    assert.strictEqual(madeAt(), before)
  })

  it("makes an executable command", () => {
    assert.strictEqual(statSync(command).mode & 0o111, 0o111)
    assert.match(readFileSync(command, "utf8"), /^#!\/usr\/bin\/env node\n/)
  })

  it("gives a library that loads node:tls only for TLS", async () => {
    const loaded = (use: string) =>
      run(
        "--input-type=module",
        "-e",
        `import { NodeClient, NodeServer } from "katcp/Node"; ${use}; console.log(process.moduleLoadList.includes("NativeModule tls"))`
      )
    assert.deepStrictEqual(await loaded("NodeServer.tcp({ port: 0 })"), { code: 0, out: "false\n" })
    // so the list of Node shows it
    assert.deepStrictEqual(await loaded('process.getBuiltinModule("node:tls")'), { code: 0, out: "true\n" })
    const saying =
      'data:text/javascript,process.once("exit", () => console.log(process.moduleLoadList.includes("NativeModule tls")))'
    const { out } = await run("--import", saying, command, "call", "127.0.0.1:99999", "watchdog")
    assert.match(out, /a port is 1 to 65535/)
    assert.match(out, /false\n/)
  })

  it("serves calls that begin while it runs, each with the whole of one build", async () => {
    // parts of the command that are loaded late get other names
    for (const file of [message, at("src", "Cli", "commands", "msg.ts")])
      appendFileSync(file, '\nReflect.set(globalThis, "changed", true)\n')
    const before = madeAt()
    let built = false
    const builds = Promise.all([build(), build()]).then((ends) => {
      built = true
      return ends
    })
    const call = () => Promise.all([run(command, "msg", "?watchdog"), run(command, "--help")])
    const ends = await call()
    // the page is the last part that is built; then the files are moved one by one
    while (!built && !existsSync(at(".dist-new", "page"))) await sleep(50)
    // some begin after the build, too
    for (let after = 0; after < 2; ) {
      if (built) after++
      ends.push(...(await call()))
    }
    assert.deepStrictEqual(await builds, [
      { code: 0, out: "" },
      { code: 0, out: "" }
    ])
    for (const { code, out } of ends) assert.strictEqual(code, 0, out)
    assert.notStrictEqual(madeAt(), before)
  })

  it("keeps files that a running command of the previous build may still load, until --prune", async () => {
    const kept = chunks()
    assert.deepStrictEqual(await build("--prune"), { code: 0, out: "" })
    const left = chunks()
    assert.isBelow(left.length, kept.length)
    assert.strictEqual((await run(command, "msg", "?watchdog")).code, 0)
  })

  it("that fails leaves dist unchanged, and names the error", async () => {
    const before = madeAt()
    const good = readFileSync(message, "utf8")
    appendFileSync(message, "\nconst wrong: number = 'text'\n")
    const { code, out } = await build()
    assert.strictEqual(code, 1)
    assert.match(out, /src\/Message\/Message\.ts\(\d+,\d+\): error TS2322/)
    assert.strictEqual(madeAt(), before)
    assert.strictEqual((await run(command, "msg", "?watchdog")).code, 0)
    writeFileSync(message, good)
    assert.deepStrictEqual(await build(), { code: 0, out: "" })
    assert.strictEqual(madeAt(), before)
  })

  it("rebuilds missing files, and does not wait for a build that was killed", async () => {
    rmSync(at("dist", "index.js"))
    writeFileSync(at(".dist-lock"), "999999999")
    assert.deepStrictEqual(await build(), { code: 0, out: "" })
    assert.isTrue(existsSync(at("dist", "index.js")))
    assert.isFalse(existsSync(at(".dist-lock")))
  })
})
