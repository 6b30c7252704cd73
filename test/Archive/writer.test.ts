import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Layer, Schedule, Scope } from "effect"
import { Arg, Sensor } from "katcp"
import { Archive, type ArchiveOptions, layer, Store, StoreFailed } from "katcp/Archive"
import { layerSpill, layerSqlite } from "katcp/Archive/node"
import { Site, type SiteShape } from "katcp/Site"
import { device, onNetwork, siteOf, type TestDevice } from "../Site/network.ts"
import { folder } from "./folder.ts"

/** A store whose calls that write fail while `away.now` says so. */
const failing = (store: Store["Service"], away: { now: boolean }): Store["Service"] => {
  const guarded = <A>(effect: Effect.Effect<A, StoreFailed>) =>
    Effect.suspend(() =>
      away.now ? Effect.fail(new StoreFailed({ why: "full", store: "test", detail: "the disk is full" })) : effect
    )
  return {
    ...store,
    append: (batch) => guarded(store.append(batch)),
    define: (definitions) => guarded(store.define(definitions)),
    putGaps: (gaps) => guarded(store.putGaps(gaps)),
    tend: (now, keep, retention) => guarded(store.tend(now, keep, retention))
  }
}

/** An archive of a site, until its scope closes. */
const archiveOf = Effect.fnUntraced(function* (
  site: SiteShape,
  file: string,
  options: ArchiveOptions = {},
  away = { now: false }
) {
  const store = Context.get(yield* Layer.build(layerSqlite(file, { quiet: true })), Store)
  const archive = layer({ every: "10 millis", ...options }).pipe(
    Layer.provide(Layer.merge(Layer.succeed(Store, failing(store, away)), Layer.succeed(Site, site)))
  )
  return Context.get(yield* Layer.build(archive), Archive)
})

/** Waits until an effect gives what it should. */
const until = <A, E, R>(effect: Effect.Effect<A, E, R>, is: (value: A) => boolean) =>
  Effect.repeat(
    Effect.orElseSucceed(effect, () => undefined),
    { schedule: Schedule.spaced(20), until: (value) => value !== undefined && is(value) }
  ).pipe(Effect.map((value) => value as A))

const valuesOf = (archive: Archive["Service"], sensors: string) =>
  Effect.map(archive.raw({ sensors }), ({ parts }) =>
    parts.flatMap(({ readings }) => readings.map(({ value }) => value))
  )

const sensors = Effect.fnUntraced(function* ({ set }: TestDevice) {
  return {
    temp: yield* set.add(Sensor.make("rx.temp", { type: Arg.Float, units: "K" })),
    mode: yield* set.add(Sensor.make("mode", { type: Arg.Discrete("idle", "busy") })),
    count: yield* set.add(Sensor.make("count", { type: Arg.Int })),
    name: yield* set.add(Sensor.make("name", { type: Arg.Text })),
    flag: yield* set.add(Sensor.make("flag", { type: Arg.Boolean }))
  }
})

