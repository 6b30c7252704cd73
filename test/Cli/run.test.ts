import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, assert, describe, it } from "vitest"
import { withProgram } from "../../src/Cli/programWords.ts"
import { katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** The texts of `#log` lines. */
const texts = (out: string): ReadonlyArray<string> =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^#log \w+ \S+ \S+ /, "").replaceAll("\\_", " "))

describe("katcp run", () => {
  for (const [signal, code] of [
    ["SIGTERM", 5],
    ["SIGINT", 6],
    ["SIGHUP", 7]
  ] as const)
    it(`passes ${signal} on, waits, and relays the last lines and the exit code (C-107)`, async () => {
      const program = `trap 'echo last; echo words >&2; exit ${code}' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`
      const running = start(["run", "sh", "-c", program])
      await running.until(({ out }) => out.includes("ready"))
      running.child.kill(signal)
      const ended = await running.ended
      assert.strictEqual(ended.code, code)
      assert.deepStrictEqual([...texts(ended.out)].sort(), ["last", "ready", "words"])
      assert.strictEqual(ended.err, "")
    })

  it("reports a program that a signal has ended as a shell does, even if others hold its output", async () => {
    const file = path.join(folder, "pid")
    const running = start(["run", "sh", "-c", `sleep 1000 & echo $! > ${file}; echo ready; wait`])
    await running.until(({ out }) => out.includes("ready"))
    running.child.kill("SIGTERM")
    assert.strictEqual((await running.ended).code, 128 + 15)
    process.kill(Number(readFileSync(file, "utf8")))
  })

  it("continues if the program ignores the signal", async () => {
    const file = path.join(folder, "go")
    const program = `trap 'echo no' TERM; echo ready; while [ ! -e ${file} ]; do sleep 0.05; done; echo done`
    const running = start(["run", "sh", "-c", program])
    await running.until(({ out }) => out.includes("ready"))
    running.child.kill("SIGTERM")
    await running.until(({ out }) => /\bno\n/.test(out))
    running.child.kill("SIGTERM")
    await running.until(({ out }) => /\bno\n[\s\S]*\bno\n/.test(out))
    writeFileSync(file, "")
    const { code, out } = await running.ended
    assert.deepStrictEqual([code, texts(out)], [0, ["ready", "no", "no", "done"]])
  })

  it("passes the program's flags to the program without --, and takes its own before it", async () => {
    const { code, out } = await katcp(["run", "-s", "x", "--out-level=warn", "printf", "-- %s\n", "--out-level"])
    assert.strictEqual(code, 0)
    assert.match(out, /^#log warn \S+ x --\\_--out-level\n$/)
    assert.match((await katcp(["run", "ls", "-d", "/"])).out, /^#log info \S+ root \/\n$/)
    assert.match((await katcp(["run", "ls", "--help"])).out, /Usage/)
    assert.match((await katcp(["run", "--", "echo", "--", "x"])).out, / --\\_x\n$/)
    const wrong = await katcp(["run", "--out-levl", "warn", "ls"])
    assert.deepStrictEqual([wrong.code, wrong.err.split("\n").length], [2, 2], wrong.err)
  })

  it("recognizes which of its own flags take a value", async () => {
    const { out } = await katcp(["run", "--help"])
    const flags = [...out.matchAll(/^ {2}(--[a-z-]+)(?:, (-\w))?( \S+)? {2,}/gm)]
    assert.isAbove(flags.length, 7)
    for (const [, long, short, value] of flags)
      for (const flag of [long!, ...(short === undefined ? [] : [short])])
        assert.deepStrictEqual(
          withProgram(["run", flag, "a", "b", "-c"]),
          value === undefined ? ["run", flag, "--", "a", "b", "-c"] : ["run", flag, "a", "--", "b", "-c"],
          flag
        )
  })

  it("passes #log lines on unchanged with --pass-log; other lines are wrapped (C-103)", async () => {
    const lines = ["#log warn 1.5 disk nearly\\_full", "#log half", "#log warn 1 a b c", "plain"]
    const script = lines.map((line) => `echo '${line}'`).join("; ")
    const wrapped = (text: string) => new RegExp(`^#log info \\S+ root ${text}$`)
    const passed = (await katcp(["run", "--pass-log", "sh", "-c", script])).out.split("\n")
    assert.strictEqual(passed[0], lines[0])
    for (const [at, text] of ["#log\\\\_half", "#log\\\\_warn\\\\_1\\\\_a\\\\_b\\\\_c", "plain"].entries())
      assert.match(passed[at + 1]!, wrapped(text))
    const all = (await katcp(["run", "sh", "-c", script])).out.split("\n")
    assert.match(all[0]!, wrapped("#log\\\\_warn\\\\_1.5\\\\_disk\\\\_nearly\\\\\\\\_full"))
  })

  it("ends its program when the reader closes the pipe", async () => {
    const file = path.join(folder, "ended")
    const running = start([
      "run",
      "sh",
      "-c",
      `trap 'echo > ${file}; exit' TERM PIPE; while :; do echo x; sleep 0.05; done`
    ])
    await running.until(({ out }) => out.includes("x"))
    running.child.stdout.destroy()
    await once(running.child, "exit")
    assert.deepInclude(await running.ended, { code: 0, err: "" })
    while (!existsSync(file)) await sleep(5)
  })
})

describe("katcp msg and run, for a device of version 4", () => {
  it("write times in milliseconds, by --protocol or KATCP_PROTOCOL", async () => {
    const old = { KATCP_PROTOCOL: "4.0" }
    for (const [args, environment] of [
      [["msg", "--protocol", "4.0", "hello"], {}],
      [["msg", "hello"], old],
      [["run", "--protocol", "4.0", "echo", "hello"], {}],
      [["run", "echo", "hello"], old]
    ] as const)
      assert.match((await katcp(args, "", environment)).out, /^#log info \d{13} root hello\n$/, args.join(" "))
    const newer = await katcp(["msg", "--protocol", "5.0", "hello"], "", old)
    assert.match(newer.out, /^#log info \d{10}\.\d+ root hello\n$/)
    for (const wrong of ["6.0", "x"]) {
      const { code, err } = await katcp(["msg", "--protocol", wrong, "hello"])
      assert.strictEqual(code, 2)
      assert.include(err, `"${wrong}" is not a supported KATCP version`)
    }
  })
})
