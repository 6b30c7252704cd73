/** Uses of sampling that must not compile, and types that must be inferred. */
import type * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import type { Dialect } from "katcp/Codec"
import * as Sampling from "katcp/Sampling"
import { Strategy } from "katcp/Sampling"
import type * as Sensor from "katcp/Sensor"
import { expectTypeOf } from "vitest"

declare const azimuth: Sensor.LiveSensor<number>
declare const count: Sensor.LiveSensor<number | bigint>
declare const mode: Sensor.LiveSensor<"stow" | "track">
declare const anything: Sensor.LiveSensor<unknown>
declare const timers: Sampling.Timers
declare const some: Strategy.Strategy
declare const use: (stream: unknown) => void

// readings of the sensor come out
expectTypeOf(Sampling.stream(azimuth, Strategy.period("1 second"))).toEqualTypeOf<
  Stream.Stream<Sensor.Reading<number>>
>()
expectTypeOf(Sampling.stream(mode, Strategy.event)).toEqualTypeOf<Stream.Stream<Sensor.Reading<"stow" | "track">>>()
expectTypeOf(Sampling.stream(count, some)).toEqualTypeOf<Stream.Stream<Sensor.Reading<number | bigint>>>()
expectTypeOf(Sampling.stream(anything, some)).toEqualTypeOf<Stream.Stream<Sensor.Reading<unknown>>>()

// the differential strategies are for numbers only (P-223, P-227)
use(Sampling.stream(azimuth, Strategy.differential(1)))
use(Sampling.stream(count, Strategy.differentialRate(2n, 0, 1)))
// @ts-expect-error words have no difference
use(Sampling.stream(mode, Strategy.differential(1)))
// @ts-expect-error nor have they with rates
use(Sampling.stream(mode, Strategy.differentialRate(1, 0, 1)))
// @ts-expect-error it might be one of these
use(Sampling.stream(mode, some))
expectTypeOf<Strategy.StrategyFor<boolean>["_tag"]>().toEqualTypeOf<
  "None" | "Auto" | "Event" | "Period" | "EventRate"
>()
expectTypeOf<Strategy.StrategyFor<number>>().toEqualTypeOf<Strategy.Strategy>()

// the receiver gets the sensor as it was given
Sampling.Sampler.make(azimuth, Strategy.auto, {
  timers,
  report: (sensor) => expectTypeOf(sensor).toEqualTypeOf<Sensor.LiveSensor<number>>()
})
const receiver: Sampling.Receiver<Sensor.LiveSensor<unknown>> = { timers, report: () => {} }
expectTypeOf(Sampling.Sampler.make(anything, some, receiver)).toExtend<Sampling.Sampler<Sensor.LiveSensor<unknown>>>()
Sampling.Sampler.make(mode, Strategy.event, receiver)
// @ts-expect-error words have no difference
Sampling.Sampler.make(mode, Strategy.differential(1), receiver)

// streams of readings
declare const words: Stream.Stream<Sensor.Reading<string>, "lost", "needs">
declare const numbers: Stream.Stream<Sensor.Reading<number>>
expectTypeOf(words.pipe(Sampling.sample(Strategy.event))).toEqualTypeOf<
  Stream.Stream<Sensor.Reading<string>, "lost", "needs">
>()
expectTypeOf(Sampling.sample(numbers, Strategy.differential(1))).toEqualTypeOf<Stream.Stream<Sensor.Reading<number>>>()
use(numbers.pipe(Sampling.sample(Strategy.differential(1))))
// @ts-expect-error words have no difference
use(Sampling.sample(words, Strategy.differential(1)))
// @ts-expect-error nor in a pipe
use(words.pipe(Sampling.sample(Strategy.differential(1))))

// strategies are immutable data
const period = Strategy.period("1 second")
// @ts-expect-error it cannot be written to
period.period = 2
// @ts-expect-error only periods have a schedule
Strategy.schedule(Strategy.event)
// @ts-expect-error times are numbers of seconds in the data
some satisfies { readonly _tag: "Period"; readonly period: "1 second" }

// a sensor's type is needed to write a difference
declare const dialect: Dialect.Dialect
expectTypeOf(Strategy.format(some, azimuth.definition, dialect)).toEqualTypeOf<ReadonlyArray<string>>()

// the Schedules of those with times
expectTypeOf(Strategy.schedule(Strategy.period(1))).toEqualTypeOf<Schedule.Schedule<number>>()
expectTypeOf(Strategy.schedule(Strategy.eventRate(0, 1))).toEqualTypeOf<Schedule.Schedule<number, boolean>>()
// @ts-expect-error a change has no time
Strategy.schedule(Strategy.event)
