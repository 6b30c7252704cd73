/** The SQL of the dashboard of archives, asked as Grafana asks it, of a PostgreSQL that an archive has filled. */
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Importing, Store } from "katcp/Archive"
import { layerPostgres } from "katcp/Archive/node"
import { afterAll } from "vitest"
import { cluster, statement } from "../Archive/cluster.ts"

interface Dashboard {
  readonly panels: ReadonlyArray<{
    readonly title: string
    readonly targets: ReadonlyArray<{ readonly rawSql: string }>
  }>
  readonly templating: { readonly list: ReadonlyArray<{ readonly name: string; readonly query: string }> }
}
const file = path.join(import.meta.dirname, "..", "..", "grafana", "archive-postgres.json")
const { panels, templating } = JSON.parse(readFileSync(file, "utf8")) as Dashboard

/** A name with all that SQL has quotes for. */
const hostile = `it's "x" \\ %;--`
const begin = 1_790_000_040
const text = (value: string) => `'${value.replaceAll("'", "''")}'`

/** Fills in what Grafana fills in. */
const asked = (sql: string, sensor: string, device = "m000"): string =>
  sql
    .replaceAll("$__unixEpochFrom()", `${begin}`)
    .replaceAll("$__unixEpochTo()", `${begin + 3600}`)
    .replaceAll(`\${device:sqlstring}`, () => text(device))
    .replaceAll(`\${sensor:sqlstring}`, () => text(sensor))

const filled = Effect.gen(function* () {
  const store = yield* Store
  const importing = new Importing(store)
  const add = (sensor: string, type: string, at: number, value: number | string, code = 1, device = "m000") =>
    importing.add({ device, sensor, type, units: "", timestamp: begin + at, received: begin + at, code, value })
  for (const [at, value] of [20, 22, 30].entries()) yield* add("rx.temp", "float", at * 10, value, at + 1)
  yield* add("rx.temp", "float", 30, 99, 5)
  yield* add("rx.temp", "float", -7200, 1)
  yield* add("rx.temp", "float", 5, 7, 1, "m001")
  yield* add("mode", "discrete", 1, "stow")
  yield* add("mode", "discrete", 2, "track")
  yield* add(hostile, "float", 1, 5)
  yield* importing.flush
  const [from, to] = [(begin + 40) * 1e6, (begin + 50) * 1e6]
  yield* store.putGaps([
    { device: "m000", sensor: "", from, to, reason: "away", lost: 0 },
    { device: "", sensor: "", from: from + 1e6, to: null, reason: "off", lost: 7 },
    { device: "m001", sensor: "", from, to, reason: "away", lost: 0 },
    { device: "m000", sensor: "", from: from - 9e10, to: to - 9e10, reason: "away", lost: 0 }
  ])
  yield* store.tend((begin + 86_400) * 1e6)
})

const database = await cluster({ quick: true })
if (typeof database === "string" && process.env.CI === "true") throw new Error(database)
afterAll(async () => {
  if (typeof database !== "string") await database.remove()
})

describe.skipIf(typeof database === "string")("archive-postgres.json", () => {
  const { url } = database as Exclude<typeof database, string>
  const ask = (sql: string, sensor: string, device?: string) => statement(asked(sql, sensor, device), url)
  const panel = (title: string, sensor: string, device?: string) =>
    ask(panels.find((one) => one.title === title)!.targets[0]!.rawSql, sensor, device)
  const secondsOf = (time: unknown) => (time as Date).getTime() / 1000 - begin

  it.live("shows what an archive has kept", () =>
    Effect.gen(function* () {
      yield* filled.pipe(Effect.provide(layerPostgres(url)))
      const variable = (name: string, device?: string) =>
        Effect.map(ask(templating.list.find((one) => one.name === name)!.query, "", device), (rows) =>
          rows.map((row) => Object.values(row)[0])
        )
      assert.deepStrictEqual(yield* variable("device"), ["m000", "m001"])
      assert.deepStrictEqual(yield* variable("sensor"), [hostile, "mode", "rx.temp"])
      assert.deepStrictEqual(yield* variable("sensor", "m001"), ["rx.temp"])

      const readings = yield* panel("Readings", "rx.temp")
      assert.deepStrictEqual(
        readings.map(({ time, value }) => [secondsOf(time), value]),
        // no value while the status is without a valid one
        [
          [0, 20],
          [10, 22],
          [20, 30],
          [30, null]
        ]
      )
      assert.deepStrictEqual(
        (yield* panel("Readings", hostile)).map(({ value }) => value),
        [5]
      )
      const [minute] = yield* panel("Minutes: least, mean, greatest", "rx.temp")
      assert.deepStrictEqual([secondsOf(minute!.time), minute!.min, minute!.mean, minute!.max], [0, 20, 24, 30])
      assert.deepStrictEqual(
        (yield* panel("Status", "rx.temp")).map(({ status }) => status),
        ["nominal", "warn", "error", "unreachable"]
      )
      assert.deepStrictEqual(
        (yield* panel("Text and states", "mode")).map((row) => row.text),
        ["stow", "track"]
      )
      const gaps = yield* panel("Gaps", "rx.temp")
      assert.deepStrictEqual(
        gaps.map(({ begin, device, end, lost, reason }) => [
          secondsOf(begin),
          end === null ? null : secondsOf(end),
          device,
          reason,
          Number(lost)
        ]),
        [
          [41, null, "", "off", 7],
          [40, 50, "m000", "away", 0]
        ]
      )
      // each query of the file was asked
      assert.lengthOf(panels, 5)
    })
  )
})
