import { execFile } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { make } from "../../src/Archive/answers/make.ts"
import { Store } from "../../src/Archive/index.ts"
import { BatchBuilder } from "../../src/Archive/model/Batch.ts"
import { layerSqlite } from "../../src/Archive/node/index.ts"
import { migrate, version } from "../../src/Archive/node/sqlite/schema.ts"
import { workerUrl } from "../../src/Archive/node/sqlite/workerUrl.ts"
import { history } from "./equality.ts"
import { folder } from "./folder.ts"
import { killed } from "./killed.ts"
import { batch, definition, seal, start } from "./readings.ts"

const open = (file: string, options: Parameters<typeof layerSqlite>[1] = {}) =>
  Effect.map(Layer.build(layerSqlite(file, { quiet: true, ...options })), (context) => Context.get(context, Store))

describe("the archive in SQLite", () => {
  it.live.each([
    [1, {}, 40],
    [2, {}, 300],
    [3, { raw: "10 minutes" }, 40],
    [4, { raw: "10 minutes" }, 300],
    [5, { raw: "15 minutes", minute: "2 hours" }, 40]
  ] as const)(
    "answers every query as the naive fold does (seed %i, keep %o, %i readings a period)",
    ([seed, keep, periodRows]) =>
      Effect.gen(function* () {
        const file = path.join(yield* folder, "site.db")
        const done = yield* history(seed, layerSqlite(file, { periodRows, quiet: true }), { steps: 60, keep })
        assert.isAbove(done.readings, 100)
        assert.strictEqual(Number.isFinite(done.rawFrom), "raw" in keep, "readings were dropped")
      })
  )

  it.live("keeps the later of two readings with one time, and the number that it replaced", () =>
    Effect.gen(function* () {
      const store = yield* open(path.join(yield* folder, "site.db"))
      const [series] = yield* store.define([definition("rx.temp")])
      const { id } = series!
      // one chunk: all of them came at one time
      const given = batch([
        { series: id, time: 1, value: 1 },
        { series: id, time: 1, value: 1 },
        { series: id, time: 1, value: 2 },
        { series: id, time: 1, value: 2, status: "warn" }
      ])
      const archive = make(store, {})
      yield* store.append(given)
      // repeated, before and after sealing
      yield* store.append(given)
      for (const round of [1, 2]) {
        const [found] = (yield* archive.raw({ sensors: "m000/rx.temp" })).parts
        assert.deepStrictEqual(
          found!.readings.map(({ replaced, status, value }) => [value, status, replaced]),
          [[2, "warn", 2]],
          `round ${round}`
        )
        yield* seal(store, 200_000)
        yield* store.append(given)
      }
    })
  )

  it.live("stores readings with an absurd timestamp under their time of arrival", () =>
    Effect.gen(function* () {
      const store = yield* open(path.join(yield* folder, "site.db"))
      const [series] = yield* store.define([definition("rx.temp")])
      const { id } = series!
      const archive = make(store, {})
      yield* store.append(
        batch([
          { series: id, time: 1e9, received: 10, value: 1 },
          { series: id, time: -1e9, received: 20, value: 2 },
          { series: id, time: 89, received: 30, value: 3 },
          { series: id, time: -86_000, received: 40, value: 4 }
        ])
      )
      const [found] = (yield* archive.raw({ sensors: "m000/rx.temp" })).parts
      assert.deepStrictEqual(
        found!.readings.map(({ received, time, timestamp, value }) => [
          value,
          time - start,
          timestamp - start,
          received - start
        ]),
        [
          [4, -86_000, -86_000, 40],
          [1, 10, 1e9, 10],
          [2, 20, -1e9, 20],
          [3, 89, 89, 30]
        ]
      )
    })
  )

  it.live("begins a new series when the type or the units of a sensor change", () =>
    Effect.gen(function* () {
      const store = yield* open(path.join(yield* folder, "site.db"))
      const [first] = yield* store.define([definition("rx.temp")])
      const [again, other, units] = yield* store.define([
        { ...definition("rx.temp"), description: "new words", parameters: ["a"] },
        definition("rx.temp", "discrete"),
        definition("rx.temp", "float", "C")
      ])
      assert.strictEqual(again!.id, first!.id)
      assert.strictEqual(new Set([first!.id, other!.id, units!.id]).size, 3)
      const known = (yield* store.series).find(({ id }) => id === first!.id)!
      assert.deepStrictEqual([known.description, known.parameters], ["new words", ["a"]])
    })
  )

  it.live("knows the last value of a sensor whose readings were all dropped", () =>
    Effect.gen(function* () {
      const store = yield* open(path.join(yield* folder, "site.db"))
      const [mode, temp] = yield* store.define([definition("mode", "discrete"), definition("rx.temp")])
      const archive = make(store, {})
      yield* store.append(batch([{ series: mode!.id, time: 0, value: "stow" }]))
      for (let minute = 0; minute < 60; minute++) {
        yield* store.append(batch([{ series: temp!.id, time: minute * 60, value: minute }]))
        yield* store.tend((start + minute * 60 + 5) * 1e6, { raw: "10 minutes" })
      }
      const { rawFrom } = yield* store.state
      assert.isAbove(rawFrom, start * 1e6)
      assert.deepStrictEqual((yield* archive.raw({ sensors: "m000/mode" })).parts, [])
      const [moment] = yield* archive.at({ sensors: "m000/mode", time: start + 3500 })
      assert.deepStrictEqual(
        [moment!.reading?.value, moment!.reading?.time, moment!.status],
        ["stow", start, "nominal"]
      )
      // and its minutes
      const [buckets] = yield* archive.buckets({ sensors: "m000/mode", from: start, to: start + 3600, points: 60 })
      assert.deepStrictEqual(
        buckets!.buckets.map(({ last }) => last),
        ["stow"]
      )
    })
  )

  it.live("drops the oldest periods above keep.bytes, but never readings that are not in a period yet", () =>
    Effect.gen(function* () {
      const store = yield* open(path.join(yield* folder, "site.db"), { periodRows: 1000 })
      const [log] = yield* store.define([definition("log", "string", "")])
      const bytes = 8 * 1024 * 1024
      let time = 0
      /** A reading a second. Longer texts take a page each. */
      const fill = (seconds: number) =>
        store.append(
          batch(
            Array.from({ length: seconds }, () => ({
              series: log!.id,
              time: time++,
              value: `${time} ${"x".repeat(900)}`
            }))
          )
        )
      const tend = Effect.suspend(() => store.tend((start + time + 3) * 1e6, { bytes }))
      for (let round = 0; round < 14; round++) {
        yield* fill(1000)
        yield* tend
        assert.isAtMost((yield* store.state).bytes, bytes, `round ${round}`)
      }
      const { rawFrom } = yield* store.state
      assert.isAbove(rawFrom, (start + 3000) * 1e6)
      assert.isBelow(rawFrom, (start + 10_000) * 1e6)
      yield* fill(12_000)
      yield* tend
      assert.isAbove((yield* store.state).bytes, bytes)
      const newest = yield* store.rows({ series: log!.id, from: 0, to: 9e15, limit: 1e6, newestFirst: true })
      // an answer ends with 8 MiB of text
      assert.isAtLeast(newest.length, 9000)
    })
  )

  it.live("stays readable and says so when the disk is full, and writes again when there is room", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "site.db")
      const store = yield* open(file, { maxPages: 120 })
      const [series] = yield* store.define([definition("rx.temp")])
      const { id } = series!
      // another file, as far as the limit goes, takes all the room
      const other = new DatabaseSync(file)
      other.exec("pragma busy_timeout = 10000; create table other(a); insert into other values(zeroblob(400000))")
      let kept = 0
      const next = Effect.suspend(() => {
        const given = Array.from({ length: 100 }, (_, at) => ({
          series: id,
          time: (kept + at) / 1000,
          value: kept + at
        }))
        return Effect.tap(store.append(batch(given)), () => Effect.sync(() => (kept += 100)))
      })
      const { message, why } = yield* Effect.flip(Effect.forever(next))
      assert.deepStrictEqual(
        [why, message],
        ["full", `the archive in ${file}: the disk, or the limit of the file, is full`]
      )
      const values = Effect.map(store.rows({ series: id, from: 0, to: 9e15, limit: 1e6, newestFirst: false }), (rows) =>
        rows.map(({ value }) => value)
      )
      const all = () => Array.from({ length: kept }, (_, at) => at)
      assert.deepStrictEqual(yield* values, all())
      other.exec("drop table other")
      other.close()
      yield* next
      assert.deepStrictEqual(yield* values, all())
    })
  )

  it.live("has all acknowledged readings after it was killed, while writing or sealing", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "site.db")
      for (const batches of [30, 120]) {
        const { acknowledged, there, wrong } = yield* killed(file, batches, 2000)
        assert.isAbove(acknowledged, 0)
        assert.isAtLeast(there, acknowledged)
        assert.strictEqual(wrong, 0)
      }
    })
  )

  it.live("refuses files that a later version made, and databases that are not archives, with a message", () =>
    Effect.gen(function* () {
      const where = yield* folder
      const message = (file: string) =>
        Effect.map(Effect.flip(Effect.scoped(open(file))), ({ message, why }) => [why, message])
      const newer = path.join(where, "newer.db")
      yield* Effect.scoped(open(newer))
      const db = new DatabaseSync(newer)
      db.exec(`pragma user_version = ${version + 1}`)
      db.close()
      const [why, text] = yield* message(newer)
      assert.strictEqual(why, "newer")
      assert.include(
        text,
        `a later version of katcp made the file (tables of version ${version + 1}; this one knows ${version})`
      )
      const foreign = path.join(where, "foreign.db")
      const other = new DatabaseSync(foreign)
      other.exec("create table something(a)")
      other.close()
      assert.deepStrictEqual((yield* message(foreign))[0], "foreign")
      const reading = (file: string) =>
        Effect.map(Effect.flip(Effect.scoped(open(file, { readOnly: true }))), ({ message }) => message)
      const empty = path.join(where, "empty.db")
      writeFileSync(empty, "")
      assert.include(yield* reading(empty), "the file is empty: no archive has written to it yet")
      const older = path.join(where, "older.db")
      const first = new DatabaseSync(older)
      migrate(first, 1)
      first.close()
      assert.include(yield* reading(older), "an earlier version of katcp made the file")
      const none = path.join(where, "none.db")
      writeFileSync(none, "no database at all, but a text that is long enough to be looked at ".repeat(20))
      assert.include((yield* message(none))[1], none)
      assert.include((yield* message(none))[1], "the file is not a database of SQLite. Name another file.")
      assert.include(
        (yield* message(path.join(where, "gone", "site.db")))[1],
        "Does the folder exist, and may you write to it?"
      )
      const damaged = path.join(where, "damaged.db")
      yield* Effect.scoped(open(damaged))
      const bytes = readFileSync(damaged)
      bytes.fill(0x55, 4096, Math.min(bytes.length, 60_000))
      writeFileSync(damaged, bytes)
      assert.include((yield* message(damaged))[1], "the file is damaged. Move it aside and begin a new one")
    })
  )

  it.live("migrates the tables of an earlier version", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "old.db")
      const db = new DatabaseSync(file)
      migrate(db, 1)
      db.exec(
        `insert into series values(7, 'm000', 'rx.temp', 'float', 'K', '', '[]', ${start}000000);
         insert into hot_1 values(7, ${start}000000, 5, 1, 1.5, null, 0, null)`
      )
      db.close()
      const archive = make(yield* open(file), {})
      const [found] = (yield* archive.raw({ sensors: "m000" })).parts
      assert.deepStrictEqual(
        found!.readings.map(({ value }) => value),
        [1.5]
      )
      assert.strictEqual((yield* archive.state).version, version)
    })
  )

  it.live("removes the leftovers of a period that was never finished, or only half dropped", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "killed.db")
      const scope = yield* Scope.make()
      const store = Context.get(yield* Layer.buildWithScope(layerSqlite(file, { quiet: true }), scope), Store)
      const [series] = yield* store.define([definition("rx.temp")])
      yield* store.append(batch([{ series: series!.id, time: 0, value: 1 }]))
      yield* seal(store, 200_000)
      yield* Scope.close(scope, Exit.void)
      const db = new DatabaseSync(file)
      db.exec(`insert into presence values(${series!.id}, 0, 5), (${series!.id}, 99, 5)`)
      const moment = (archive: ReturnType<typeof make>) =>
        Effect.map(archive.at({ sensors: "m000/rx.temp", time: start + 1e6 }), ([found]) => found!.reading?.value)
      // a program that only reads finds them as they are
      assert.strictEqual(yield* moment(make(yield* open(file, { readOnly: true }), {})), 1)
      assert.strictEqual(yield* moment(make(yield* open(file), {})), 1)
      assert.strictEqual(Number(db.prepare("select count(*) n from presence").get()!.n), 1)
      db.close()
    })
  )

  it.live("can be queried by another program that reads the file", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "site.db")
      const store = yield* open(file, { periodRows: 100 })
      const [series] = yield* store.define([definition("rx.temp")])
      const builder = new BatchBuilder()
      for (let round = 0; round < 5; round++) {
        const given = Array.from({ length: 120 }, (_, at) => ({
          series: series!.id,
          time: round * 120 + at,
          value: at
        }))
        yield* store.append(batch(given, builder))
        yield* store.tend((start + round * 120 + 125) * 1e6)
      }
      const db = new DatabaseSync(file, { readOnly: true })
      const found = db.prepare("select count(*) rows, max(value) most from reading join series on id = series").get()!
      assert.deepStrictEqual({ ...found }, { rows: 600, most: 119 })
      assert.isAbove(Number(db.prepare("select count(*) n from period").get()!.n), 1)
      db.close()
    })
  )

  it.live("is written to by one layer after another", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "site.db")
      for (let round = 0; round < 3; round++) {
        const scope = yield* Scope.make()
        const store = Context.get(yield* Layer.buildWithScope(layerSqlite(file, { quiet: true }), scope), Store)
        const [series] = yield* store.define([definition("rx.temp")])
        yield* store.append(batch([{ series: series!.id, time: round, value: round }]))
        yield* Scope.close(scope, Exit.void)
        const closed = yield* Effect.flip(store.series)
        assert.include(closed.message, "closed")
      }
      const store = yield* open(file)
      assert.strictEqual((yield* store.state).rows, 3)
    })
  )

  it("has threads that do not load Effect, which would dominate the time to open a file", async () => {
    const program = `import { registerHooks } from "node:module"
      registerHooks({
        resolve: (name, context, next) => {
          const found = next(name, context)
          if (/node_modules/.test(found.url)) console.log(found.url)
          return found
        }
      })
      // without a port it ends once everything is loaded
      await import(${JSON.stringify(workerUrl.href)}).catch((error) => console.log(error.constructor.name))`
    const words = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program]
    const { stdout } = await promisify(execFile)(process.execPath, words)
    assert.strictEqual(stdout, "TypeError\n")
  })
})
