/** The archive of a site file, as a sensor of the section `proxy`, in `/metrics` and in `/healthz`. */
import { writeFileSync } from "node:fs"
import { connect } from "node:net"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { serveSite } from "katcp/Serve"
import { freePort } from "../../scripts/freePort.ts"
import { figuresOf } from "../../src/Archive/writer/figures.ts"
import { folder } from "../Archive/folder.ts"

/** Sends a line to a device, and returns what comes until the reply. */
const ask = (port: number, line: string) =>
  Effect.callback<string>((resume) => {
    const socket = connect(port, "127.0.0.1")
    let text = ""
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part
      if (/^!.*\n/m.test(text)) resume(Effect.succeed(text))
    })
    socket.write(`${line}\n`)
    return Effect.sync(() => socket.destroy())
  })

const health = {
  ok: true,
  error: undefined,
  since: 0,
  written: 5,
  waiting: 4,
  spilled: 3,
  waitingBytes: 2,
  lost: 1,
  newest: undefined,
  clockAhead: 0.4
}

describe("the figures of an archive", () => {
  it.live("are sensors of the proxy and metrics of the process", () =>
    Effect.gen(function* () {
      const where = yield* folder
      const port = yield* Effect.promise(() => freePort())
      const file = path.join(where, "site.yaml")
      writeFileSync(
        file,
        `devices: {}\nhttp: { listen: 0 }\nproxy: { listen: ${port} }\narchive: { store: "sqlite:${path.join(where, "site.db")}", spill: ${path.join(where, "spill")} }\n`
      )
      const { url } = yield* serveSite(file)
      // the proxy sets its figures once a second
      const sensors = yield* Effect.repeat(ask(port, "?sensor-value /^archive/"), {
        schedule: Schedule.spaced(50),
        until: (text) => text.includes(" archive.ok nominal 1")
      })
      for (const name of ["rows nominal 0", "backlog nominal 0", "spilled nominal 0", "lost nominal 0"])
        assert.include(sensors, ` archive.${name}`)
      assert.match(sensors, /^#sensor-value(?:\[\d+\])? [\d.]+ 1 archive\.error nominal \\@$/m)
      const get = (place: string) => Effect.promise(async () => (await fetch(new URL(place, url()!))).text())
      const metrics = yield* get("/metrics")
      for (const line of ["katcp_archive_ok 1", "katcp_archive_lost 0", "katcp_archive_backlog_bytes"])
        assert.include(metrics, line)
      assert.strictEqual(JSON.parse(yield* get("/healthz")).parts.archive.status, "ok")
    })
  )

  it("have a status that says what is wrong", () => {
    const statusOf = (given: typeof health | (Omit<typeof health, "error"> & { readonly error: string })) =>
      Object.fromEntries(
        figuresOf(() => given).map(({ read, sensor }) => [sensor.name.slice(8), [read(), sensor.statusOf(read())]])
      )
    assert.deepStrictEqual(statusOf(health), {
      ok: [true, "nominal"],
      error: ["", "nominal"],
      rows: [5, "nominal"],
      backlog: [4, "nominal"],
      "backlog-bytes": [2, "nominal"],
      spilled: [3, "warn"],
      lost: [1, "error"],
      "clock-ahead": [0, "nominal"]
    })
    const bad = statusOf({ ...health, ok: false, error: "the disk is full", clockAhead: 31_536_000 })
    assert.deepStrictEqual(bad.ok, [false, "error"])
    assert.deepStrictEqual(bad.error, ["the disk is full", "error"])
    assert.deepStrictEqual(bad["clock-ahead"], [31_536_000, "warn"])
  })
})
