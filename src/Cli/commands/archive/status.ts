/** The state of an archive, and of each sensor in it. */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Archive, layerQueries, type Moment } from "../../../Archive/index.ts"
import * as flags from "../../flags.ts"
import { explainStore, storeFlag, storeOf } from "../../reach/store.ts"
import { ageText } from "../../show/age.ts"
import { Output } from "../../show/Output.ts"
import { printerOf, type Rows } from "../../show/printing.ts"
import { type Column, table } from "../../show/table.ts"
import { timeText, zoneOf } from "../../show/time.ts"
import { patternsOf } from "../history/sensors.ts"

const config = {
  words: flags.words("TARGET", "The sensors, as for katcp history; default: all"),
  store: storeFlag,
  ...flags.forms,
  utc: flags.utc
}

/** A sensor is silent after this multiple of its usual interval without a reading. Not measured: a person judges. */
const usual = 10

/** The state of a sensor. */
interface SensorState {
  readonly moment: Moment
  /** Readings in the last hour. */
  readonly hour: number
  /** `ok`, `silent` (its device is connected, but no readings come), `away`, `removed`, `off`. */
  readonly state: string
  readonly age: number | undefined
}

const handler = Effect.fnUntraced(function* (input: Command.Command.Config.Infer<typeof config>) {
  const output = yield* Output
  const store = yield* storeOf(input.store, { readOnly: true })
  const now = (yield* Clock.currentTimeMillis) / 1000
  const zone = zoneOf(input)
  const print = yield* printerOf(input, rows)
  const sensors = patternsOf(input.words)
  yield* Effect.gen(function* () {
    const archive = yield* Archive
    const state = yield* archive.state
    const moments = yield* archive.at({ sensors, time: now + 60 })
    const hours = yield* archive.buckets({ sensors, from: now - 3600, to: now + 60, points: 1 })
    const days = yield* archive.buckets({ sensors, from: now - 86_400, to: now + 60, points: 1 })
    const counted = (found: typeof hours) => {
      const counts = new Map<string, number>()
      for (const { buckets, series } of found) {
        const name = `${series.device}/${series.sensor}`
        counts.set(
          name,
          buckets.reduce((sum, { count }) => sum + count, counts.get(name) ?? 0)
        )
      }
      return (moment: Moment) => counts.get(`${moment.device}/${moment.sensor}`) ?? 0
    }
    const [hour, day] = [counted(hours), counted(days)]
    const states = moments.map((moment): SensorState => {
      const age = moment.reading === undefined ? undefined : now - moment.reading.received
      const often = day(moment)
      const silent = often > usual && age !== undefined && age > Math.max(600, (usual * 86_400) / often)
      return { moment, hour: hour(moment), age, state: moment.gap?.reason ?? (silent ? "silent" : "ok") }
    })
    if (print !== undefined) return yield* print(Stream.fromIterable(states))
    const size = ByteSize.format(ByteSize.bytes(Math.round(state.bytes)))
    const last = state.lastReceived === undefined ? "never" : timeText(state.lastReceived / 1e6, zone, now)
    yield* output.line(`${state.kind} ${state.address}, tables of version ${state.version}`)
    yield* output.line(`about ${state.rows} readings, ${size}, last one ${last}`)
    if (Number.isFinite(state.rawFrom))
      yield* output.line(
        `readings from ${timeText(state.rawFrom / 1e6, zone, now)}, minutes ${Number.isFinite(state.minuteFrom) ? `from ${timeText(state.minuteFrom / 1e6, zone, now)}` : "from the beginning"}`
      )
    if (state.expired > 0) yield* output.line(`${state.expired} readings came too late and were dropped`)
    const gaps = yield* archive.gaps({ sensors, from: now - 86_400, to: now + 60 })
    const lost = gaps.reduce((sum, gap) => sum + gap.lost, 0)
    yield* output.line(`gaps of the last day: ${gaps.length}${lost === 0 ? "" : `, ${lost} readings lost`}`)
    const cells = states.map(({ age, hour, moment, state }) => [
      { text: `${moment.device}/${moment.sensor}` },
      { text: state, show: (text: string) => (state === "ok" ? text : output.paint("yellow", text)) },
      { text: age === undefined ? "" : ageText(age) },
      { text: `${hour}` }
    ])
    yield* Effect.forEach(table(columns, cells, output.terminal()?.columns), output.line, { discard: true })
  }).pipe(
    Effect.provide(layerQueries().pipe(Layer.provide(store))),
    Effect.catchTags({ QueryRefused: (error) => explainStore(error), StoreFailed: (error) => explainStore(error) })
  )
})

const columns: ReadonlyArray<Column> = [
  { title: "sensor" },
  { title: "state" },
  { title: "last", right: true },
  { title: "last hour", right: true }
]

const rows: Rows<SensorState> = {
  fields: {
    device: ({ moment }) => ({ text: moment.device }),
    name: ({ moment }) => ({ text: moment.sensor }),
    state: ({ state }) => ({ text: state }),
    age: ({ age }) => (age === undefined ? { text: "" } : { text: ageText(age), number: age }),
    received: ({ moment }) =>
      moment.reading === undefined
        ? { text: "" }
        : { text: `${moment.reading.received}`, number: moment.reading.received },
    hour: ({ hour }) => ({ text: `${hour}`, number: hour })
  },
  columns: ["device", "name", "state", "received", "hour"],
  json: ({ hour, moment, state }) => ({
    name: moment.sensor,
    device: moment.device,
    state,
    hour,
    ...(moment.reading === undefined ? {} : { received: moment.reading.received })
  })
}

/** `katcp archive status`. */
export const status = Command.make("status", config, handler).pipe(
  Command.withDescription("Show the contents of an archive, and its silent, lost or removed sensors")
)
