/** Each sampling strategy as a client meets it, under the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { connected, timeline, told } from "./sampled.ts"

describe("the strategies through the server", () => {
  it.effect(
    "auto reports every reading, or what the sensor's own strategy does, and is called auto (P-218)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      yield* told(client, "?sensor-sampling count auto")
      for (const timestamp of [1, 2, 2]) yield* sensors().count.set(1, { timestamp })
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-status 1.0 1 count nominal 1",
        "#sensor-status 2.0 1 count nominal 1",
        "#sensor-status 2.0 1 count nominal 1"
      ])
      assert.strictEqual((yield* told(client, "?sensor-sampling slow auto")).at(-1), "!sensor-sampling ok slow auto")
      yield* sensors().slow.set(1)
      assert.deepStrictEqual(yield* timeline(client, 500, 8), [2000, 4000])
      assert.deepStrictEqual(yield* told(client, "?sensor-sampling slow"), ["!sensor-sampling ok slow auto"])
    })
  )

  it.effect(
    "period keeps to its grid, for any type, with the time of the reading (P-220, Q-17)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      yield* sensors().mode.set("stow", { timestamp: 12.5 })
      assert.strictEqual((yield* told(client, "?sensor-sampling mode period 0.1")).length, 2)
      assert.deepStrictEqual(
        yield* timeline(client, 50, 200),
        Array.from({ length: 100 }, (_, n) => (n + 1) * 100)
      )
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 12.5 1 mode nominal stow"])
    })
  )

  it.effect(
    "event reports changes of value or status, not of the time alone (P-221, Q-08)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      const { volt } = sensors()
      yield* told(client, "?sensor-sampling volt event")
      yield* volt.set(0, { timestamp: 1 })
      yield* volt.set(-0, { timestamp: 2 })
      yield* volt.set(0, { status: "warn", timestamp: 3 })
      yield* volt.set(Number.NaN, { timestamp: 4 })
      yield* volt.set(Number.NaN, { timestamp: 5 })
      yield* volt.set(1, { timestamp: 6 })
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-status 3.0 1 volt warn 0.0",
        "#sensor-status 4.0 1 volt nominal nan",
        "#sensor-status 6.0 1 volt nominal 1.0"
      ])
    })
  )

  it.effect(
    "event uses the sensor's own equality (P-222)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      yield* told(client, "?sensor-sampling rough event")
      for (const value of [0.25, -0.25, 0.75, 1]) yield* sensors().rough.set(value, { timestamp: 1 })
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 1.0 1 rough nominal 0.75"])
    })
  )

  it.effect(
    "in a list each sensor keeps its own equality and its own autoStrategy (P-222, P-230)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      yield* told(client, "?sensor-sampling volt,rough,count event")
      for (const value of [0.25, 0.75]) {
        yield* sensors().volt.set(value, { timestamp: 1 })
        yield* sensors().rough.set(value, { timestamp: 1 })
      }
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-status 1.0 1 volt nominal 0.25",
        "#sensor-status 1.0 1 volt nominal 0.75",
        "#sensor-status 1.0 1 rough nominal 0.75"
      ])
      yield* told(client, "?sensor-sampling volt,rough none")
      yield* told(client, "?sensor-sampling count,slow,volt auto")
      for (const name of ["count", "slow"] as const) yield* sensors()[name].set(7, { timestamp: 2 })
      yield* sensors().volt.set(7, { timestamp: 2 })
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-status 2.0 1 count nominal 7",
        "#sensor-status 2.0 1 volt nominal 7.0"
      ])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 2.0 1 slow nominal 7"])
    })
  )

  it.effect(
    "differential reports values that differ from the last report by more than the difference (P-223, P-228)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      for (const difference of ["2", "2.0"]) {
        yield* sensors().count.set(0)
        yield* told(client, `?sensor-sampling count differential ${difference}`)
        for (const value of [1, 2, 3, 5, 4, 2, 0]) yield* sensors().count.set(value, { timestamp: 1 })
        yield* sensors().count.set(1, { status: "error", timestamp: 1 })
        assert.deepStrictEqual(
          yield* client.settle,
          ["nominal 3", "nominal 0", "error 1"].map((reading) => `#sensor-status 1.0 1 count ${reading}`)
        )
      }
    })
  )

  it.effect(
    "event-rate holds changes, and always reports after the longest period (P-224, P-225, P-228)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      yield* told(client, "?sensor-sampling count event-rate 1 3")
      yield* TestClock.adjust(100)
      yield* sensors().count.set(1, { timestamp: 1 })
      yield* TestClock.adjust(100)
      yield* sensors().count.set(2, { timestamp: 2 })
      assert.deepStrictEqual(yield* timeline(client, 100, 7), [])
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 2.0 1 count nominal 2"])
      // both clocks have started again
      assert.deepStrictEqual(yield* timeline(client, 100, 65), [3000, 6000])
      // back to what was reported: still told
      yield* sensors().count.set(3)
      yield* sensors().count.set(2, { timestamp: 9 })
      assert.deepStrictEqual(yield* timeline(client, 100, 6), [500])
    })
  )

  it.effect(
    "differential-rate does the same by differences (P-227)",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connected()
      yield* told(client, "?sensor-sampling count differential-rate 5 1 10")
      yield* sensors().count.set(5)
      assert.deepStrictEqual(yield* timeline(client, 500, 6), [])
      yield* sensors().count.set(6, { timestamp: 1 })
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 1.0 1 count nominal 6"])
      yield* sensors().count.set(20)
      assert.deepStrictEqual(yield* timeline(client, 500, 24), [1000, 11000])
    })
  )
})
