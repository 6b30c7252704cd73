import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll } from "vitest"
import { cluster, statement } from "../Archive/cluster.ts"
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
const until = (what: string, holds: () => boolean, seconds = 40): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (!holds()) yield* Effect.sleep(20)
  }).pipe(
    Effect.timeoutOrElse({
      duration: seconds * 1000,
      orElse: () => Effect.die(new Error(`not ${what} after ${seconds} s`))
    })
  )

describe.skipIf(missing)(`runners as processes${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  it.live(
    "take over from one that is killed, and from one that is asked to end; no device is held twice",
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
            fleet: { database: url, token: "a token of sixteen characters", joinDebounce: "1s" }
          })
        )
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
        const [r1, r2] = runners
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

        r1!.kill("SIGKILL")
        yield* until("down", () => devices.live < 30)
        yield* until("taken over", () => devices.live === 30, 20)

        r2!.kill("SIGTERM")
        assert.strictEqual(yield* Effect.promise(() => r2!.ended), 0)
        yield* until("taken over from the second", () => devices.live === 30, 10)
        const rows = yield* holders().pipe(
          Effect.delay("100 millis"),
          Effect.repeat({ until: (all) => all.length === 1 })
        )
        assert.deepStrictEqual(rows, [["r3", 30]])
        assert.strictEqual(devices.overlaps, 0)
      }),
    100_000
  )
})