describe("an archive of a site", () => {
  it.live("keeps every reading with its value, status and both times", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { count, flag, mode, name, temp } = yield* sensors(one)
      const site = yield* siteOf({ m000: one })
      yield* site.synced
      const archive = yield* archiveOf(site, path.join(yield* folder, "site.db"))
      const values = [1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 0.1 + 0.2]
      const begun = (yield* Clock.currentTimeMillis) / 1000
      for (const [at, value] of values.entries())
        yield* temp.set(value, { status: "warn", timestamp: begun + at / 1000 })
      yield* count.set(2n ** 70n, { timestamp: begun })
      yield* count.set(-7, { timestamp: begun + 0.001 })
      yield* name.set("bytes \udcff and ✓")
      yield* mode.set("busy")
      yield* flag.set(true)
      const found = yield* until(
        archive.raw({ sensors: "m000/rx.temp" }),
        ({ parts }) => (parts[0]?.readings.length ?? 0) >= 5
      )
      const readings = found.parts[0]!.readings.slice(-5)
      assert.deepStrictEqual(
        readings.map(({ value }) => value),
        values
      )
      for (const { received, status, timestamp } of readings) {
        assert.strictEqual(status, "warn")
        assert.isAtLeast(received, timestamp - 1)
      }
      yield* until(archive.at({ sensors: "m000/flag", time: 9e9 }), ([moment]) => moment?.reading?.value === true)
      assert.deepStrictEqual((yield* valuesOf(archive, "m000/count")).slice(-2), [2n ** 70n, -7])
      assert.strictEqual((yield* valuesOf(archive, "m000/name")).at(-1), "bytes \udcff and ✓")
      assert.strictEqual((yield* valuesOf(archive, "m000/mode")).at(-1), "busy")
    }).pipe(onNetwork)
  )

  it.live("records the absence of a device as a gap, not as a reading", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { temp } = yield* sensors(one)
      const site = yield* siteOf({ m000: one })
      yield* site.synced
      yield* temp.set(3)
      const archive = yield* archiveOf(site, path.join(yield* folder, "site.db"))
      const now = Effect.map(archive.at({ sensors: "m000/rx.temp", time: 9e9 }), ([moment]) => moment!)
      yield* until(now, ({ reading }) => reading?.value === 3)
      yield* one.off
      const away = yield* until(now, ({ status }) => status === "unreachable")
      assert.strictEqual(away.gap?.reason, "away")
      assert.strictEqual(away.reading?.value, 3)
      yield* one.on
      yield* temp.set(4)
      const back = yield* until(now, ({ status }) => status === "nominal")
      assert.isUndefined(back.gap)
      yield* until(now, ({ reading }) => reading?.value === 4)
      const gaps = yield* archive.gaps({ sensors: "m000", from: 1, to: 9e9 })
      assert.deepStrictEqual(
        gaps.map(({ device, reason, to }) => [device, reason, to !== null]),
        [["m000", "away", true]]
      )
      assert.isFalse(
        (yield* archive.raw({ sensors: "m000" })).parts.some(({ readings }) =>
          readings.some(({ status }) => status === "unreachable")
        )
      )
    }).pipe(onNetwork)
  )

  it.live("continues while the store is not writable, says so, and loses nothing that fits into its buffer", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { count } = yield* sensors(one)
      const site = yield* siteOf({ m000: one })
      yield* site.synced
      const away = { now: false }
      const begun = (yield* Clock.currentTimeMillis) / 1000
      const archive = yield* archiveOf(site, path.join(yield* folder, "site.db"), {}, away)
      yield* until(archive.writer, (health) => health!.written > 0)
      away.now = true
      for (let value = 1; value <= 500; value++) yield* count.set(value, { timestamp: begun + value / 1000 })
      const bad = yield* until(archive.writer, (health) => !health!.ok)
      assert.include(bad!.error!, "the disk is full")
      assert.isAbove(bad!.waiting, 0)
      // queries are answered meanwhile
      assert.isAbove((yield* archive.series()).length, 0)
      away.now = false
      const good = yield* until(archive.writer, (health) => health!.ok && health!.waiting === 0)
      assert.strictEqual(good!.lost, 0)
      assert.deepStrictEqual(
        (yield* valuesOf(archive, "m000/count")).slice(-500),
        Array.from({ length: 500 }, (_, at) => at + 1)
      )
    }).pipe(onNetwork)
  )

  it.live("counts exactly the readings it lost when its buffer was full", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { count } = yield* sensors(one)
      const site = yield* siteOf({ m000: one }, { limits: { ringChanges: 100 } })
      yield* site.synced
      const away = { now: false }
      const begun = (yield* Clock.currentTimeMillis) / 1000
      const archive = yield* archiveOf(site, path.join(yield* folder, "site.db"), { buffer: 2000 }, away)
      yield* until(archive.writer, (health) => health!.written > 0 && health!.waiting === 0)
      const before = (yield* valuesOf(archive, "m000/count")).length
      away.now = true
      const row = site.table.at("m000/count")!
      for (let value = 1; value <= 1000; value++) yield* count.set(value, { timestamp: begun + value / 1000 })
      yield* until(
        Effect.sync(() => row.value),
        (value) => value === 1000
      )
      away.now = false
      const health = yield* until(archive.writer, (health) => health!.ok && health!.waiting === 0 && health!.lost > 0)
      const kept = (yield* valuesOf(archive, "m000/count")).length - before
      assert.strictEqual(kept + health!.lost, 1000)
      const gaps = yield* until(archive.gaps({ from: 1, to: 9e9 }), (gaps) =>
        gaps.some(({ reason }) => reason === "lost")
      )
      assert.strictEqual(
        gaps.reduce((sum, { lost }) => sum + lost, 0),
        health!.lost
      )
    }).pipe(onNetwork)
  )

  it.live("does not count readings of unarchived sensors as lost, and records sensors that disappear meanwhile", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { count, temp } = yield* sensors(one)
      const site = yield* siteOf({ m000: one }, { limits: { ringChanges: 100 } })
      yield* site.synced
      yield* temp.set(0.5)
      const file = path.join(yield* folder, "site.db")
      const scope = yield* Scope.make()
      // what is there at the beginning is taken at once, all else an hour later, or at the end
      const archive = yield* Scope.provide(
        archiveOf(site, file, { sensors: ["m000/rx.temp", "m000/mode"], every: "1 hour" }),
        scope
      )
      yield* until(archive.at({ sensors: "m000/rx.temp", time: 9e9 }), ([moment]) => moment?.reading !== undefined)
      let wanted = 0
      let others = 0
      site.table.onReading(({ name }, { lost }) => {
        if (name === "rx.temp" && !lost) wanted++
        if (name === "count") others++
      })
      yield* one.set.remove("mode")
      yield* one.cut
      yield* until(
        Effect.sync(() => site.table.at("m000/mode") === undefined),
        (gone) => gone
      )
      yield* site.synced
      for (let n = 0; n < 7; n++) yield* temp.set(n + 2)
      for (let n = 0; n < 500; n++) yield* count.set(n)
      const row = site.table.at("m000/count")!
      yield* until(
        Effect.sync(() => row.value),
        (value) => value === 499
      )
      assert.isAtLeast(others, 100)
      assert.isAtLeast(wanted, 1)
      assert.strictEqual((yield* archive.writer)!.lost, wanted)
      yield* Scope.close(scope, Exit.void)
      const store = yield* Layer.build(layerSqlite(file, { quiet: true, readOnly: true }))
      const found = (yield* Context.get(store, Store).gaps(0, 9e15)).map((gap) => [gap.reason, gap.sensor, gap.lost])
      assert.deepStrictEqual(found.filter(([reason]) => reason !== "away").sort(), [
        ["lost", "", wanted],
        ["removed", "mode", 0]
      ])
    }).pipe(onNetwork)
  )

  it.live("accepts new sensors while the store is away, through a spill, in order, even across a restart", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { count } = yield* sensors(one)
      const site = yield* siteOf({ m000: one })
      yield* site.synced
      const where = yield* folder
      const file = path.join(where, "site.db")
      const away = { now: false }
      const begun = (yield* Clock.currentTimeMillis) / 1000
      /** The spill lives as long as the archive. */
      const spilling = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.flatMap(Layer.build(layerSpill(path.join(where, "spill"))), (context) =>
          Effect.provideContext(effect, context)
        )
      const scope = yield* Scope.make()
      const archive = yield* archiveOf(site, file, { buffer: 2000 }, away).pipe(spilling, Scope.provide(scope))
      yield* until(archive.writer, (health) => health!.written > 0 && health!.waiting === 0)
      away.now = true
      const later = yield* one.set.add(Sensor.make("later", { type: Arg.Int }))
      yield* until(
        Effect.sync(() => site.table.at("m000/later")?.reading),
        (reading) => reading !== undefined
      )
      let covered = 0
      for (let value = 1; value <= 1000; value++) {
        if (value === 1000) covered = yield* Clock.currentTimeMillis
        yield* count.set(value, { timestamp: begun + value / 1000 })
        yield* later.set(value, { timestamp: begun + value / 1000 })
        if (value % 100 === 0) yield* Effect.sleep(20)
      }
      const bad = yield* until(archive.writer, (health) => health!.waiting >= 2000)
      assert.isAbove(bad!.spilled, 0)
      // it ends while the store is away
      yield* Scope.close(scope, Exit.void)
      away.now = false
      const next = yield* spilling(archiveOf(site, file, { buffer: 2000 }, away))
      yield* until(next.writer, (health) => health!.written >= 2000 && health!.waiting === 0)
      const expected = Array.from({ length: 1000 }, (_, at) => at + 1)
      for (const sensor of ["m000/count", "m000/later"])
        assert.deepStrictEqual(
          (yield* valuesOf(next, sensor)).filter((value) => value !== 0),
          expected
        )
      const { lost, spilled } = (yield* next.writer)!
      assert.deepStrictEqual({ lost, spilled }, { lost: 0, spilled: 0 })
      // the time that is covered by what was in the spill is not a gap
      const gaps = yield* next.gaps({ from: 1, to: 9e9 })
      assert.isTrue(
        gaps.every(({ from }) => from >= covered * 1000),
        JSON.stringify(gaps)
      )
    }).pipe(onNetwork)
  )

  it.live("begins at a runner of a fleet while the database is away, and writes once it is back", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { count } = yield* sensors(one)
      const site = yield* siteOf({ m000: one })
      yield* site.synced
      const file = path.join(yield* folder, "site.db")
      const store = Context.get(yield* Layer.build(layerSqlite(file, { quiet: true })), Store)
      let away = true
      const lost = Effect.fail(new StoreFailed({ why: "away", store: "test", detail: "the connection was closed" }))
      const guarded = <A>(effect: Effect.Effect<A, StoreFailed>) => Effect.suspend(() => (away ? lost : effect))
      const absent: Store["Service"] = {
        ...failing(store, { now: false }),
        state: guarded(store.state),
        append: (batch) => guarded(store.append(batch)),
        define: (definitions) => guarded(store.define(definitions))
      }
      const build = (options: ArchiveOptions) =>
        Layer.build(
          layer({ every: "10 millis", ...options }).pipe(
            Layer.provide(Layer.merge(Layer.succeed(Store, absent), Layer.succeed(Site, site)))
          )
        )
      // one process alone ends with the reason
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.scoped(build({})))))
      const fleet = { epochOf: () => 1, holds: () => true, tends: Effect.succeed(false) }
      const archive = Context.get(yield* build({ fleet }), Archive)
      yield* count.set(7)
      yield* until(archive.writer, (health) => health!.error !== undefined)
      away = false
      yield* until(archive.writer, (health) => health!.ok && health!.written > 0 && health!.waiting === 0)
      assert.include(yield* valuesOf(archive, "m000/count"), 7)
    }).pipe(onNetwork)
  )

  it.live("drops nothing when the clock steps a year ahead, and says so", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { temp } = yield* sensors(one)
      const clock = yield* Clock.Clock
      let step = 0
      const stepped: Clock.Clock = {
        ...clock,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + step,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + step),
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + BigInt(step) * 1_000_000n,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        sleep: (duration) => clock.sleep(duration)
      }
      const seen: Array<{ readonly ahead: boolean }> = []
      yield* Effect.gen(function* () {
        const site = yield* siteOf({ m000: one })
        yield* site.synced
        yield* temp.set(1)
        const where = path.join(yield* folder, "site.db")
        const store = Context.get(yield* Layer.build(layerSqlite(where, { quiet: true })), Store)
        const noted: Store["Service"] = {
          ...store,
          tend: (now, keep, retention) => {
            seen.push({ ahead: now - retention!.time > 300 * 86_400e6 })
            return store.tend(now, keep, retention)
          }
        }
        const archive = Context.get(
          yield* Layer.build(
            layer({ every: "10 millis", keep: { raw: "7 days" } }).pipe(
              Layer.provide(Layer.merge(Layer.succeed(Store, noted), Layer.succeed(Site, site)))
            )
          ),
          Archive
        )
        yield* until(archive.writer, (health) => health!.written > 0 && seen.length > 0)
        step = 365 * 86_400_000
        const health = yield* until(archive.writer, (health) => health!.clockAhead > 0)
        assert.closeTo(health!.clockAhead, 365 * 86_400, 60)
        assert.deepStrictEqual(
          seen.map(({ ahead }) => ahead),
          [...Array(seen.length - 1).fill(false), true]
        )
        assert.isTrue((yield* valuesOf(archive, "m000/rx.temp")).includes(1))
        step = 0
        yield* until(archive.writer, (health) => health!.clockAhead === 0)
      }).pipe(Effect.provideService(Clock.Clock, stepped))
    }).pipe(onNetwork)
  )

  it.live("keeps the sensors that its patterns select, and records its own downtime as a gap", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const { temp } = yield* sensors(one)
      const site = yield* siteOf({ m000: one })
      yield* site.synced
      yield* temp.set(1)
      const file = path.join(yield* folder, "site.db")
      for (const run of [1, 2]) {
        const scope = yield* Scope.make()
        const archive = yield* archiveOf(site, file, { sensors: ["*/rx.*"] }).pipe(Scope.provide(scope))
        yield* until(archive.writer, (health) => health!.written > 0)
        assert.deepStrictEqual(
          (yield* archive.series()).map(({ sensor }) => sensor),
          ["rx.temp"]
        )
        const gaps = yield* archive.gaps({ from: 1, to: 9e9 })
        assert.deepStrictEqual(
          gaps.map(({ reason }) => reason),
          run === 1 ? [] : ["off"]
        )
        yield* Scope.close(scope, Exit.void)
      }
    }).pipe(onNetwork)
  )

  it.live("begins a new series when a sensor comes back with another type", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const temp = yield* one.set.add(Sensor.make("rx.temp", { type: Arg.Float, units: "K" }))
      const site = yield* siteOf({ m000: one })
      yield* site.synced
      yield* temp.set(1.5)
      const archive = yield* archiveOf(site, path.join(yield* folder, "site.db"))
      yield* until(valuesOf(archive, "m000/rx.temp"), (values) => values.at(-1) === 1.5)
      yield* one.set.remove("rx.temp")
      const other = yield* one.set.add(Sensor.make("rx.temp", { type: Arg.Text }))
      yield* one.cut
      yield* other.set("warm")
      yield* until(valuesOf(archive, "m000/rx.temp"), (values) => values.at(-1) === "warm")
      assert.deepStrictEqual(
        (yield* archive.series("m000/rx.temp")).map(({ type }) => type),
        ["float", "string"]
      )
    }).pipe(onNetwork)
  )
})
