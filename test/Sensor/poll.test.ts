import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { float, logging, recorded, shown } from "./derived/support.ts"

class BusError extends Schema.TaggedError<BusError>("test/BusError")("BusError", { message: Schema.String }) {}

const temperature = Sensor.make("temperature", { type: Arg.Float, nominal: [0, 50], statusFrom: "ranges" })

describe("poll", () => {
  it.effect(
    "reads at once and then on the schedule (C-121, C-119)",
    Effect.fnUntraced(function* () {
      let value = 20
      const sensor = yield* Sensor.poll(
        temperature,
        Effect.sync(() => value++),
        Schedule.fixed("1 second")
      )
      assert.deepStrictEqual(sensor.reading, { timestamp: 0, status: "nominal", value: 20 })
      const readings = recorded(sensor)
      yield* TestClock.adjust("3500 millis")
      value = 60
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        readings.map(({ status, timestamp, value }) => [timestamp, status, value]),
        [
          [1, "nominal", 21],
          [2, "nominal", 22],
          [3, "nominal", 23],
          [4, "warn", 60]
        ]
      )
    })
  )

  it.effect("shows and logs a failure, once for each reason in a row (C-121)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        let answer: Effect.Effect<number, BusError> = Effect.succeed(5)
        const sensor = yield* Sensor.poll(
          temperature,
          Effect.suspend(() => answer),
          Schedule.fixed("1 second")
        )
        const readings = recorded(sensor)
        const step = (next: typeof answer) => {
          answer = next
          return TestClock.adjust("1 second")
        }
        yield* step(Effect.fail(new BusError({ message: "bus timeout" })))
        yield* step(Effect.fail(new BusError({ message: "bus timeout" })))
        yield* step(Effect.fail(new BusError({ message: "no device" })))
        yield* step(Effect.die("odd"))
        yield* step(Effect.sync(() => "not a number" as unknown as number))
        yield* step(Effect.fail(new BusError({ message: "" })))
        yield* step(Effect.interrupt)
        yield* step(Effect.succeed(6))
        yield* step(Effect.succeed(6))
        yield* step(Effect.fail(new BusError({ message: "bus timeout" })))
        assert.deepStrictEqual(
          readings.map(({ status, timestamp, value }) => [timestamp, status, value]),
          [
            [1, "failure", 5],
            [8, "nominal", 6],
            [9, "nominal", 6],
            [10, "failure", 6]
          ]
        )
        assert.deepStrictEqual(lines, [
          "Warn: sensor temperature cannot be read: bus timeout",
          "Warn: sensor temperature cannot be read: no device",
          "Warn: sensor temperature cannot be read: odd",
          'Warn: sensor temperature cannot be read: sensor temperature: expected a number, got "not a number"',
          "Warn: sensor temperature cannot be read: test/BusError",
          "Warn: sensor temperature cannot be read: interrupted",
          "Info: sensor temperature can be read again",
          "Warn: sensor temperature cannot be read: bus timeout"
        ])
      })
    )
  )

  it.effect(
    "can set another status for a failure, and does not limit an effect that hangs (C-121)",
    Effect.fnUntraced(function* () {
      const live = yield* float("live", 1)
      yield* Sensor.poll(live, Effect.timeout(Effect.never, "500 millis"), Schedule.fixed("1 second"), {
        failed: "error"
      })
      assert.deepStrictEqual(shown(live), [1, "nominal"])
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual(shown(live), [1, "error"])
    })
  )

  it.effect(
    "has the services of its caller, and ends with the schedule or the Scope (C-121; trap: leaks)",
    Effect.fnUntraced(function* () {
      class Bus extends Context.Service<Bus, { count: number }>()("test/Bus") {}
      const bus = { count: 0 }
      const read = Effect.map(Bus, (bus) => ++bus.count)
      const sensor = yield* Effect.scoped(
        Effect.gen(function* () {
          const sensor = yield* Sensor.poll(temperature, read, Schedule.fixed("1 second"))
          yield* TestClock.adjust("2 seconds")
          return sensor
        })
      ).pipe(Effect.provideService(Bus, bus))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual([bus.count, sensor.value], [3, 3])
      yield* Effect.provideService(Sensor.poll(temperature, read, Schedule.recurs(4)), Bus, bus)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(bus.count, 8)
    })
  )
})

it.effect(
  "a read that the end of the Scope interrupts is not a failure (C-121)",
  Effect.fnUntraced(function* () {
    const live = yield* float("live", 1)
    yield* Effect.scoped(Sensor.poll(live, Effect.never, Schedule.fixed("1 second")))
    assert.deepStrictEqual(shown(live), [1, "nominal"])
  })
)

describe("pollAll", () => {
  it.effect("sets several sensors from one read; they fail together (C-121)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const sensors = {
          volts: yield* float("psu.volts"),
          on: yield* Sensor.LiveSensor.make(Sensor.make("psu.on", { type: Arg.Boolean }))
        }
        let broken = false
        const read = Effect.suspend(() =>
          broken ? Effect.fail(new BusError({ message: "gone" })) : Effect.succeed({ volts: 12.5, on: true })
        )
        yield* Sensor.pollAll(sensors, read, Schedule.fixed("1 second"))
        assert.deepStrictEqual(
          [shown(sensors.volts), shown(sensors.on)],
          [
            [12.5, "nominal"],
            [true, "nominal"]
          ]
        )
        broken = true
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(
          [shown(sensors.volts), shown(sensors.on)],
          [
            [12.5, "failure"],
            [true, "failure"]
          ]
        )
        assert.deepStrictEqual(lines, ["Warn: sensors psu.volts, psu.on cannot be read: gone"])
      })
    )
  )
})
