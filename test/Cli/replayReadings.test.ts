/** `katcp export ndjson` and `katcp replay`: a device is exported to files, and the files are a device again. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, assert, describe, it } from "vitest"
import { finishedLines } from "./finishedLines.ts"
import { device, katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-replay-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The lines that have an end; the last one may not be whole while somebody writes it. */
const jsonOf = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
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
    const readingsIn = () =>
      written()
        .sort()
        .flatMap((name) => finishedLines(path.join(folder, name)).map((line) => JSON.parse(line)))
        .filter(({ name }) => name === "test.int")
    const valuesIn = () => readingsIn().map(({ value }) => value)
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

    const expected = readingsIn().map(({ timestamp, value }) => [value, timestamp])
    /** Plays the files, after so many milliseconds; gives what a client has seen, and the playback that goes on. */
    const played = async (delay: number) => {
      const replay = start(["replay", ...files, "--listen", "0", "--speed", "10", "--delay", `${delay}ms`, "--json"])
      await replay.until(({ out }) => out.includes("\n"))
      const listening = jsonOf(replay.out())[0]!
      assert.deepInclude(listening, { event: "listening", devices: ["dish"], sensors: 2, lost: 0 })
      const monitor = start(["monitor", String(listening.at), "test.int", "--json"])
      await monitor.until(({ out }) => /"value":5\b.*\n/.test(out))
      monitor.child.kill("SIGINT")
      const seen = jsonOf((await monitor.ended).out)
        .filter(({ status }) => status === "nominal")
        .map(({ timestamp, value }) => [value, timestamp])
      return { replay, listening, seen }
    }
    // a client may take longer than the delay to set its sampling
    let found = await played(1000)
    for (let delay = 2000; found.seen.length < expected.length && delay < 20_000; delay *= 2) {
      found.replay.child.kill("SIGTERM")
      found = await played(delay)
    }
    const { listening, replay, seen } = found
    assert.deepStrictEqual(seen, expected)
    await replay.until(({ out }) => /"played".*\n/.test(out))
    assert.deepInclude(jsonOf(replay.out())[1]!, { event: "played", readings: listening.readings, leftOut: 0 })
    // the last ones stay
    assert.match((await katcp(["get", String(listening.at), "test.int"])).out, /\b5\b/)
    replay.child.kill("SIGTERM")
    assert.strictEqual((await replay.ended).code, 0)

    // the archive reads them, too
    const imported = await katcp(["archive", "import", "--store", path.join(folder, "site.db"), ...files])
    assert.strictEqual(imported.code, 0, imported.err)
  })

  it("explains what it cannot play", async () => {
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
