/** The push loop: what a sink is given, while it works and while it does not. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Arg } from "katcp"
import { layerPush, type PushHealth, type PushOptions, push, type Sink, SinkFailed } from "katcp/Export"
import { Health, type Limits, Site } from "katcp/Site"
import { siteWith } from "./site.ts"

/** A sink that keeps what it is given, and does as the test says. */
const testSink = (name = "test") => {
  const state = {
    /** Readings as `sensor=value`, and `lost N`. */
    taken: [] as Array<string>,
    mode: "up" as "up" | "away" | "hangs" | "large" | "defect" | "rests",
    /** Seconds for which it asks to be left alone while it rests. */
    rest: 120,
    /** Values that are refused. */
    bad: new Set<string>(),
    attempts: 0
  }
  const sink: Sink = {
    name,
    to: `the ${name} sink`,
    write: (changes) =>
      Effect.suspend(() => {
        state.attempts++
        if (state.mode === "hangs") return Effect.never
        if (state.mode === "defect") throw new Error("a mistake")
        if (state.mode === "away") return Effect.fail(new SinkFailed({ why: "away", message: "refused" }))
        if (state.mode === "rests")
          return Effect.fail(new SinkFailed({ why: "away", message: "429", after: state.rest }))
        if (state.mode === "large" && changes.length > 10)
          return Effect.fail(new SinkFailed({ why: "large", message: "413" }))
        const readings = changes.filter((change) => change._tag === "Reading")
        if (readings.some(({ reading }) => state.bad.has(reading.latin1!)))
          return Effect.fail(new SinkFailed({ why: "refused", message: "400" }))
        for (const { reading, row } of readings) state.taken.push(`${row.name}=${reading.latin1}`)
        return Effect.succeed({ written: readings.length, refused: 0, altered: 0 })
      }),
    gap: (lost) =>
      Effect.suspend(() => {
        if (state.mode === "away") return Effect.fail(new SinkFailed({ why: "away", message: "refused" }))
        state.taken.push(`lost ${lost}`)
        return Effect.void
      })
  }
  return Object.assign(state, { sink })
}

const setUp = Effect.fnUntraced(function* (limits: Limits = {}, options: PushOptions = {}) {
  const made = yield* siteWith(["m000"], limits)
  const a = made.add("a", Arg.Int)
  const b = made.add("b", Arg.Int)
  const test = testSink()
  const start = push(made.site, test.sink, options)
  return { ...made, a, b, test, start }
})

/** Integers from one up to another. */
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)

