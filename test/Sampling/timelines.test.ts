/** The golden timelines, by the machine alone, by a sampler, and by both forms of streams. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sampling from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"
import { type Step, type Timeline, timelines } from "./timelines.ts"

type Report = readonly [time: number, value: unknown, status: Sensor.Status]

const definition = (type: Timeline["type"]): Sensor.Any => {
  const options = { status: "nominal" } as const
  if (type === "float") return Sensor.make("x", { ...options, type: Arg.Float })
  if (type === "integer") return Sensor.make("x", { ...options, type: Arg.Int })
  return Sensor.make("x", { ...options, type: Arg.Discrete("one", "two", "three") })
}

const complete = ([time, value, status = "nominal"]: Step): Report => [time, value, status]
const seconds = Effect.map(Clock.currentTimeMillis, (now) => now / 1000)

/** Runs a script, each step in its time, and on to the end. */
const play = Effect.fnUntraced(function* <E, R>(
  { script, until }: Timeline,
  set: (value: unknown, status: Sensor.Status) => Effect.Effect<unknown, E, R>
) {
  for (const [time, value, status] of script.map(complete)) {
    yield* TestClock.setTime(time * 1000)
    yield* set(value, status)
    yield* TestClock.adjust(0)
  }
  yield* TestClock.setTime(until * 1000)
})

/** The machine, without Effect: what is due is woken before what is set in the same moment. */
const ofMachine = ({ script, strategy, type, until }: Timeline): ReadonlyArray<Report> => {
  const sensor = definition(type)
  const machine = Sampling.Machine.make(strategy, sensor)
  const reports: Array<Report> = []
  let reading: Sensor.Reading<unknown> = { timestamp: 0, status: sensor.status, value: sensor.initial }
  const report = (now: number) => reports.push([now / 1000, reading.value, reading.status])
  const wake = (now: number) => {
    while (machine.due <= now) {
      const { due } = machine
      if (machine.wake(reading, due)) report(due)
    }
  }
  if (machine.begin(reading, 0)) report(0)
  for (const [time, value, status] of script.map(complete)) {
    const now = time * 1000
    wake(now)
    reading = { timestamp: time, status, value }
    if (machine.offer(reading, now)) report(now)
  }
  wake(until * 1000)
  return reports
}

const ofSampler = Effect.fnUntraced(function* (timeline: Timeline) {
  const clock = yield* Clock.clockWith(Effect.succeed)
  const reports: Array<Report> = []
  const sensor: Sensor.LiveSensor<unknown> = yield* Sensor.LiveSensor.make(definition(timeline.type))
  const timers = yield* Sampling.Timers.make
  const sampler = Sampling.Sampler.make(sensor, timeline.strategy, {
    timers,
    report: (_, { status, value }) => {
      reports.push([clock.currentTimeMillisUnsafe() / 1000, value, status])
    }
  })
  sampler.start()
  yield* play(timeline, (value, status) => sensor.setUnknown(value, { status }))
  return reports
})

const collect = Effect.fnUntraced(function* (stream: Stream.Stream<Sensor.Reading<unknown>>) {
  const reports: Array<Report> = []
  yield* Effect.forkScoped(
    Stream.runForEach(stream, ({ status, value }) =>
      Effect.map(seconds, (now) => {
        reports.push([now, value, status])
      })
    ),
    { startImmediately: true }
  )
  yield* TestClock.adjust(0)
  return reports
})

const ofStream = Effect.fnUntraced(function* (timeline: Timeline) {
  const sensor: Sensor.LiveSensor<unknown> = yield* Sensor.LiveSensor.make(definition(timeline.type))
  const reports = yield* collect(Sampling.stream(sensor, timeline.strategy))
  yield* play(timeline, (value, status) => sensor.setUnknown(value, { status }))
  return reports
})

const ofReadings = Effect.fnUntraced(function* (timeline: Timeline) {
  const { initial, status } = definition(timeline.type)
  const readings = yield* Queue.unbounded<Sensor.Reading<unknown>>()
  yield* Queue.offer(readings, { timestamp: 0, status, value: initial })
  const reports = yield* collect(Sampling.sample(Stream.fromQueue(readings), timeline.strategy))
  yield* play(timeline, (value, status) => Queue.offer(readings, { timestamp: 0, status, value }))
  return reports
})

const ways: Record<string, (timeline: Timeline) => Effect.Effect<ReadonlyArray<Report>, unknown, Scope.Scope>> = {
  "the machine": (timeline) => Effect.sync(() => ofMachine(timeline)),
  "a sampler (A-459)": ofSampler,
  "a stream of a sensor (A-448)": ofStream,
  "a stream of any readings": ofReadings
}

for (const [way, run] of Object.entries(ways)) {
  describe(way, () => {
    for (const timeline of timelines) {
      it.effect(
        `${timeline.name} (${timeline.rows})`,
        Effect.fnUntraced(function* () {
          assert.deepStrictEqual(yield* run(timeline), timeline.reports.map(complete))
        })
      )
    }
  })
}
