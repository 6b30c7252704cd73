import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { TestClock } from "effect/testing"
import * as Sensor from "katcp/Sensor"
import { logging } from "./derived/support.ts"

const { TimeSync } = Sensor

const shown = (set: Sensor.SensorSet) => set.values.map(({ name, status, value }) => `${name} ${value} ${status}`)

/** A clock whose state the test sets. */
const scripted = () => {
  const clock = { answer: Effect.undefined as Effect.Effect<Sensor.ClockReading | undefined, Sensor.TimeSyncFailed> }
  return { clock, service: TimeSync.of({ read: Effect.suspend(() => clock.answer) }) }
}

describe("TimeSync", () => {
  it.effect(
    "has inactive sensors without a source (B-143, P-331)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      yield* TimeSync.addTo(set, "ntp.").pipe(Effect.provide(TimeSync.layerInactive))
      assert.deepStrictEqual(shown(set), [
        "ntp.esterror 0 inactive",
        "ntp.maxerror 0 inactive",
        "ntp.state ok inactive"
      ])
      let told = 0
      for (const sensor of set.values) sensor.observe(() => told++)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(told, 0)
    })
  )

  it.effect("updates its sensors every 10 seconds (B-143, C-120, P-331)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const set = yield* Sensor.SensorSet.make
        const { clock, service } = scripted()
        clock.answer = Effect.succeed({ state: "ok", maxerror: 0.5, esterror: 0.125 })
        yield* Effect.provideService(TimeSync.addTo(set, ""), TimeSync, service)
        assert.deepStrictEqual(shown(set), ["esterror 0.125 nominal", "maxerror 0.5 nominal", "state ok nominal"])
        clock.answer = Effect.succeed({ state: "error", maxerror: undefined, esterror: undefined })
        yield* TestClock.adjust("9 seconds")
        assert.strictEqual(set.get("state")?.value, "ok")
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(shown(set), ["esterror 0.125 unknown", "maxerror 0.5 unknown", "state error error"])
        clock.answer = Effect.fail(new Sensor.TimeSyncFailed({ message: "no daemon" }))
        yield* TestClock.adjust("20 seconds")
        assert.deepStrictEqual(shown(set), ["esterror 0.125 failure", "maxerror 0.5 failure", "state error failure"])
        assert.deepStrictEqual(lines, ["Warn: sensors state, maxerror, esterror cannot be read: no daemon"])
        clock.answer = Effect.undefined
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(shown(set), ["esterror 0.125 inactive", "maxerror 0.5 inactive", "state error inactive"])
      })
    )
  )

  it.effect(
    "gives each state a status (B-143)",
    Effect.fnUntraced(function* () {
      const { state } = TimeSync.sensors("clock.")
      assert.deepStrictEqual(state.parameters, ["ok", "ins", "del", "oop", "wait", "error"])
      assert.deepStrictEqual(
        Sensor.clockStates.map((value) => state.statusOf(value)),
        ["nominal", "nominal", "nominal", "warn", "warn", "error"]
      )
      const live = yield* Sensor.LiveSensor.make(state)
      const { clock, service } = scripted()
      clock.answer = Effect.succeed({ state: "oop", maxerror: 1, esterror: 1 })
      yield* Effect.provideService(TimeSync.poll({ state: live }, Schedule.recurs(0)), TimeSync, service)
      assert.deepStrictEqual([live.name, live.value, live.status], ["clock.state", "oop", "warn"])
    })
  )
})
