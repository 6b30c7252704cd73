import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sampling from "katcp/Sampling"
import { Strategy, Timers } from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"
import { ManualClock } from "./manualClock.ts"

const float = Sensor.make("x", { type: Arg.Float, status: "nominal" })
const reading = (value: number): Sensor.Reading<number> => ({ timestamp: 0, status: "nominal", value })

/** The values of a stream, in a list that grows. */
const valuesOf = Effect.fnUntraced(function* <A, E>(stream: Stream.Stream<Sensor.Reading<A>, E>) {
  const values: Array<A> = []
  const fiber = yield* Effect.forkScoped(
    Stream.runForEach(stream, ({ value }) => Effect.sync(() => values.push(value))),
    { startImmediately: true }
  )
  yield* TestClock.adjust(0)
  return { fiber, values }
})

describe("a stream of a sensor", () => {
  it.effect(
    "begins when it is run, and detaches from the sensor without a reader (A-450)",
    Effect.fnUntraced(function* () {
      const timers = yield* Timers.make
      const sensor = yield* Sensor.LiveSensor.make(float)
      const stream = Sampling.stream(sensor, Strategy.eventRate("1 second", "3 seconds"), { timers })
      yield* sensor.set(1)
      assert.strictEqual(timers.size, 0)
      const { fiber, values } = yield* valuesOf(stream)
      assert.deepStrictEqual([values, timers.size], [[1], 1])
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(timers.size, 0)
      yield* sensor.set(2)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(values, [1])
      const taken = yield* Stream.runCollect(Stream.take(Sampling.stream(sensor, Strategy.auto), 1))
      assert.deepStrictEqual(taken, [sensor.reading])
    })
  )

  it.effect("with its own timers leaves no sleeping fiber", () => {
    const clock = new ManualClock()
    return Effect.gen(function* () {
      const sensor = yield* Sensor.LiveSensor.make(float)
      const stream = Sampling.stream(sensor, Strategy.period("1 second"))
      const fiber = yield* Effect.forkChild(Stream.runDrain(stream), { startImmediately: true })
      yield* clock.settle
      assert.strictEqual(clock.sleeping, 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(clock.sleeping, 0)
    }).pipe(Effect.provideService(Clock.Clock, clock))
  })

  it.effect(
    "ends when the sensor is removed (P-235)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      for (const strategy of [Strategy.none, Strategy.auto, Strategy.period("1 second")]) {
        const sensor = yield* set.add(float)
        const { fiber, values } = yield* valuesOf(Sampling.stream(sensor, strategy))
        yield* set.remove("x")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(values, strategy._tag === "None" ? [] : [0])
        assert.deepStrictEqual(yield* Stream.runCollect(Sampling.stream(sensor, strategy)), [])
      }
    })
  )

  it.effect(
    "a slow reader loses the oldest reports, not the newest",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(float)
      const values: Array<number> = []
      yield* Effect.forkScoped(
        Stream.runForEach(Sampling.stream(sensor, Strategy.auto, { bufferSize: 4 }), ({ value }) =>
          Effect.andThen(
            Effect.sync(() => values.push(value)),
            Effect.sleep("1 second")
          )
        ),
        { startImmediately: true }
      )
      yield* TestClock.adjust(0)
      for (let value = 1; value <= 100; value++) yield* sensor.set(value)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(values, [0, 97, 98, 99, 100])
    })
  )

  it.effect(
    "a strategy that does not fit is a defect",
    Effect.fnUntraced(function* () {
      const sensor: Sensor.LiveSensor<unknown> = yield* Sensor.LiveSensor.make(Sensor.make("b", { type: Arg.Boolean }))
      const exit = yield* Effect.exit(Stream.runDrain(Sampling.stream(sensor, Strategy.differential(1))))
      assert.isTrue(Exit.isFailure(exit) && exit.cause.reasons[0]?._tag === "Die")
    })
  )

  it.effect(
    "accepts any source of readings (A-459)",
    Effect.fnUntraced(function* () {
      let update: ((reading: Sensor.Reading<number>) => void) | undefined
      const source: Sampling.Source<number> = {
        definition: float,
        reading: reading(1),
        ended: false,
        attach: (observer) => {
          update = observer.update.bind(observer)
        },
        detach: () => {}
      }
      const { values } = yield* valuesOf(Sampling.stream(source, Strategy.differential(1)))
      for (const value of [1.5, 2.5, 3]) update!(reading(value))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(values, [1, 2.5])
    })
  )
})

describe("a stream of readings", () => {
  it.effect(
    "is sampled in a pipe, and ends when the readings do (A-459)",
    Effect.fnUntraced(function* () {
      const readings = Stream.fromIterable([0, 0, 1, 1, 2].map(reading))
      const values = yield* readings.pipe(
        Sampling.sample(Strategy.event),
        Stream.map(({ value }) => value),
        Stream.runCollect
      )
      assert.deepStrictEqual(values, [0, 1, 2])
      assert.deepStrictEqual(yield* Stream.runCollect(Sampling.sample(Stream.empty, Strategy.auto)), [])
    })
  )

  it.effect(
    "sends a held change when it ends (P-224)",
    Effect.fnUntraced(function* () {
      const readings = Stream.fromIterable([0, 1, 2].map(reading))
      const sampled = Sampling.sample(readings, Strategy.eventRate("1 second", "3 seconds"))
      assert.deepStrictEqual(yield* Stream.runCollect(sampled), [reading(0), reading(2)])
    })
  )

  it.effect(
    "fails when the readings do",
    Effect.fnUntraced(function* () {
      const readings = Stream.concat(Stream.make(reading(0)), Stream.fail("lost" as const))
      const sampled = Sampling.sample(readings, Strategy.period("1 second"))
      assert.strictEqual(yield* Effect.flip(Stream.runDrain(sampled)), "lost")
    })
  )

  it.effect(
    "compares values with a given function (P-222)",
    Effect.fnUntraced(function* () {
      const queue = yield* Queue.unbounded<Sensor.Reading<number>>()
      const { values } = yield* valuesOf(
        Stream.fromQueue(queue).pipe(
          Sampling.sample(Strategy.event, { equals: (one: number, other: number) => Math.abs(one - other) <= 1 })
        )
      )
      for (const value of [0, 1, 1.5, 2, 3]) yield* Queue.offer(queue, reading(value))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(values, [0, 1.5, 3])
    })
  )
})
