/**
 * The golden timelines of sampling against the Python devices, in real time: the same scripts of readings, set by one
 * connection, give another the same `#sensor-status` informs in the same order, at about the same times.
 */
import { assert, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Arg, Dialect } from "katcp/Codec"
import { Protocol } from "katcp/Message"
import { Strategy } from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"
import { beforeAll } from "vitest"
import { type Step, type Timeline, timelines } from "../Sampling/timelines.ts"
import { describePeer, startPythonDevice } from "./peers.ts"
import { Wire } from "./wire.ts"

type Kind = "aio" | "kp" | "kp4"

/**
 * How long a tick of the timelines takes here, in milliseconds, and by how much a report may be beside its time: besides
 * what the peer was late with answering. On a machine that has other things to do, a further try takes its time twice.
 */
let tick = 125
const tolerance = 0.4
/** Tries with ticks that become longer. */
const retry = 3
const slower = Effect.sync(() => {
  tick *= 2
})

/** Known differences in the reports of a peer. */
interface Departure {
  readonly timeline: string
  readonly reports: ReadonlyArray<Step>
  /** The row of the requirements by which we do not follow. */
  readonly row: string
}

/** Both peers the same: Python compares with `!=` and `abs(...) >`, for which NaN equals nothing and exceeds nothing. */
const departures: ReadonlyArray<Departure> = [
  {
    timeline: "event treats NaN as equal to NaN and -0 as 0",
    reports: [
      [0, 0],
      [0.5, Number.NaN],
      [1, Number.NaN],
      [1.5, 0],
      [2.5, 1]
    ],
    row: "Q-08"
  },
  {
    timeline: "differential treats NaN as far from every number",
    reports: [
      [0, 0],
      [2, Number.POSITIVE_INFINITY],
      [3, Number.NEGATIVE_INFINITY]
    ],
    row: "Q-08"
  }
]

const types = { float: Arg.Float, integer: Arg.Int, discrete: Arg.Discrete("one", "two", "three") }
const definitionOf = (type: Timeline["type"]): Sensor.Any => Sensor.make("x", { type: types[type] as Arg.Any })
const fixed = { integer: "test.int", discrete: "test.discrete" }

/** The same strategy with a tick of its own length. */
const scaled = (strategy: Strategy.Strategy): Strategy.Strategy => {
  const seconds = tick / 1000
  if (strategy._tag === "Period") return { ...strategy, period: strategy.period * seconds }
  if (!("longest" in strategy)) return strategy
  return { ...strategy, shortest: strategy.shortest * seconds, longest: strategy.longest * seconds }
}

const formatted = (type: Timeline["type"], value: Step[1]): string => {
  const text = (types[type] as Arg.Any).encode(value, Dialect.v5)
  assert.isString(text)
  return text as string
}

/** A timeline on a sensor of its own. */
interface Run {
  readonly timeline: Timeline
  readonly sensor: string
}

/**
 * All timelines that the version can run. Each float sensor is made for one; of the other types the device has one each,
 * so what needs these runs one after another.
 */
const roundsOf = (protocol: Protocol): ReadonlyArray<ReadonlyArray<Run>> => {
  const rounds: Array<Array<Run>> = [[]]
  for (const [at, timeline] of timelines.entries()) {
    const [name] = Strategy.format(timeline.strategy, definitionOf(timeline.type), Dialect.v5)
    if (timeline.exact || !Strategy.isAllowed(name!, protocol)) continue
    const sensor = timeline.type === "float" ? `timeline.${at}` : fixed[timeline.type]
    let round = rounds.find((runs) => runs.every((run) => run.sensor !== sensor))
    if (round === undefined) rounds.push((round = []))
    round.push({ timeline, sensor })
  }
  return rounds
}

interface Inform {
  readonly time: number
  readonly timestamp: string
  readonly status: string
  readonly value: string
}

const now = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

/** Sends requests and waits for their replies, which must all be ok. */
const requests = (wire: Wire, lines: ReadonlyArray<string>, onInform: (words: ReadonlyArray<string>) => void) =>
  Effect.promise(async () => {
    for (const line of lines) wire.send(line)
    for (let replies = 0; replies < lines.length; ) {
      const line = await wire.line()
      if (line?.startsWith("!") === true) {
        assert.match(line, /^!\S+ ok/)
        replies++
      } else if (line?.startsWith("#sensor-status ") === true) onInform(line.split(" "))
      else assert.isDefined(line)
    }
  })

/** A client without a strategy receives nothing. */
const nothing = (words: ReadonlyArray<string>): void => assert.fail(words.join(" "))

