import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { boolean, float, logging, observersOf, recorded, shown } from "./support.ts"

const { Derived } = Sensor
const target = Sensor.make("out", { type: Arg.Float })

describe("latest", () => {
  it.effect(
    "passes on the newest valid reading, whole (B-140)",
    Effect.fnUntraced(function* () {
      const [one, other] = [yield* float("one"), yield* float("other")]
      const sensor = yield* Derived.latest(target, [one, other])
      assert.strictEqual(sensor.status, "unknown")
      yield* one.set(1, { timestamp: 10, status: "warn" })
      assert.deepStrictEqual(sensor.reading, { timestamp: 10, status: "warn", value: 1 })
      yield* other.set(2, { timestamp: 9 })
      assert.deepStrictEqual(shown(sensor), [1, "warn"])
      yield* other.set(3, { timestamp: 10 })
      assert.deepStrictEqual(sensor.reading, { timestamp: 10, status: "nominal", value: 3 })
      const readings = recorded(sensor)
      yield* other.set(3, { timestamp: 11 })
      assert.deepStrictEqual(readings, [{ timestamp: 11, status: "nominal", value: 3 }])
      yield* other.set(4, { timestamp: 11, status: "failure" })
      assert.deepStrictEqual(sensor.reading, { timestamp: 11, status: "warn", value: 1 })
      yield* one.set(4, { timestamp: 12, status: "inactive" })
      assert.deepStrictEqual(sensor.reading, { timestamp: 12, status: "failure", value: 1 })
    })
  )
})

describe("map", () => {
  it.effect(
    "converts every reading, with its time, even an unchanged one (B-140)",
    Effect.fnUntraced(function* () {
      const source = yield* float("celsius", 0)
      const sensor = yield* Derived.map(target, source, (value) => value * 1.8 + 32)
      const readings = recorded(sensor)
      assert.strictEqual(sensor.value, 32)
      yield* source.set(10, { timestamp: 5 })
      yield* source.set(10, { timestamp: 6, status: "error" })
      yield* source.set(10, { timestamp: 7, status: "error" })
      assert.deepStrictEqual(readings, [
        { timestamp: 5, status: "nominal", value: 50 },
        { timestamp: 6, status: "error", value: 50 },
        { timestamp: 7, status: "error", value: 50 }
      ])
    })
  )

  it.effect(
    "has the worse of both statuses; without a valid value only the status is passed on (P-173, P-175)",
    Effect.fnUntraced(function* () {
      const source = yield* float("source", 0)
      const sensor = yield* Derived.map(
        Sensor.make("out", { type: Arg.Boolean, statusFrom: (value) => (value ? "warn" : "nominal") }),
        source,
        (value, { status }) => value > 5 || status === "error"
      )
      assert.deepStrictEqual(shown(sensor), [false, "nominal"])
      yield* source.set(6)
      assert.deepStrictEqual(shown(sensor), [true, "warn"])
      yield* source.set(6, { status: "error" })
      assert.deepStrictEqual(shown(sensor), [true, "error"])
      for (const status of ["unknown", "failure", "unreachable", "inactive"] as const) {
        yield* source.set(0, { status })
        assert.deepStrictEqual(shown(sensor), [true, status])
      }
      yield* source.set(0, { status: "warn" })
      assert.deepStrictEqual(shown(sensor), [false, "warn"])
    })
  )

  it.effect(
    "a function that throws gives a failure and a log record, and does not affect the setter of the source",
    () =>
      logging((lines) =>
        Effect.gen(function* () {
          const source = yield* boolean("source", false)
          const sensor = yield* Derived.map(target, source, (value) => {
            if (value) throw new Error("cannot convert")
            return 1
          })
          yield* source.set(true)
          yield* source.set(true)
          assert.deepStrictEqual(shown(sensor), [1, "failure"])
          assert.deepStrictEqual(lines, ["Error: sensor out cannot be derived: cannot convert"])
          yield* source.set(false)
          assert.deepStrictEqual(shown(sensor), [1, "nominal"])
        })
      )
  )

  it.effect(
    "is unknown when its source has ended (P-235)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const source = yield* set.add(Sensor.make("source", { type: Arg.Float, initial: 3 }))
      const sensor = yield* Derived.map(target, source, (value) => value)
      yield* TestClock.adjust("4 seconds")
      yield* set.remove(source)
      assert.deepStrictEqual(sensor.reading, { timestamp: 4, status: "unknown", value: 3 })
    })
  )
})

