import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg, Interface, Sensor } from "katcp"
import { FakeDevice, settle, Transitions } from "katcp/Testing"

class Antenna extends Interface.make("antenna").add(
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "slew", "track", "error"), initial: "stow" }),
  Sensor.make("azimuth", { doc: "Azimuth", type: Arg.Float })
) {}

const live = Effect.fnUntraced(function* (...values: ReadonlyArray<number>) {
  const sensor = yield* Sensor.LiveSensor.make(Sensor.make("azimuth", { type: Arg.Float, initial: 0 }))
  return { sensor, go: Effect.forEach(values, (value) => sensor.set(value), { discard: true }) }
})
const valuesOf = (readings: ReadonlyArray<Sensor.Reading<unknown>>) => readings.map(({ value }) => value)

describe("Transitions (A-499)", () => {
  it.effect(
    "sees values in order on a live sensor, repeats ignored",
    Effect.fnUntraced(function* () {
      const { go, sensor } = yield* live(0, 1, 1, 2, 2, 7)
      const watch = yield* Transitions.watch(sensor, [0, 1, 2])
      yield* go
      assert.deepStrictEqual(valuesOf(yield* watch.done()), [0, 1, 2])
      // what comes behind the last step is of no interest
      assert.deepStrictEqual(valuesOf(watch.readings), [0, 0, 1, 1, 2])
    })
  )

  it.effect(
    "sees conditions, also on the reading; one value may fulfil several",
    Effect.fnUntraced(function* () {
      const below = (value: number) => value < 0.7
      const { go, sensor } = yield* live(0.3, 0.6, 0.9, 0.95, 1.5, 0.9)
      const watch = yield* Transitions.watch(sensor, [
        below,
        (value) => value >= 0.7,
        (value) => value >= 1,
        (value) => value < 1
      ])
      yield* go
      assert.deepStrictEqual(valuesOf(yield* watch.done()), [0, 0.9, 1.5, 0.9])
      const jump = yield* live(2)
      const once = yield* Transitions.watch(jump.sensor, [below, (value) => value >= 0.7, (value) => value >= 1])
      yield* jump.go
      assert.deepStrictEqual(valuesOf(yield* once.done()), [0, 2, 2])
      const status = yield* live()
      const warned = yield* Transitions.watch(status.sensor, [0, (_, reading) => reading.status === "warn"])
      yield* status.sensor.set(0, { status: "warn" })
      assert.strictEqual((yield* warned.done())[1]?.status, "warn")
    })
  )

  it.effect(
    "fails at a value that is neither the current step nor the next, and reports its progress",
    Effect.fnUntraced(function* () {
      const { go, sensor } = yield* live(1, 3, 2)
      const above = (value: number) => value > 5
      const watch = yield* Transitions.watch(sensor, [0, 1, 2, above, (value) => value < 0])
      yield* go
      const error = yield* Effect.flip(watch.done())
      assert.deepStrictEqual(
        [error.what, error.expected, error.actual],
        [
          "sensor azimuth: 2 of 5 steps were seen, then 3 nominal came",
          "0, 1, 2, <above>, <a condition>",
          "0 nominal, 1 nominal, 3 nominal"
        ]
      )
      const wrong = yield* Transitions.watch(sensor, [7])
      assert.include((yield* Effect.flip(wrong.done())).what, "0 of 1 steps were seen, then 2 nominal came")
    })
  )

  it.effect(
    "fails if steps do not come in time, by the Clock, or the sensor ends",
    Effect.fnUntraced(function* () {
      const { sensor } = yield* live()
      const watch = yield* Transitions.watch(sensor, [0, 1])
      const waiting = yield* Effect.forkChild(Effect.flip(watch.done({ within: "10 seconds" })))
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.include((yield* Fiber.join(waiting)).what, "1 of 2 steps were seen, then none within 10s")
      // it goes on nevertheless
      yield* sensor.set(1)
      assert.strictEqual((yield* watch.done()).length, 2)
      const set = yield* Sensor.SensorSet.make
      yield* set.add(sensor)
      const ended = yield* Transitions.watch(sensor, [1, 2])
      yield* set.remove(sensor)
      assert.include((yield* Effect.flip(ended.done())).what, "then it ended")
    })
  )

  it.effect(
    "misses nothing that a device does after the watch has begun",
    Effect.fnUntraced(function* () {
      const { client, fake } = yield* FakeDevice.connect(Antenna)
      const watch = yield* Transitions.watch(client.sensor.mode, ["stow", "slew", "track"])
      for (const mode of ["slew", "slew", "track", "error"] as const) yield* fake.sensors.mode.set(mode)
      assert.deepStrictEqual(valuesOf(yield* watch.done()), ["stow", "slew", "track"])
      const lost = yield* Transitions.watch(client.sensor.azimuth, [0, 1])
      yield* client.close
      assert.include((yield* Effect.flip(lost.done())).what, "1 of 2 steps were seen, then it")
    })
  )

  it.effect(
    "begins without a reading if none comes, and says so",
    Effect.fnUntraced(function* () {
      const { client, faults } = yield* FakeDevice.connect(Antenna, {}, { client: { timeout: "1 hour" } })
      yield* faults.hang()
      const watching = yield* Effect.forkScoped(Transitions.watch(client.sensor.azimuth, [0]))
      yield* settle
      yield* TestClock.adjust("5 seconds")
      const watch = yield* Fiber.join(watching)
      const failing = yield* Effect.forkChild(Effect.flip(watch.done()))
      yield* settle
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(failing)
      assert.deepStrictEqual(
        [error.what, error.actual],
        ["sensor azimuth: 0 of 1 steps were seen, then none within 5s", "no reading"]
      )
    })
  )

  it.effect(
    "works on any stream of readings, with a given comparison, and names its failure",
    Effect.fnUntraced(function* () {
      const readings = yield* Queue.unbounded<Sensor.Reading<number>, string>()
      const equals = (one: number, other: number) => Math.abs(one - other) < 0.5
      const watch = yield* Transitions.watchStream(Stream.fromQueue(readings), [1, 2], { equals })
      const at = (value: number) => Queue.offer(readings, { timestamp: 0, status: "nominal", value })
      for (const value of [1.2, 0.9, 1.8]) yield* at(value)
      assert.deepStrictEqual(valuesOf(yield* watch.done()), [1.2, 1.8])
      const other = yield* Transitions.watchStream(Stream.fail("broken"), [1])
      const error = yield* Effect.flip(other.done())
      assert.match(error.what, /^readings: 0 of 1 steps were seen, then it failed: .*broken/)
    })
  )
})
