/** `katcp export ndjson` and `katcp replay`: a device is exported to files, and the files are a device again. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, assert, describe, it } from "vitest"
import { device, katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-replay-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const jsonOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe("katcp replay of readings", () => {
  it("plays back what katcp export ndjson wrote, in rotated files", async () => {
    const { address, kill } = await device()
    const file = path.join(folder, "night.ndjson")
    const exporting = start([
      ...["export", "ndjson", `dish=${address}`, "test.int", "test.string", "--to", file],
      ...["--every", "50ms", "--rotate-size", "300B"]
    ])
    const written = () => readdirSync(folder).filter((name) => name.endsWith(".ndjson"))
    const valuesIn = () =>
      written()
        .flatMap((name) => jsonOf(readFileSync(path.join(folder, name), "utf8")))
        .filter(({ name }) => name === "test.int")
        .map(({ value }) => value)
    const until = async (is: () => boolean) => {
      while (!is()) await sleep(20)
    }
    await exporting.until(({ err }) => err.includes("exporting"))
    await until(() => written().length > 0 && valuesIn().length > 0)
    for (const value of [1, 2, 3, 4, 5]) {
      assert.strictEqual((await katcp(["call", address, "set-sensor", "test.int", `${value}`])).code, 0)
      await until(() => valuesIn().includes(value))
    }
    exporting.child.kill("SIGTERM")
    await exporting.ended
    kill()
    assert.isAbove(written().length, 1)
    const files = written().map((name) => path.join(folder, name))

    const replay = start(["replay", ...files, "--listen", "0", "--speed", "10", "--delay", "3s", "--json"])
    await replay.until(({ out }) => out.includes("\n"))
    const listening = jsonOf(replay.out())[0]!
    assert.deepInclude(listening, { event: "listening", devices: ["dish"], sensors: 2, lost: 0 })
    const monitor = start(["monitor", String(listening.at), "test.int", "--json"])
    await monitor.until(({ out }) => out.includes('"value":5'))
    monitor.child.kill("SIGINT")
    const seen = jsonOf((await monitor.ended).out).filter(({ status }) => status === "nominal")
    const expected = written()
      .sort()
      .flatMap((name) => jsonOf(readFileSync(path.join(folder, name), "utf8")))
      .filter(({ name }) => name === "test.int")
    assert.deepStrictEqual(
      seen.map(({ timestamp, value }) => [value, timestamp]),
      expected.map(({ timestamp, value }) => [value, timestamp])
    )
    await replay.until(({ out }) => out.includes('"played"'))
    assert.deepInclude(jsonOf(replay.out())[1]!, { event: "played", readings: listening.readings, leftOut: 0 })
    // the last ones stay
    assert.match((await katcp(["get", String(listening.at), "test.int"])).out, /\b5\b/)
    replay.child.kill("SIGTERM")
    assert.strictEqual((await replay.ended).code, 0)

    // the archive reads them, too
    const imported = await katcp(["archive", "import", "--store", path.join(folder, "site.db"), ...files])
    assert.strictEqual(imported.code, 0, imported.err)
  })

  it("says in words what it cannot play", async () => {
    const file = (name: string, text: string) => {
      const at = path.join(folder, name)
      writeFileSync(at, text)
      return at
    }
    const session = file(
      "session",
      `${JSON.stringify({ time: 1, connection: 1, from: "device", line: "#version-connect katcp-protocol 5.1-M" })}\n`
    )
    const empty = file("empty", '{"katcp":1,"form":"readings","time":1}\n')
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [[session, session], "a recorded session must be one file"],
      [[session, "--now"], `--now is for readings; ${session} is a recorded session`],
      [[session, "--device", "m000"], "--device is for readings"],
      [[empty], "there is no reading"],
      [[empty, "--device", "m000"], "there is no reading of m000"],
      [[empty, "--loop", "--speed", "0"], "--loop needs a --speed of more than 0"],
      [[empty, path.join(folder, "none")], "there is no such file"],
      [[file("new", '{"katcp":2}\n')], "the file has version 2, and this program reads version 1"]
    ]
    for (const [words, wanted] of cases) {
      const { code, err } = await katcp(["replay", ...words, "--listen", "0"])
      assert.deepStrictEqual([code, err.includes(wanted)], [2, true], err)
    }
  })
})
