import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { connect } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { afterAll } from "vitest"
import { Store } from "../../src/Archive/index.ts"
import { layerPostgres as layerArchive } from "../../src/Archive/node/index.ts"
import { cluster, statement } from "../Archive/cluster.ts"
import { batch, definition, start } from "../Archive/readings.ts"
import { type Certificate, certificates } from "./certificates.ts"
import { Devices, freePorts, RunnerProgram } from "./programs.ts"

const found = await cluster()
const missing = typeof found === "string" ? found : undefined
if (missing !== undefined) {
  if (process.env.CI === "true") throw new Error(missing)
  process.stderr.write(`skipped: runners as processes: ${missing}\n`)
}
const postgres = typeof found === "string" ? undefined : found
const folder = mkdtempSync(path.join(tmpdir(), "katcp-fleet-"))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await postgres?.remove()
})

/** Waits until something holds. */
const until = (what: string, holds: () => boolean, seconds = 120): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (!holds()) yield* Effect.sleep(20)
  }).pipe(
    Effect.timeoutOrElse({
      duration: seconds * 1000,
      orElse: () => Effect.die(new Error(`not ${what} after ${seconds} s`))
    })
  )

/** Connects to a port of a runner, writes a text, and returns all that comes back. */
const strangerAt = (port: number, own: Partial<Certificate>, text: string): Effect.Effect<string> =>
  Effect.callback((resume) => {
    let heard = ""
    const done = () => resume(Effect.succeed(heard))
    const socket = connect({ host: "127.0.0.1", port, ...own, rejectUnauthorized: false }, () => socket.write(text))
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      heard += chunk
    })
    socket.on("error", done).on("close", done)
  })

/** Keeps a reading of three days ago in an archive, which retention has to drop. */
const keepOld = (url: string) =>
  Effect.gen(function* () {
    const store = Context.get(yield* Layer.build(layerArchive(url, { fleet: true })), Store)
    const [{ id } = { id: 0 }] = yield* store.define([definition("old")])
    const [row] = yield* statement("select extract(epoch from now())::float8 as now", url)
    yield* store.append(batch([{ series: id, time: Number(row!.now) - 3 * 86_400 - start, value: 1 }]))
  }).pipe(Effect.scoped, Effect.orDie)

/** Repeats a statement until its first row satisfies a predicate. Returns the row. */
const rowOf = (text: string, url: string, accepts: (row: Readonly<Record<string, unknown>>) => boolean) =>
  Effect.map(
    Effect.repeat(Effect.delay(statement(text, url), "100 millis"), {
      until: ([row]) => row !== undefined && accepts(row)
    }),
    ([row]) => row!
  )

const oldReadings = `select count(*)::int4 as n from katcp.reading
  where time < (extract(epoch from now()) - 2 * 86400) * 1000000`

describe.skipIf(missing)(`runners as processes${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  it.live(
    "take over devices and tasks from one that is killed, and from one that is asked to end; no device is held twice, and no stranger is let in",
    () =>
      Effect.gen(function* () {
        const devices = yield* Effect.acquireRelease(
          Effect.promise(() => Devices.make(30)),
          (all) => Effect.sync(() => all.close())
        )
        const url = yield* Effect.promise(() => postgres!.database())
        const file = path.join(folder, "site.json")
        writeFileSync(
          file,
          JSON.stringify({
            devices: Object.fromEntries(devices.ports.map((port, index) => [`d${index}`, `127.0.0.1:${port}`])),
            http: { listen: "127.0.0.1:0" },
            archive: { store: url, keep: { raw: "1 day" } },
            fleet: {
              database: url,
              token: "a token of sixteen characters",
              tls: { ca: "site-ca.pem", cert: "runner.pem", key: "runner.key" },
              joinDebounce: "1s",
              // a killed runner is found by its port, long before this
              lockExpiration: "200s"
            }
          })
        )
        const own = certificates(folder, "site", ["runner"]).get("runner")!
        const ports = yield* Effect.promise(() => freePorts(9))
        const runners = yield* Effect.acquireRelease(
          Effect.sync(() =>
            ["r1", "r2", "r3"].map((name, at) => new RunnerProgram(file, name, ports.slice(at * 3, at * 3 + 3)))
          ),
          (all) =>
            Effect.sync(() => {
              for (const one of all) one.kill("SIGKILL")
            })
        )
        yield* until("serving", () => runners.every(({ text }) => text.includes('"event":"serving"')))
        const holders = () =>
          Effect.map(
            statement("select runner, count(*)::int4 as n from katcp_fleet.device group by 1 order by 1", url),
            (rows) => rows.map(({ n, runner }) => [runner, n] as const)
          )
        yield* until("live", () => devices.live === 30)
        // each has its share
        yield* holders().pipe(
          Effect.delay("100 millis"),
          Effect.repeat({ until: (rows) => rows.length === 3 && rows.every(([, n]) => (n as number) > 0) })
        )
        yield* until("live with three", () => devices.live === 30)

        // the ports for runners: the cluster's and the link's
        for (const port of ports.slice(0, 2)) {
          assert.strictEqual(yield* strangerAt(port, {}, "?help\n"), "")
          // a certificate alone gets the greeting of the handshake, and no more
          assert.match(yield* strangerAt(port, own, "?help\n"), /^katcp-fleet 1 [0-9a-f]{64}\n$/)
        }

        // the runner that drops old readings is the one that is killed
        const holding = "select runner, epoch::int4 as epoch from katcp_fleet.task where name = 'archive'"
        const first = yield* rowOf(holding, url, () => true)
        yield* keepOld(url)
        yield* rowOf(oldReadings, url, ({ n }) => n === 0)
        const named = (runner: unknown) => runners[Number(String(runner).slice(1)) - 1]!
        named(first.runner).kill("SIGKILL")
        yield* keepOld(url)
        yield* until("down", () => devices.live < 30)
        yield* until("taken over", () => devices.live === 30, 60)
        const second = yield* rowOf(holding, url, ({ runner }) => runner !== first.runner)
        assert.isAbove(Number(second.epoch), Number(first.epoch))
        yield* rowOf(oldReadings, url, ({ n }) => n === 0)

        // and its successor is asked to end
        named(second.runner).kill("SIGTERM")
        assert.strictEqual(yield* Effect.promise(() => named(second.runner).ended), 0)
        yield* until("taken over from the second", () => devices.live === 30, 60)
        const rows = yield* holders().pipe(
          Effect.delay("100 millis"),
          Effect.repeat({ until: (all) => all.length === 1 })
        )
        const third = ["r1", "r2", "r3"].find((name) => name !== first.runner && name !== second.runner)!
        assert.deepStrictEqual(rows, [[third, 30]])
        yield* keepOld(url)
        yield* rowOf(oldReadings, url, ({ n }) => n === 0)
        assert.strictEqual(devices.overlaps, 0)
      }),
    300_000
  )
})