describe("pushing to a sink", () => {
  it.effect("begins with the newest reading of each sensor, and then has every reading in order", () =>
    Effect.gen(function* () {
      const { a, b, set, start, test } = yield* setUp()
      for (const n of [1, 2]) set(a, `${n}`)
      const health = yield* start
      yield* TestClock.adjust(0)
      for (const n of [3, 4]) set(a, `${n}`)
      set(b, "7")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(test.taken, ["a=2", "a=3", "a=4", "b=7"])
      for (const n of range(1, 12_000)) set(a, `${n}`)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        test.taken.slice(4),
        range(1, 12_000).map((n) => `a=${n}`)
      )
      const { lost, ok, pending, written } = health()
      assert.deepStrictEqual({ lost, ok, pending, written }, { lost: 0, ok: true, pending: 0, written: 12_004 })
    })
  )

  it.effect("loses nothing below the bound while the sink is away for a minute, and reports it", () =>
    Effect.gen(function* () {
      const { a, set, start, test } = yield* setUp({ ringChanges: 1000 })
      const health = yield* start
      test.mode = "away"
      for (const n of range(1, 60)) {
        for (const m of range(0, 9)) set(a, `${n * 10 + m}`)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual([health().ok, health().error, health().written], [false, "refused", 0])
      // later and later: a minute has few attempts
      assert.isBelow(test.attempts, 15)
      test.mode = "up"
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        test.taken,
        range(10, 609).map((n) => `a=${n}`)
      )
      assert.deepStrictEqual([health().ok, health().lost, health().pending, health().written], [true, 0, 0, 600])
    })
  )

  it.effect("counts exactly the readings lost above the bound, and then sends the current ones of those sensors", () =>
    Effect.gen(function* () {
      const { a, b, set, start, test } = yield* setUp({ ringChanges: 100 })
      set(b, "1")
      const health = yield* start
      yield* TestClock.adjust("1 second")
      test.mode = "away"
      set(a, "0")
      yield* TestClock.adjust("2 seconds")
      // the loop holds that one; of these the oldest 151 fall out of the ring, the only one of b among them
      set(b, "2")
      for (const n of range(1, 250)) set(a, `${n}`)
      assert.strictEqual(health().lost, 151)
      assert.strictEqual(health().pending, 101)
      test.mode = "up"
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(test.taken, ["b=1", "a=0", "lost 151", "b=2", ...range(151, 250).map((n) => `a=${n}`)])
      assert.deepStrictEqual([health().lost, health().written, health().snapshots], [151, 103, 1])
    })
  )

  it.effect("finds the refused readings, counts them, and loses no others", () =>
    Effect.gen(function* () {
      const { a, set, start, test } = yield* setUp()
      const health = yield* start
      test.bad = new Set(["17", "800", "801"])
      for (const n of range(1, 1000)) set(a, `${n}`)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        test.taken,
        range(1, 1000)
          .filter((n) => !test.bad.has(`${n}`))
          .map((n) => `a=${n}`)
      )
      assert.deepStrictEqual([health().refused, health().written, health().ok], [3, 997, true])
      assert.isBelow(test.attempts, 60)
    })
  )

  it.effect("finds a hundred refused readings in a batch of 5000", () =>
    Effect.gen(function* () {
      const { a, set, start, test } = yield* setUp()
      const health = yield* start
      const isBad = (n: number) => n % 50 === 0
      test.bad = new Set(range(1, 5000).filter(isBad).map(String))
      for (const n of range(1, 5000)) set(a, `${n}`)
      while (health().pending > 0) yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([health().refused, health().written, health().ok], [100, 4900, true])
      assert.isBelow(test.attempts, 2000)
    })
  )

  it.effect("is not stopped by a sink that refuses everything, and says so", () =>
    Effect.gen(function* () {
      const { a, set, start, test } = yield* setUp()
      const health = yield* start
      test.bad = new Set(["0"])
      for (const _ of range(1, 3000)) set(a, "0")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([health().refused, health().ok, health().error], [3000, false, "400"])
      assert.isBelow(test.attempts, 500)
      set(a, "1")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([test.taken, health().ok], [["a=1"], true])
    })
  )

  it.effect("sends smaller batches to a sink that needs them, and loses nothing", () =>
    Effect.gen(function* () {
      const { a, set, start, test } = yield* setUp()
      const health = yield* start
      test.mode = "large"
      const send = Effect.gen(function* () {
        for (const n of range(1, 5000)) set(a, `${n}`)
        // so many attempts take several turns
        while (health().pending > 0) yield* TestClock.adjust("1 second")
      })
      yield* send
      assert.deepStrictEqual([test.taken.length, health().refused, health().ok], [5000, 0, true])
      const { attempts } = test
      yield* send
      // the sink takes 10 at a time, and has been given 9 since the first time
      assert.deepStrictEqual([test.taken.length, test.attempts - attempts], [10_000, 556])
    })
  )

  it.effect("pauses for as long as the sink asks for, up to 5 minutes", () =>
    Effect.gen(function* () {
      const { a, set, start, test } = yield* setUp()
      const health = yield* start
      test.mode = "rests"
      set(a, "1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(health().error, "429")
      const { attempts } = test
      yield* TestClock.adjust("119 seconds")
      assert.strictEqual(test.attempts, attempts)
      test.rest = 1e9
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(test.attempts, attempts + 1)
      test.mode = "up"
      yield* TestClock.adjust("302 seconds")
      assert.deepStrictEqual([test.taken, health().ok], [["a=1"], true])
    })
  )

  it.effect("gives up an attempt that takes too long, and counts the readings that a defect of the sink costs", () =>
    Effect.gen(function* () {
      const { a, set, start, test } = yield* setUp({}, { timeout: "3 seconds" })
      const health = yield* start
      test.mode = "hangs"
      set(a, "1")
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(health().error, "the test sink took longer than 3s")
      test.mode = "defect"
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([health().refused, health().error], [1, "a defect: a mistake"])
      test.mode = "up"
      set(a, "2")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([test.taken, health().ok], [["a=2"], true])
    })
  )

  it.effect("fails independently, and exports only the selected sensors", () =>
    Effect.gen(function* () {
      const { a, b, set, site, start, test } = yield* setUp({ ringChanges: 10 })
      const other = testSink("other")
      yield* start
      const health = yield* push(site, other.sink, { sensors: ["m000/b"], every: "2 seconds" })
      test.mode = "away"
      for (const n of range(1, 20)) {
        set(a, `${n}`)
        set(b, `${n}`)
        yield* TestClock.adjust("2 seconds")
      }
      assert.deepStrictEqual(
        other.taken,
        range(1, 20).map((n) => `b=${n}`)
      )
      assert.strictEqual(health().lost, 0)
    })
  )

  it.effect("sends the waiting readings before it ends", () =>
    Effect.gen(function* () {
      const { a, set, start, test } = yield* setUp()
      const scope = yield* Scope.make()
      yield* Scope.provide(start, scope)
      yield* TestClock.adjust("1 second")
      for (const n of range(1, 7000)) set(a, `${n}`)
      yield* Scope.close(scope, Exit.void)
      assert.lengthOf(test.taken, 7000)
    })
  )

  it.effect("is visible in the metrics and the health of the process", () =>
    Effect.gen(function* () {
      const { a, set, site, test } = yield* setUp()
      const health = yield* Layer.build(Health.layer)
      yield* Layer.build(
        layerPush(Effect.succeed(test.sink)).pipe(
          Layer.provide([Layer.succeed(Site, site), Layer.succeedContext(health)])
        )
      )
      set(a, "1")
      yield* TestClock.adjust("1 second")
      test.mode = "away"
      set(a, "2")
      yield* TestClock.adjust("1 second")
      const { parts, status } = yield* Context.get(health, Health).report
      assert.strictEqual(status, "failing")
      assert.strictEqual(parts["export.test"]?.reason, "refused")
      assert.strictEqual((parts["export.test"]!.details as PushHealth).written, 1)
      const found = new Map((yield* Metric.snapshot).map(({ id, state }) => [id, state]))
      assert.deepInclude(found.get("katcp_export_written_total"), { count: 1 })
      assert.deepInclude(found.get("katcp_export_up"), { value: 0 })
    }).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("refuses a malformed pattern", () =>
    Effect.gen(function* () {
      const { site, test } = yield* setUp()
      const refused = yield* Effect.flip(push(site, test.sink, { sensors: ["/(/"] }))
      assert.include(refused.message, "is not a regular expression")
    })
  )
})

