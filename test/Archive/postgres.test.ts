import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Schedule, Scope } from "effect"
import { afterAll } from "vitest"
import { make } from "../../src/Archive/answers/make.ts"
import { Store } from "../../src/Archive/index.ts"
import { layerPostgres } from "../../src/Archive/node/index.ts"
import { load } from "../../src/Archive/node/postgres/driver.ts"
import { version } from "../../src/Archive/node/postgres/schema.ts"
import { cluster, statement } from "./cluster.ts"
import { history } from "./equality.ts"
import { batch, definition, seal, start } from "./readings.ts"

const driver = await Effect.runPromise(Effect.option(load("")))
const found = driver._tag === "None" ? "the package @effect/sql-pg is not installed" : await cluster({ quick: true })
const missing = typeof found === "string" ? found : undefined
if (missing !== undefined) {
  if (process.env.CI === "true") throw new Error(missing)
  process.stderr.write(`skipped: the archive in PostgreSQL: ${missing}\n`)
}
const postgres = typeof found === "string" ? undefined : found
afterAll(() => postgres?.remove())

/** An empty database. */
const database = Effect.promise(() => postgres!.database())

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

  it.live("drops the oldest days above keep.bytes, but never the current day, however large it is", () =>
    Effect.gen(function* () {
      const store = yield* open(yield* database)
      const [log] = yield* store.define([definition("log", "string", "")])
      const day = 86_400
      const first = start - (start % day)
      const bytes = 8 * 1024 * 1024
      /** 3 MiB of readings of a day. */
      const fill = (days: number, from: number) =>
        store.append(
          batch(
            Array.from({ length: 3000 }, (_, at) => ({
              series: log!.id,
              time: first - start + days * day + from + at,
              value: `${at} ${"x".repeat(1000)}`
            }))
          )
        )
      const tend = (days: number) => store.tend((first + days * day + 40_000) * 1e6, { bytes })
      for (let days = 0; days < 4; days++) {
        yield* fill(days, 0)
        yield* tend(days)
        assert.isAtMost((yield* store.state).bytes, bytes, `day ${days}`)
      }
      assert.strictEqual((yield* store.state).rawFrom, (first + 2 * day) * 1e6)
      // the server counts rows a second later at most
      const { rows } = yield* Effect.repeat(store.state, {
        schedule: Schedule.spaced(200),
        until: ({ rows }) => rows >= 6000
      })
      assert.isAtMost(rows, 6000)
      for (const from of [5000, 10_000, 15_000]) yield* fill(3, from)
      yield* tend(3)
      const { bytes: used, rawFrom } = yield* store.state
      assert.strictEqual(rawFrom, (first + 3 * day) * 1e6)
      assert.isAbove(used, bytes)
      assert.strictEqual(
        (yield* store.rows({ series: log!.id, from: 0, to: 9e15, limit: 1e6, newestFirst: false })).length >= 7000,
        true
      )
      // the day is over: its minutes are summed up, and it goes
      yield* tend(4)
      assert.strictEqual((yield* store.state).rawFrom, (first + 4 * day) * 1e6)
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

  it.live("refuses a second archive with a reason, and lets it write once the first has ended, in order or not", () =>
    Effect.gen(function* () {
      const url = yield* database
      const scope = yield* Scope.make()
      const first = yield* open(url).pipe(Scope.provide(scope))
      const refused = yield* Effect.flip(Effect.scoped(open(url)))
      assert.strictEqual(refused.why, "held")
      assert.match(
        refused.message,
        /another archive writes to this database \(process \d+ of katcp at 127\.0\.0\.1 since \d{4}-.* UTC\)\. End that one, or name another database\.$/
      )
      // any number may read
      yield* Effect.scoped(Effect.flatMap(open(url, { readOnly: true }), ({ series }) => series))
      const [series] = yield* first.define([definition("rx.temp")])
      // its connection breaks, and another takes its place
      yield* statement(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
        url
      )
      const other = yield* Effect.scoped(
        Effect.gen(function* () {
          // the server takes its time to end the process of a connection that it breaks
          const second = yield* Effect.retry(open(url), {
            schedule: Schedule.spaced(50),
            while: ({ why }) => why === "held"
          })
          yield* second.append(batch([{ series: series!.id, time: 1, value: 1 }]))
          yield* Effect.exit(first.append(batch([{ series: series!.id, time: 2, value: 2 }])))
          return yield* Effect.flip(first.append(batch([{ series: series!.id, time: 2, value: 2 }])))
        })
      )
      assert.strictEqual(other.why, "held")
      // the second has ended in order
      yield* first.append(batch([{ series: series!.id, time: 2, value: 2 }]))
      yield* Scope.close(scope, Exit.void)
      yield* Effect.scoped(open(url))
    })
  )

  it.live("writes smaller batches if the server cancels long statements", () =>
    Effect.gen(function* () {
      const url = yield* database
      const store = yield* open(url)
      const [series] = yield* store.define([definition("rx.temp")])
      yield* store.append(batch([{ series: series!.id, time: 0, value: 0 }]))
      // a server on which a statement of more than 100 readings takes too long
      yield* statement(
        `create function katcp.slow() returns trigger language plpgsql as $$ begin
           if (select count(*) from added) > 100 then
             raise exception 'canceling statement due to statement timeout' using errcode = 'query_canceled';
           end if;
           return null;
         end $$`,
        url
      )
      yield* statement(
        "create trigger slow after insert on katcp.reading referencing new table as added for each statement execute function katcp.slow()",
        url
      )
      const given = Array.from({ length: 400 }, (_, at) => ({ series: series!.id, time: at, value: at }))
      yield* store.append(batch(given))
      const rows = yield* store.rows({ series: series!.id, from: 0, to: 9e15, limit: 1000, newestFirst: false })
      assert.deepStrictEqual(
        rows.map(({ value }) => value),
        given.map(({ value }) => value)
      )
    })
  )

  it.live("makes partitions before their day begins, for late readings, and again if they were removed", () =>
    Effect.gen(function* () {
      const url = yield* database
      const store = yield* open(url)
      const [series] = yield* store.define([definition("rx.temp")])
      const { id } = series!
      const midnight = 86_400 - (start % 86_400)
      yield* store.tend((start + midnight - 3600) * 1e6)
      // at the change of the day, while a query of somebody reads the table, and partitions are made and dropped
      const reading = yield* Effect.forkChild(
        statement("begin; select count(*) from katcp.reading; select pg_sleep(2); commit", url).pipe(Effect.ignore)
      )
      const tending = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 20 }, (_, at) => at),
          (at) => store.tend((start + midnight - 10 + at) * 1e6, { raw: "1 day" })
        )
      )
      for (let at = 0; at < 40; at++) yield* store.append(batch([{ series: id, time: midnight - 20 + at, value: at }]))
      yield* store.append(batch([{ series: id, time: midnight - 90_000, received: midnight - 50_000, value: -1 }]))
      yield* Fiber.join(tending)
      yield* Fiber.interrupt(reading)
      const count = Effect.map(
        store.rows({ series: id, from: 0, to: 9e15, limit: 1000, newestFirst: false }),
        ({ length }) => length
      )
      assert.isAtLeast(yield* count, 40)
      const before = yield* count
      const name = `reading_${Math.floor((start + midnight) / 86_400)}`
      yield* statement(`alter table katcp.reading detach partition katcp.${name}`, url)
      yield* statement(`drop table katcp.${name}`, url)
      yield* store.append(batch([{ series: id, time: midnight + 100, value: 1 }]))
      assert.strictEqual(yield* count, before - 20 + 1)
    })
  )

  it.live("includes readings in their minute even if they arrive while it is computed", () =>
    Effect.gen(function* () {
      const store = yield* open(yield* database)
      const [series] = yield* store.define([definition("rx.temp")])
      const archive = make(store, {})
      const minutes = 50
      yield* store.append(batch([{ series: series!.id, time: 0, value: 0 }]))
      // a replay after an outage, and what is due, at the same time
      yield* Effect.all(
        [
          Effect.forEach(
            Array.from({ length: minutes }, (_, at) => at),
            (at) => store.append(batch([{ series: series!.id, time: at * 60 + 1, received: 4000, value: at }]))
          ),
          Effect.forEach(
            Array.from({ length: 10 }, (_, at) => at),
            () => store.tend((start + 4000) * 1e6)
          )
        ],
        { concurrency: 2 }
      )
      yield* store.tend((start + 4000) * 1e6)
      const begin = start - (start % 60)
      const [found] = yield* archive.buckets({ sensors: "m000", from: begin, to: begin + 3600, points: 60 })
      assert.strictEqual(
        found!.buckets.reduce((sum, { count }) => sum + count, 0),
        minutes + 1
      )
    })
  )

  it.live("keeps the texts of a device with any bytes", () =>
    Effect.gen(function* () {
      const store = yield* open(yield* database)
      const odd = { ...definition("odd"), description: "a \0 and \udcff", units: "\0", parameters: ["\0"] }
      const [one, other] = yield* store.define([odd, odd])
      assert.strictEqual(one!.id, other!.id)
      const [again] = yield* store.define([odd])
      assert.strictEqual(again!.id, one!.id)
    })
  )

  it.live("explains a wrong user, database or permission, and what to try", () =>
    Effect.gen(function* () {
      const url = yield* database
      yield* Effect.ignore(Effect.exit(statement("create role guest login", url)))
      const message = (at: string) => Effect.map(Effect.flip(Effect.scoped(open(at))), ({ message }) => message)
      assert.include(yield* message(url.replace("katcp@", "guest@")), "grant create on database NAME to USER")
      assert.include(
        yield* message(url.replace(/\/[^/]*$/, "/nowhere")),
        'database "nowhere" does not exist. Make the database'
      )
      assert.include(yield* message(url.replace("katcp@", "nobody@")), "Check user and password")
      assert.include(yield* message("postgres://127.0.0.1:1/x"), "Is it running at that host and port?")
    })
  )

  it.live("continues by itself once the database is back", () =>
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