describe("combine", () => {
  it.effect("computes one value from a few sensors, which must all be valid (A-463, B-140)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const set = yield* Sensor.SensorSet.make
        const limit = yield* set.add(Sensor.make("limit", { type: Arg.Float, initial: 10 }))
        const [value, on] = [yield* float("value"), yield* boolean("on", true)]
        const sensor = yield* Derived.combine(target, { limit, value, on, again: value }, (of) => {
          if (of.value < 0) throw new Error("below zero")
          return of.on ? of.limit - of.value - of.again : 0
        })
        assert.deepStrictEqual(shown(sensor), [0, "unknown"])
        yield* value.set(3, { status: "warn" })
        assert.deepStrictEqual(shown(sensor), [4, "warn"])
        yield* value.set(1)
        yield* on.set(true, { status: "inactive" })
        assert.deepStrictEqual(shown(sensor), [8, "inactive"])
        yield* value.set(1, { status: "failure" })
        assert.deepStrictEqual(shown(sensor), [8, "failure"])
        yield* on.set(true)
        yield* value.set(-1)
        assert.deepStrictEqual(shown(sensor), [8, "failure"])
        assert.deepStrictEqual(lines, ["Error: sensor out cannot be derived: below zero"])
        yield* value.set(2, { timestamp: 7 })
        assert.deepStrictEqual(sensor.reading, { timestamp: 7, status: "nominal", value: 6 })
        yield* on.set(false, { timestamp: 8 })
        assert.strictEqual(sensor.value, 0)
        yield* set.remove(limit)
        assert.deepStrictEqual(shown(sensor), [0, "unknown"])
      })
    )
  )

  it.effect(
    "has the worst status of theirs and its own (P-175)",
    Effect.fnUntraced(function* () {
      const [one, other] = [yield* float("one", 1), yield* float("other", 1)]
      const sensor = yield* Derived.combine(
        Sensor.make("out", { type: Arg.Float, nominal: [0, 1], statusFrom: "ranges" }),
        { one, other },
        ({ one, other }) => one - other
      )
      assert.deepStrictEqual(shown(sensor), [0, "nominal"])
      yield* one.set(5)
      assert.deepStrictEqual(shown(sensor), [4, "warn"])
      yield* other.set(1, { status: "error" })
      assert.deepStrictEqual(shown(sensor), [4, "error"])
    })
  )
})

describe("rateLimited", () => {
  it.effect(
    "shows the first reading at once, and the newest of an interval at its end (A-455)",
    Effect.fnUntraced(function* () {
      const source = yield* float("source", 0)
      const sensor = yield* Derived.rateLimited(target, source, "1 second")
      const readings: Array<readonly [number, number]> = []
      sensor.observe(({ timestamp, value }) => readings.push([timestamp, value]))
      yield* TestClock.adjust("2 seconds")
      for (let tenth = 0; tenth < 25; tenth++) {
        yield* source.set(tenth)
        yield* TestClock.adjust("100 millis")
      }
      yield* TestClock.adjust("10 seconds")
      yield* source.set(99)
      assert.deepStrictEqual(readings, [
        [2, 0],
        [2.9, 9],
        [3.9, 19],
        [4.4, 24],
        [14.5, 99]
      ])
    })
  )

  it.effect(
    "leaves no timer and no observer behind (trap: strategies that stay in the timer heap)",
    Effect.fnUntraced(function* () {
      const source = yield* float("source", 0)
      const sensor = yield* Effect.scoped(
        Effect.gen(function* () {
          const sensor = yield* Derived.rateLimited(target, source, "1 second")
          yield* source.set(1)
          assert.strictEqual(observersOf(source), 1)
          assert.strictEqual(sensor.value, 0)
          return sensor
        })
      )
      assert.strictEqual(observersOf(source), 0)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(sensor.value, 0)
    })
  )
})