/** Numbers that look random, the same each time. */
const randomFrom = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}

/** Adds, changes and removes sensors while the sink comes and goes; then looks what has come. */
const modelRun = Effect.fnUntraced(function* (seed: number) {
  const random = randomFrom(seed)
  const upTo = (most: number) => Math.floor(random() * most)
  const { add, set, site, table } = yield* siteWith(["m000"], { ringChanges: 20 + upTo(100) })
  const test = testSink()
  const sensors = range(0, 9).map((n) => add(`s${n}`, Arg.Int))
  const health = yield* push(site, test.sink)
  const came: Array<string> = []
  /** Changes that are not readings. */
  let others = 0
  for (const _ of range(1, 60)) {
    const what = random()
    if (what < 0.2) test.mode = test.mode === "up" ? "away" : "up"
    else if (what < 0.3) {
      const at = upTo(10)
      const { definition, device } = sensors[at]!
      table.remove(device, definition)
      sensors[at] = add(definition.name, Arg.Int)
      others += 2
    } else if (what < 0.6) yield* TestClock.adjust(upTo(20_000))
    else
      for (const _ of range(1, 1 + upTo(60))) {
        const sensor = sensors[upTo(10)]!
        const text = `${came.length}`
        set(sensor, text)
        came.push(`${sensor.definition.name}=${text}`)
      }
  }
  test.mode = "up"
  yield* TestClock.adjust("2 minutes")
  return { came, others, health: health(), taken: test.taken, table, sensors }
})

describe("the model of pushing", () => {
  for (const seed of range(1, 40))
    it.effect(`holds for the sequence ${seed}`, () =>
      Effect.gen(function* () {
        const { came, health, others, sensors, table, taken } = yield* modelRun(seed * 7919)
        const told = taken.flatMap((text) => (text.startsWith("lost ") ? [Number(text.slice(5))] : []))
        assert.strictEqual(
          told.reduce((sum, lost) => sum + lost, 0),
          health.lost
        )
        const readings = taken.filter((text) => !text.startsWith("lost "))
        const known = new Map(came.map((text, at) => [text, at]))
        // nothing is made up, nothing comes twice, and all is in order
        const places = readings.map((text) => known.get(text)!)
        assert.deepStrictEqual(
          places,
          [...new Set(places)].sort((one, other) => one - other)
        )
        // what is missing was counted: readings that are missing, less those that are not readings
        const missing = came.length - readings.length
        assert.isAtMost(missing, health.lost)
        assert.isAtLeast(missing, health.lost - others - health.snapshots * sensors.length)
        if (health.lost === 0) assert.strictEqual(missing, 0)
        assert.deepStrictEqual([health.pending, health.ok, health.written], [0, true, readings.length])
        // of each sensor the last reading has come
        for (const { definition, device } of sensors) {
          const row = table.get(device, definition.name)!
          if (row.reading === undefined) continue
          const last = readings.findLast((text) => text.startsWith(`${definition.name}=`))
          assert.strictEqual(last, `${definition.name}=${row.reading.latin1}`)
        }
      })
    )
})
