import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { float, logging, observersOf, recorded, shown } from "./derived/support.ts"

const { Inputs } = Sensor

describe("staleAfter", () => {
  it.effect(
    "makes a sensor without an update unknown, with its last value, until it is set (P-174, Q-22)",
    Effect.fnUntraced(function* () {
      const sensor = yield* float("a", 5)
      yield* Sensor.staleAfter([sensor], "10 seconds")
      const readings = recorded(sensor)
      yield* TestClock.adjust("9 seconds")
      yield* sensor.set(6)
      yield* TestClock.adjust("9999 millis")
      assert.deepStrictEqual(shown(sensor), [6, "nominal"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(sensor.reading, { timestamp: 19, status: "unknown", value: 6 })
      yield* TestClock.adjust("1 hour")
      assert.lengthOf(readings, 2)
      yield* sensor.set(7)
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(shown(sensor), [7, "nominal"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(shown(sensor), [7, "unknown"])
    })
  )

  it.effect(
    "can set another status, and counts a reading with an old timestamp as an update",
    Effect.fnUntraced(function* () {
      const sensor = yield* float("a", 5)
      yield* Sensor.staleAfter([sensor], "1 second", "failure")
      yield* TestClock.adjust("900 millis")
      yield* sensor.set(5, { timestamp: -100 })
      yield* TestClock.adjust("900 millis")
      assert.strictEqual(sensor.status, "nominal")
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(sensor.status, "failure")
    })
  )

  it.effect(
    "does not change readings without a valid value (P-173)",
    Effect.fnUntraced(function* () {
      const sensor = yield* float("a", 5)
      yield* Sensor.staleAfter([sensor], "1 second", "failure")
      for (const status of ["unknown", "inactive", "unreachable"] as const) {
        yield* sensor.set(5, { status })
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(sensor.status, status)
      }
      yield* sensor.set(5, { status: "error" })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(sensor.status, "failure")
    })
  )

  it.effect(
    "watches many sensors, each with its own time, as they are added and removed",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const add = (name: string) => set.add(Sensor.make(name, { type: Arg.Int, initial: 1 }))
      const a = yield* add("a")
      yield* Sensor.staleAfter(Inputs.fromSet(set), "10 seconds")
      yield* TestClock.adjust("4 seconds")
      const [b, c] = [yield* add("b"), yield* add("c")]
      yield* TestClock.adjust("4 seconds")
      const statuses = () => [a, b, c].map(({ status }) => (status === "nominal" ? "n" : "u")).join("")
      yield* c.set(2)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(statuses(), "nnn")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(statuses(), "unn")
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(statuses(), "uun")
      yield* set.remove(c)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(statuses(), "uun")
      yield* a.set(1)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(statuses(), "uun")
      assert.strictEqual(a.reading.timestamp, 84)
    })
  )

  it.effect("counts readings set by observers of a stale sensor, and survives an observer that throws", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const [a, b, c] = [yield* float("a", 1), yield* float("b", 1), yield* float("c", 1)]
        yield* Sensor.staleAfter([a, b, c], "10 seconds")
        const off = a.observe(({ status }) => {
          if (status !== "unknown") return
          off()
          // back at once, and another one that was late as well
          a.setUnsafe(2, "nominal", 0)
          b.setUnsafe(2, "nominal", 0)
          throw new Error("broken")
        })
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual([a, b, c].map(shown), [
          [2, "nominal"],
          [2, "nominal"],
          [1, "unknown"]
        ])
        yield* TestClock.adjust("9 seconds")
        assert.deepStrictEqual(shown(b), [2, "nominal"])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual([a, b].map(shown), [
          [2, "unknown"],
          [2, "unknown"]
        ])
        assert.deepStrictEqual(lines, ["Error: an observer of a sensor failed"])
      })
    )
  )

  it.effect(
    "is not delayed by updated sensors, and sets a status with a valid value once (P-174)",
    Effect.fnUntraced(function* () {
      const [a, b] = [yield* float("a", 1), yield* float("b", 1)]
      yield* Sensor.staleAfter([a, b], "10 seconds", "warn")
      yield* TestClock.adjust("5 seconds")
      yield* a.set(2)
      const readings = recorded(b)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual([a.status, b.status], ["nominal", "warn"])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([a.status, b.status], ["warn", "warn"])
      assert.deepStrictEqual(readings, [{ timestamp: 10, status: "warn", value: 1 }])
    })
  )

  it.effect(
    "makes derived sensors show the missing input (B-141)",
    Effect.fnUntraced(function* () {
      const [a, b] = [yield* float("a", 1), yield* float("b", 1)]
      const sum = yield* Sensor.Derived.sum(Sensor.make("sum", { type: Arg.Float }), [a, b])
      yield* Sensor.staleAfter([a], "10 seconds")
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(shown(sum), [1, "unknown"])
    })
  )

  it.effect(
    "ends with its Scope (trap: leaks)",
    Effect.fnUntraced(function* () {
      const sensor = yield* float("a", 1)
      yield* Effect.scoped(Sensor.staleAfter([sensor], "10 seconds"))
      assert.strictEqual(observersOf(sensor), 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(sensor.status, "nominal")
    })
  )
})
