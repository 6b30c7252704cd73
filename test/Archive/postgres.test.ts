import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { afterAll } from "vitest"
import { make } from "../../src/Archive/answers/make.ts"
import { Store } from "../../src/Archive/index.ts"
import { layerPostgres } from "../../src/Archive/node/index.ts"
import { load } from "../../src/Archive/node/postgres/driver.ts"
import { version } from "../../src/Archive/node/postgres/schema.ts"
import { cluster } from "./cluster.ts"
import { history } from "./equality.ts"
import { batch, definition, seal, start } from "./readings.ts"

const driver = await Effect.runPromise(Effect.option(load("")))
const found = driver._tag === "None" ? "the package @effect/sql-pg is not installed" : await cluster()
const missing = typeof found === "string" ? found : undefined
if (missing !== undefined) {
  if (process.env.CI === "true") throw new Error(missing)
  process.stderr.write(`skipped: the archive in PostgreSQL: ${missing}\n`)
}
const postgres = typeof found === "string" ? undefined : found
afterAll(() => postgres?.remove())

/** Runs a statement in the database of a store, or beside it. */
const statement = (text: string, url = postgres!.url) =>
  Effect.gen(function* () {
    const { layer } = yield* load(url)
    const sql = Context.get(
      yield* Layer.build(
        layer({
          url: Redacted.make(url),
          maxConnections: 1,
          applicationName: "test",
          connectTimeout: "5 seconds",
          keepAlive: "1 minute"
        })
      ),
      SqlClient
    )
    return yield* sql.unsafe<Record<string, unknown>>(text)
  }).pipe(Effect.scoped, Effect.orDie)

let databases = 0
/** An empty database. */
const database = Effect.gen(function* () {
  const name = `test_${++databases}`
  yield* statement(`create database ${name}`)
  return postgres!.url.replace(/\/postgres$/, `/${name}`)
})

const open = (url: string, options: Parameters<typeof layerPostgres>[1] = {}) =>
  Effect.map(Layer.build(layerPostgres(url, options)), (context) => Context.get(context, Store))

describe.skipIf(missing)(`the archive in PostgreSQL${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  it.live.each([1, 2, 3, 4])("answers every query as the naive fold does (seed %i)", (seed) =>
    Effect.gen(function* () {
      const done = yield* history(seed, layerPostgres(yield* database), { steps: 60 })
      assert.isAbove(done.readings, 100)
    })
  )

  it.live("keeps the later of two readings with one time, however often they are given", () =>
    Effect.gen(function* () {
      const store = yield* open(yield* database)
      const [series] = yield* store.define([definition("rx.temp")])
      const { id } = series!
      const given = batch([
        { series: id, time: 1, value: 1 },
        { series: id, time: 1, value: 1 },
        { series: id, time: 1, value: 2 },
        { series: id, time: 1, value: 2, status: "warn" }
      ])
      const archive = make(store, {})
      for (const round of [1, 2, 3]) {
        yield* store.append(given)
        const [found] = (yield* archive.raw({ sensors: "m000/rx.temp" })).parts
        assert.deepStrictEqual(
          found!.readings.map(({ replaced, status, value }) => [value, status, replaced]),
          [[2, "warn", 2]],
          `round ${round}`
        )
        yield* seal(store, 200)
      }
      const [buckets] = yield* archive.buckets({ sensors: "m000", from: start, to: start + 120, points: 1 })
      assert.deepStrictEqual([buckets!.buckets[0]!.count, buckets!.buckets[0]!.worst], [1, "warn"])
    })
  )

  it.live("drops days of readings, and keeps their minutes and the last value of each sensor", () =>
    Effect.gen(function* () {
      const url = yield* database
      const store = yield* open(url)
      const [mode, temp] = yield* store.define([definition("mode", "discrete"), definition("rx.temp")])
      const archive = make(store, {})
      const day = 86_400
      const first = start - (start % day)
      yield* store.append(batch([{ series: mode!.id, time: first - start, value: "stow" }]))
      for (let days = 0; days < 4; days++) {
        yield* store.append(batch([{ series: temp!.id, time: first - start + days * day + 60, value: days }]))
        yield* store.tend((first + days * day + 3600) * 1e6, { raw: "1 day" })
      }
      assert.strictEqual((yield* store.state).rawFrom, (first + 2 * day) * 1e6)
      const { parts } = yield* archive.raw({ sensors: "m000" })
      assert.deepStrictEqual(
        parts.map(({ readings, series }) => [series.sensor, readings.length]),
        [["rx.temp", 2]]
      )
      const [moment] = yield* archive.at({ sensors: "m000/mode", time: first + 3 * day })
      assert.deepStrictEqual([moment!.reading?.value, moment!.status], ["stow", "nominal"])
      const [buckets] = yield* archive.buckets({ sensors: "m000/rx.temp", from: first, to: first + 4 * day, points: 4 })
      assert.deepStrictEqual(
        buckets!.buckets.map(({ mean }) => mean),
        [0, 1, 2, 3]
      )
      // readings of a day that is gone are counted
      yield* store.append(batch([{ series: temp!.id, time: first - start + 61, value: 9 }]))
      assert.strictEqual((yield* store.state).expired, 1)
    })
  )

  it.live("computes with numbers whose sum no double holds", () =>
    Effect.gen(function* () {
      const store = yield* open(yield* database)
      const [series] = yield* store.define([definition("rx.temp")])
      yield* store.append(
        batch([1, 2, 3].map((time) => ({ series: series!.id, time, value: time === 3 ? 1e-310 : 1.7e308 })))
      )
      const archive = make(store, {})
      for (const width of [10, 120]) {
        const [found] = yield* archive.buckets({ sensors: "m000", from: start, to: start + width, points: 1 })
        assert.closeTo(found!.buckets[0]!.mean! / 1e308, (1.7 * 2) / 3, 1e-9)
        yield* store.tend((start + 300) * 1e6)
      }
    })
  )

  it.live("refuses tables of a later version, and says what is wrong when there is no database", () =>
    Effect.gen(function* () {
      const url = yield* database
      yield* Effect.scoped(open(url))
      yield* statement(`update katcp.version set version = ${version + 1}`, url)
      const newer = yield* Effect.flip(Effect.scoped(open(url)))
      assert.strictEqual(newer.why, "newer")
      assert.include(
        newer.message,
        `a later version of katcp made the tables (version ${version + 1}; this one knows ${version})`
      )
      const away = yield* Effect.flip(Effect.scoped(open("postgres://katcp:secret@127.0.0.1:1/none")))
      assert.strictEqual(away.why, "away")
      assert.include(away.message, "postgres://katcp:***@127.0.0.1:1/none")
      assert.notInclude(away.message, "secret")
    })
  )

  it.live("goes on by itself once the database is there again", () =>
    Effect.gen(function* () {
      const store = yield* open(yield* database)
      const [series] = yield* store.define([definition("rx.temp")])
      yield* store.append(batch([{ series: series!.id, time: 1, value: 1 }]))
      yield* Effect.promise(() => postgres!.stop())
      const second = batch([{ series: series!.id, time: 2, value: 2 }])
      assert.strictEqual((yield* Effect.flip(store.append(second))).why, "away")
      yield* Effect.promise(() => postgres!.start())
      yield* Effect.retry(store.append(second), { times: 50 })
      const rows = yield* store.rows({ series: series!.id, from: 0, to: 9e15, limit: 10, newestFirst: false })
      assert.deepStrictEqual(
        rows.map(({ value }) => value),
        [1, 2]
      )
    })
  )
})