/** Runs timelines at once and gives the informs of each sensor. */
const play = Effect.fnUntraced(function* (
  runs: ReadonlyArray<Run>,
  dialect: Dialect.Dialect,
  setter: Wire,
  open: Effect.Effect<Wire>
) {
  const informs = new Map<string, Array<Inform>>(runs.map(({ sensor }) => [sensor, []]))
  const listener = yield* open
  const clock = yield* Clock.clockWith(Effect.succeed)
  const elapsed = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6 - start
  const heard = ([, timestamp, , sensor, status, value]: ReadonlyArray<string>) =>
    informs.get(sensor!)!.push({ time: elapsed() / tick, timestamp: timestamp!, status: status!, value: value! })
  const steps = runs
    .flatMap(({ sensor, timeline: { script, type } }) =>
      script.map(([time, value, status = "nominal"]) => ({
        time,
        line: `?set-sensor ${sensor} ${formatted(type, value)} ${status}`
      }))
    )
    .sort((one, other) => one.time - other.time)
  const start = yield* now
  yield* requests(
    listener,
    runs.map(({ sensor, timeline: { strategy, type } }) => {
      const words = Strategy.format(scaled(strategy), definitionOf(type), dialect)
      return `?sensor-sampling ${sensor} ${words.join(" ")}`
    }),
    heard
  )
  const listening = yield* Effect.forkChild(
    Effect.promise(async () => {
      for (;;) {
        const line = await listener.line()
        if (line === undefined) return
        if (line.startsWith("#sensor-status ")) heard(line.split(" "))
      }
    })
  )
  let late = 0
  for (const { line, time } of steps) {
    yield* Effect.sleep(Math.max(0, time * tick - elapsed()))
    yield* requests(setter, [line], nothing)
    late = Math.max(late, elapsed() / tick - time)
  }
  const end = Math.max(...runs.map(({ timeline }) => timeline.until))
  yield* Effect.sleep(Math.max(0, end * tick - elapsed()))
  yield* Effect.promise(() => listener.close())
  listening.interruptUnsafe()
  return { informs, late }
})

const compare = ({ timeline }: Run, heard: ReadonlyArray<Inform>, late: number): void => {
  const { name, script, type, until } = timeline
  const departure = departures.find((entry) => entry.timeline === name)
  const reports = (departure ?? timeline).reports.map(
    ([time, value, status = "nominal"]) => [time, formatted(type, value), status] as const
  )
  const informs = heard.filter(({ time }) => time < until)
  assert.deepStrictEqual(
    informs.map(({ status, value }) => [formatted(type, read(type, value)), status]),
    reports.map(([, value, status]) => [value, status]),
    name
  )
  /** Which reading a report is of: the last one of that kind, -1 for the one at the beginning. */
  const origins = reports.map(([time, value, status]) =>
    script.findLastIndex(
      ([set, given, givenStatus = "nominal"]) =>
        set <= time && formatted(type, given) === value && givenStatus === status
    )
  )
  for (const [at, [time]] of reports.entries()) {
    assert.isAtMost(
      Math.abs(informs[at]!.time - time),
      tolerance + late,
      `${name}: report ${at} at ${informs[at]!.time}`
    )
    // the time of the reading, not of the report (P-220)
    if (at > 0 && origins[at] === origins[at - 1])
      assert.strictEqual(informs[at]!.timestamp, informs[at - 1]!.timestamp, name)
  }
}

const read = (type: Timeline["type"], text: string): Step[1] => {
  const bytes = new TextEncoder().encode(text)
  const value = (types[type] as Arg.Any).decode(bytes, 0, bytes.length, Dialect.v5)
  assert.notInstanceOf(value, Arg.Invalid)
  return value
}

const device = Effect.fnUntraced(function* (kind: Kind) {
  const protocol = kind === "kp4" ? Protocol.make(4, 0) : Protocol.make(5, 1)
  const { host, port } = yield* Effect.promise(() => startPythonDevice(kind))
  const open = Effect.promise(() => Wire.open(host, port))
  const setter = yield* open
  const rounds = roundsOf(protocol)
  const added = rounds.flat().filter(({ timeline }) => timeline.type === "float")
  yield* requests(
    setter,
    added.map(({ sensor }) => `?add-sensor ${sensor}`),
    nothing
  )
  for (const round of rounds) {
    const reset = ["?set-sensor test.int 0", "?set-sensor test.discrete one"]
    yield* requests(setter, reset, nothing)
    const { informs, late } = yield* play(round, Dialect.of(protocol), setter, open)
    for (const run of round) compare(run, informs.get(run.sensor)!, late)
  }
  yield* Effect.promise(() => setter.close())
})

describePeer("aiokatcp", "sampling by aiokatcp", () => {
  it.live(
    "reports what our timelines say (P-210, P-211, P-214, P-218…P-221, P-223…P-225, P-227, P-228)",
    () => Effect.andThen(slower, device("aio")),
    { retry }
  )
})
describePeer("katcp", "sampling by katcp-python", () => {
  beforeAll(() => {
    tick = 125
  })
  it.live(
    "at versions 5.1 and 4 reports what our timelines say (P-210, P-211, P-214, P-218…P-221, P-223…P-225, P-227, P-228)",
    () => Effect.andThen(slower, Effect.all([device("kp"), device("kp4")], { concurrency: 2, discard: true })),
    { retry }
  )
})
