/** Strategies as Schedules, and streams that run on them: held equal to the machine on shared timers. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sampling from "katcp/Sampling"
import { Strategy } from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** A time after the one before in milliseconds, a value, a status, and whether others run before the next one is set. */
const Script = Schema.Array(
  Schema.Tuple([
    Schema.Literals([0, 0, 1, 5, 40, 50, 60, 100, 260]),
    between(0, 5),
    Schema.Literals(["nominal", "nominal", "warn"]),
    Schema.Boolean
  ])
).check(Schema.isMaxLength(25))
type Script = typeof Script.Type

const millis = Duration.millis
const timed = (one: number, more: number) => ({
  period: Strategy.period(millis(one)),
  "event-rate": Strategy.eventRate(millis(one), millis(one + more)),
  "event-rate without a shortest time": Strategy.eventRate(0, millis(one + more)),
  "event-rate without a longest time": Strategy.eventRate(millis(one), { seconds: 1e99 }),
  "differential-rate": Strategy.differentialRate(1, millis(one), millis(one + more))
})

/** The reports of a stream for a sensor, with their times. */
const reportsOf = Effect.fnUntraced(function* (stream: Stream.Stream<Sensor.Reading<number>>) {
  const start = yield* Clock.currentTimeMillis
  const reports: Array<readonly [number, number, string]> = []
  yield* Effect.forkScoped(
    Stream.runForEach(stream, ({ status, value }) =>
      Effect.map(Clock.currentTimeMillis, (now) => reports.push([now - start, value, status]))
    ),
    { startImmediately: true }
  )
  return reports
})

const both = (definition: Sensor.Sensor<string, number>, strategy: Strategy.Strategy, script: Script) =>
  Effect.scoped(
    Effect.gen(function* () {
      const sensor = yield* Sensor.LiveSensor.make(definition)
      const timers = yield* Sampling.Timers.make
      const scheduled = yield* reportsOf(Sampling.stream(sensor, strategy))
      const machine = yield* reportsOf(Sampling.stream(sensor, strategy, { timers }))
      yield* TestClock.adjust(0)
      for (const [gap, value, status, alone] of script) {
        if (gap > 0) yield* TestClock.adjust(millis(gap))
        yield* sensor.set(value, { status })
        if (alone) yield* TestClock.adjust(0)
      }
      yield* TestClock.adjust(millis(700))
      return { scheduled, machine }
    })
  )

const float = Sensor.make("x", { type: Arg.Float, status: "nominal" })

describe("a stream on a Schedule", () => {
  for (const name of Object.keys(timed(1, 1)) as ReadonlyArray<keyof ReturnType<typeof timed>>)
    it.effect.prop(
      `reports what the machine reports, at the same times: ${name} (P-220, P-224, P-225, P-227)`,
      { script: Script, one: between(1, 120), more: between(0, 300) },
      Effect.fnUntraced(function* ({ more, one, script }) {
        const { machine, scheduled } = yield* both(float, timed(one, more)[name], script)
        assert.deepStrictEqual(scheduled, machine)
      })
    )

  it.effect(
    "serves a sensor's own auto (P-218)",
    Effect.fnUntraced(function* () {
      const own = Sensor.make("x", {
        type: Arg.Float,
        status: "nominal",
        autoStrategy: { name: "event-rate", parameters: ["0.1", "0.3"] }
      })
      const { machine, scheduled } = yield* both(own, Strategy.auto, [[50, 1, "nominal", true]])
      assert.deepStrictEqual(scheduled, [
        [0, 0, "nominal"],
        [100, 1, "nominal"],
        [400, 1, "nominal"],
        [700, 1, "nominal"]
      ])
      assert.deepStrictEqual(machine, scheduled)
    })
  )
})

describe("the Schedule of the rates", () => {
  it.effect(
    "waits the longest period after a report, and the rest of the shortest after a change (P-224, P-227)",
    Effect.fnUntraced(function* () {
      for (const strategy of [
        Strategy.eventRate("1 second", "3 seconds"),
        Strategy.differentialRate(2, "1 second", "3 seconds")
      ]) {
        const step = yield* Schedule.toStep(Strategy.schedule(strategy))
        const next = (changed: boolean) =>
          Effect.map(step(0, changed), ([count, delay]) => [count, Duration.toMillis(delay)])
        assert.deepStrictEqual(yield* next(false), [1, 3000])
        yield* TestClock.adjust(400)
        assert.deepStrictEqual(yield* next(true), [1, 600])
        yield* TestClock.adjust(600)
        assert.deepStrictEqual(yield* next(true), [1, 0])
        assert.deepStrictEqual(yield* next(false), [2, 3000])
        yield* TestClock.adjust(5000)
        assert.deepStrictEqual(yield* next(true), [2, 0])
      }
      const forever = yield* Schedule.toStep(Strategy.schedule(Strategy.eventRate(0, { seconds: 1e99 })))
      assert.isFalse(Duration.isFinite((yield* forever(0, false))[1]))
    })
  )

  it.effect(
    "paces an effect that reports if a change waits (A-455)",
    Effect.fnUntraced(function* () {
      const times: Array<number> = []
      const look = Effect.map(Clock.currentTimeMillis, (now) => {
        times.push(now)
        return false
      })
      yield* Effect.forkScoped(Effect.repeat(look, Strategy.schedule(Strategy.eventRate("1 second", "3 seconds"))))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(times, [0, 3000, 6000, 9000])
    })
  )

  it.effect(
    "is created for each use",
    Effect.fnUntraced(function* () {
      const schedule = Strategy.schedule(Strategy.eventRate("1 second", "3 seconds"))
      const one = yield* Schedule.toStep(schedule)
      yield* one(0, false)
      yield* TestClock.adjust(500)
      const other = yield* Schedule.toStep(schedule)
      yield* other(0, false)
      assert.strictEqual(Duration.toMillis((yield* one(0, true))[1]), 500)
      assert.strictEqual(Duration.toMillis((yield* other(0, true))[1]), 1000)
    })
  )
})
