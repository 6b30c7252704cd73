/** `katcp archive` and `katcp history`, as they are used. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { patternsOf } from "../../src/Cli/commands/history/sensors.ts"
import { withPastTimes } from "../../src/Cli/pastTimes.ts"
import { finishedLines } from "./finishedLines.ts"
import { device, katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-archive-command-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lines = (text: string) => text.trim().split(/\r?\n/)
const sensors = ["add.result", "eval.result", "fruit.result", "test.float", "test.int", "test.string"]

describe("katcp archive and katcp history", () => {
  it("keep what a device shows, so a killed archive has it", async () => {
    const { address, kill } = await device()
    const store = `sqlite:${path.join(folder, "site.db")}`
    const archive = start(["archive", "--store", store, "--report", "100ms", `dish=${address}`])
    await archive.until(({ out }) => /[1-9]\d* readings written, 0 waiting/.test(out))
    const second = await katcp(["archive", "--store", store, address])
    assert.deepStrictEqual([second.code, second.err.includes("another program writes to it")], [2, true])
    // looked at while it is written to
    for (let found: ReadonlyArray<unknown> = []; sensors.some((name) => !found.includes(name)); ) {
      const live = await katcp(["history", "--store", store, "--last", "1", "--json", "dish"])
      assert.strictEqual(live.code, 0, live.err)
      found = lines(live.out).map((line) => JSON.parse(line).name)
    }
    archive.child.kill("SIGKILL")
    await archive.ended
    kill()
    const { code, err, out } = await katcp(["history", "--store", store, "--from", "-1h", "--raw", "--json", "dish"])
    assert.deepStrictEqual([code, err], [0, ""])
    const found = lines(out).map((line) => JSON.parse(line) as { name: string; device: string; received: number })
    for (const name of sensors)
      assert.isTrue(
        found.some((reading) => reading.name === name && reading.device === "dish"),
        name
      )
    const status = await katcp(["archive", "status", "--store", store])
    assert.deepStrictEqual([status.code, status.err], [0, ""])
    assert.match(status.out, /^sqlite .*site\.db, tables of version \d+\nabout \d+ readings, /)
    assert.match(status.out, /dish\/test\.float +ok/)
    const at = await katcp(["history", "--at", "now", "--csv", "dish/test.int"], "", { KATCP_STORE: store })
    assert.strictEqual(lines(at.out)[0], "device,name,units,value,status,code,timestamp,since,gap")
    assert.match(lines(at.out)[1]!, /^dish,test\.int,count,0,nominal,1,/)
  })

  it("import printed readings and recorded sessions, any number of times", async () => {
    const store = path.join(folder, "imported.db")
    const values: ReadonlyArray<readonly [string, unknown]> = [
      ["float", "NaN"],
      ["float", "-Infinity"],
      ["integer", "123456789012345678901234567890"],
      ["boolean", true],
      ["string", { base64: "/4A=" }],
      ["string", "ünïcödé"],
      ["discrete", "stow"]
    ]
    const file = path.join(folder, "readings.ndjson")
    const readings = values.map(([type, value], at) => ({
      event: "reading",
      name: `s${at}`,
      type,
      value,
      status: "warn",
      timestamp: 1_800_000_000 + at / 8,
      device: "m000",
      code: 2,
      received: 1_800_000_001
    }))
    writeFileSync(file, readings.map((reading) => `${JSON.stringify(reading)}\n`).join(""))
    for (const round of [1, 2]) {
      const { code, err, out } = await katcp(["archive", "import", "--store", store, file])
      assert.deepStrictEqual([code, err, out], [0, "", `${file}: 7 readings\n`], `round ${round}`)
    }
    const { out } = await katcp([
      "history",
      "--store",
      store,
      "--from",
      "1800000000",
      "--to",
      "1800000002",
      "--raw",
      "--json",
      "m000"
    ])
    assert.deepStrictEqual(
      lines(out).map((line) => JSON.parse(line)),
      readings.map(({ event: _, ...reading }) => reading)
    )

    const tap = path.join(folder, "session.tap")
    const from = (line: string, time: number) =>
      JSON.stringify({ time, elapsed: time, connection: 1, from: "device", line })
    writeFileSync(
      tap,
      [
        from("#version-connect katcp-protocol 5.1-IM", 1_800_000_100),
        from("#sensor-list[1] rx.temp Temperature. K float", 1_800_000_100),
        from("#sensor-status 1800000101.5 1 rx.temp nominal 21.5", 1_800_000_102),
        from("#sensor-status 1800000103 1 unknown.one warn text", 1_800_000_103)
      ].join("\n")
    )
    const imported = await katcp(["archive", "import", "--store", store, "--device", "m001", tap])
    assert.strictEqual(imported.out, `${tap}: 2 readings; 2 lines have no reading\n`)
    const seen = await katcp(["history", "--store", store, "--last", "1", "--json", "m001"])
    assert.deepStrictEqual(
      lines(seen.out).map((line) => JSON.parse(line)),
      [
        {
          name: "rx.temp",
          type: "float",
          units: "K",
          value: 21.5,
          status: "nominal",
          timestamp: 1_800_000_101.5,
          device: "m001",
          code: 1,
          received: 1_800_000_102
        },
        {
          name: "unknown.one",
          type: "string",
          value: "text",
          status: "warn",
          timestamp: 1_800_000_103,
          device: "m001",
          code: 2,
          received: 1_800_000_103
        }
      ]
    )
    writeFileSync(file, '{"name":"x","status":"fine","value":1,"timestamp":1,"type":"float"}\n')
    const bad = await katcp(["archive", "import", "--store", store, file])
    assert.deepStrictEqual([bad.code, bad.err], [2, `katcp: ${file}:1: "fine" is not a status\n`])
    assert.include(readFileSync(file, "utf8"), "fine")
  })

  it("import all files of an export, with their readings and their losses", async () => {
    const { address, kill } = await device()
    const file = path.join(folder, "night.ndjson")
    const exporting = start(["export", "ndjson", `dish=${address}`, "--to", file, "--rotate-size", "1kB"])
    const filesOf = () =>
      readdirSync(folder)
        .filter((name) => /^night\..*ndjson$/.test(name))
        .map((name) => path.join(folder, name))
    const readingsIn = () =>
      filesOf()
        .flatMap(finishedLines)
        .filter((line) => line.includes('"value":'))
    for (let value = 1; filesOf().length < 2 || readingsIn().length <= 5; value++)
      assert.strictEqual((await katcp(["call", address, "set-sensor", "test.int", `${value}`])).code, 0)
    exporting.child.kill("SIGTERM")
    const exported = await exporting.ended
    assert.strictEqual(exported.code, 0, exported.err)
    kill()
    const files = filesOf()
    const written = files.flatMap((one) => lines(readFileSync(one, "utf8"))).map((line) => JSON.parse(line))
    const readings = written.filter(({ value }) => value !== undefined)
    assert.isAbove(readings.length, 5)
    const store = path.join(folder, "exported.db")
    // newest first
    for (const round of [1, 2]) {
      const { code, err } = await katcp(["archive", "import", "--store", store, ...files.toReversed()])
      assert.deepStrictEqual([code, err], [0, ""], `round ${round}`)
    }
    const { out } = await katcp(["history", "--store", store, "--from", "-1d", "--raw", "--json", "dish"])
    const sorted = (all: ReadonlyArray<{ readonly name: string; readonly timestamp: number }>) =>
      all.toSorted((one, other) => one.timestamp - other.timestamp || (one.name < other.name ? -1 : 1))
    assert.deepStrictEqual(
      sorted(lines(out).map((line) => JSON.parse(line))).map(({ name, timestamp }) => [name, timestamp]),
      sorted(readings).map(({ name, timestamp }) => [name, timestamp])
    )
  })

  it("import the lost readings and removed sensors of an export as gaps", async () => {
    const file = path.join(folder, "events.ndjson")
    const reading = (name: string, received: number) =>
      JSON.stringify({
        name,
        type: "float",
        value: 1,
        status: "nominal",
        timestamp: received,
        device: "m000",
        code: 1,
        received
      })
    writeFileSync(
      file,
      [
        JSON.stringify({ katcp: 1, form: "readings", time: 1_800_000_000 }),
        reading("a", 1_800_000_010),
        JSON.stringify({ event: "removed", device: "m000", name: "a" }),
        JSON.stringify({ event: "removed", device: "m000", name: "b" }),
        reading("c", 1_800_000_020),
        JSON.stringify({ event: "lost", lost: 42, time: 1_800_000_025 }),
        reading("a", 1_800_000_030),
        '{"name":"c","type":"float","val'
      ].join("\n")
    )
    const store = path.join(folder, "events.db")
    for (const round of [1, 2]) {
      const { code, err, out } = await katcp(["archive", "import", "--store", store, file])
      const said = `${file}: 3 readings; its last line is truncated\n`
      assert.deepStrictEqual([code, err, out], [0, "", said], `round ${round}`)
    }
    const words = ["--from", "1800000000", "--to", "1800000100", "--gaps", "--json"]
    const { out } = await katcp(["history", "--store", store, ...words])
    assert.deepStrictEqual(
      lines(out).map((line) => JSON.parse(line)),
      [
        { device: "m000", name: "a", reason: "removed", from: 1_800_000_010, to: 1_800_000_030 },
        { device: "m000", name: "b", reason: "removed", from: 1_800_000_010 },
        { reason: "lost", from: 1_800_000_020, to: 1_800_000_025, lost: 42 }
      ]
    )
    const none = ["history", "--store", store, "--from", "1700000000", "--to", "1700000001", "--gaps"]
    assert.deepInclude(await katcp(none), { code: 0, out: "", err: "katcp: no gaps are recorded for that time\n" })
  })

  it("say what is wrong in the command line, and what to write instead", async () => {
    const store = path.join(folder, "imported.db")
    const said = async (...words: ReadonlyArray<string>) => {
      const { code, err } = await katcp(words)
      assert.strictEqual(code, 2, words.join(" "))
      return err
    }
    assert.include(await said("history", "dish"), "name the archive: --store sqlite:FILE")
    assert.include(await said("history", "--store", "mysql:x", "dish"), "write sqlite:FILE or postgres://")
    assert.include(await said("history", "--store", path.join(folder, "none.db"), "dish"), "there is no such file")
    assert.include(await said("history", "--store", store, "--from", "yesterday", "m000"), "write -1h, now,")
    assert.include(
      await said("history", "--store", store, "--raw", "--states", "m000"),
      "--raw and --states: choose one of them"
    )
    assert.include(await said("history", "--store", folder, "m000"), "this is a folder. Name a file in it.")
    assert.include(
      await said("history", "--store", import.meta.filename, "m000"),
      "not a database of SQLite. Name another"
    )
    assert.include(
      await said("history", "--store", store, "--format", "tabel", "m000"),
      "write table, csv, ndjson, or a line"
    )
    assert.include(await said("history", "--store", store, "--json", "--format", "csv", "m000"), "choose one of them")
    assert.include(await said("history", "--store", store, "m009"), "no readings of m009: it has m000/s0")
    assert.include(await said("archive", "--store", store), "name the devices")
    assert.include(
      await said("archive", "--store", store, "--keep-raw", "5 parsecs", "localhost"),
      "write 30min, 12h, 7d or 4w"
    )
    assert.include(
      await said("archive", "--store", store, "--keep-raw", "7d", "--keep-minute", "1d", "localhost"),
      "at least as long"
    )
    assert.include(
      await said("archive", "--store", "postgres://nobody:secret@127.0.0.1:1/x", "localhost"),
      "***@127.0.0.1:1"
    )
  })

  it("accept a negative time as the value of a flag", () => {
    assert.deepStrictEqual(withPastTimes(["history", "--from", "-1h", "--to", "-5min", "m000"]), [
      "history",
      "--from=-1h",
      "--to=-5min",
      "m000"
    ])
    assert.deepStrictEqual(withPastTimes(["call", "--from", "-1h"]), ["call", "--from", "-1h"])
  })

  it("read the words after a device as its sensors", () => {
    assert.deepStrictEqual(patternsOf([]), ["*"])
    assert.deepStrictEqual(patternsOf(["m000"]), ["m000"])
    assert.deepStrictEqual(patternsOf(["m000", "rx.*", "m001/wind"]), ["m000/rx.*", "m001/wind"])
    assert.deepStrictEqual(patternsOf(["m0*", "/temp/"]), ["/^m0[^/]*\\/.*(?:temp)/"])
    assert.deepStrictEqual(patternsOf(["m000/a", "m001/b"]), ["m000/a", "m001/b"])
  })
})
