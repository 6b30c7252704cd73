/** What happened: readings of an archive. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Archive, layerQueries, type QueryRefused, type StoreFailed } from "../../Archive/index.ts"
import { cannotRun } from "../Failure.ts"
import * as flags from "../flags.ts"
import { explainStore, storeFlag, storeOf } from "../reach/store.ts"
import { Output } from "../show/Output.ts"
import { printerOf, type Rows } from "../show/printing.ts"
import { statusCell } from "../show/sensors.ts"
import { type Cell, type Column, table } from "../show/table.ts"
import { timeText, zoneOf } from "../show/time.ts"
import { bucketRows, type Lasted, momentRows, readRows, stateRows, textOf } from "./history/rows.ts"
import { patternsOf } from "./history/sensors.ts"
import { timeOf } from "./history/times.ts"

const whole = (name: string, description: string) =>
  Flag.Int(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (count) => count > 0,
      (count) => `"${count}" is none: write 1 or more`
    ),
    Flag.optional
  )
const time = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

const config = {
  words: flags.words(
    "TARGET",
    "The sensors: device/sensor, globs ('m0*/rx.*'), /regular expressions/, or a device and its sensors"
  ),
  store: storeFlag,
  from: time("from", "-1h", "The beginning: -90s, -1h, -7d, 2026-11-29T12:30, seconds since 1970; by default -1h"),
  to: time("to", "now", "The end; by default now"),
  points: whole("points", "About so many stretches, each with its minimum, maximum and mean; by default 24"),
  raw: Flag.Boolean("raw").pipe(Flag.withDescription("Every reading"), Flag.withDefault(false)),
  last: whole("last", "The last so many readings of each sensor"),
  at: time("at", "TIME", "What was known at that time"),
  states: Flag.Boolean("states").pipe(
    Flag.withDescription("How long discrete, boolean, lru and string sensors were in each state"),
    Flag.withDefault(false)
  ),
  gaps: Flag.Boolean("gaps").pipe(
    Flag.withDescription("When devices were away, the archive was off, or readings were lost"),
    Flag.withDefault(false)
  ),
  ...flags.forms,
  utc: flags.utc
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const modes = [
    Option.isSome(input.points) ? "--points" : "",
    input.raw ? "--raw" : "",
    Option.isSome(input.last) ? "--last" : "",
    Option.isSome(input.at) ? "--at" : "",
    input.states ? "--states" : "",
    input.gaps ? "--gaps" : ""
  ].filter((mode) => mode !== "")
  if (modes.length > 1) return yield* cannotRun(`${modes.join(" and ")}: choose one of them`)
  const now = (yield* Clock.currentTimeMillis) / 1000
  const zone = zoneOf(input)
  const from = yield* timeOf(
    "from",
    Option.getOrElse(input.from, () => "-1h"),
    now,
    input.utc
  )
  const to = yield* timeOf(
    "to",
    Option.getOrElse(input.to, () => "now"),
    now,
    input.utc
  )
  const sensors = patternsOf(input.words)
  const store = yield* storeOf(input.store, { readOnly: true })
  const show = showOf(input)
  yield* Effect.gen(function* () {
    const archive = yield* Archive
    const paint = (yield* Output).paint
    if (Option.isSome(input.at)) {
      const found = yield* archive.at({ sensors, time: yield* timeOf("at", input.at.value, now, input.utc) })
      return yield* show(momentRows(zone), momentColumns, Stream.fromIterable(found), (moment) => [
        { text: `${moment.device}/${moment.sensor}` },
        { text: textOf(moment.reading?.value) },
        { text: moment.series?.units ?? "" },
        statusCell(moment.status, paint),
        { text: moment.since === undefined ? "" : timeText(moment.since, zone, now) },
        { text: moment.gap?.reason ?? "" }
      ])
    }
    if (input.gaps) {
      const found = yield* archive.gaps({ from, to, ...(input.words.length === 0 ? {} : { sensors }) })
      return yield* show(
        gapRows,
        gapColumns,
        Stream.fromIterable(found),
        ({ device, from, lost, reason, sensor, to }) => [
          { text: reason },
          { text: device === "" ? "all" : sensor === "" ? device : `${device}/${sensor}` },
          { text: timeText(from / 1e6, zone, now) },
          { text: to === null ? "" : timeText(to / 1e6, zone, now) },
          { text: lost === 0 ? "" : `${lost}` }
        ]
      )
    }
    if (input.states) {
      const found = yield* archive.states({ sensors, from, to })
      const rows = found.flatMap(
        ({ device, sensor, states, unknown }): ReadonlyArray<Lasted> => [
          ...states.map(({ entered, seconds, state }) => ({ device, sensor, state, seconds, entered })),
          ...(unknown > 0 ? [{ device, sensor, state: undefined, seconds: unknown, entered: undefined }] : [])
        ]
      )
      return yield* show(stateRows, stateColumns, Stream.fromIterable(rows), (row) => [
        { text: `${row.device}/${row.sensor}` },
        row.state === undefined
          ? { text: "not known", show: (text) => paint("grey", text) }
          : { text: textOf(row.state) },
        { text: row.seconds.toFixed(1) },
        { text: `${((100 * row.seconds) / (to - from)).toFixed(1)} %` },
        { text: row.entered === undefined ? "" : `${row.entered}` }
      ])
    }
    if (input.raw || Option.isSome(input.last)) {
      const pages = Option.isSome(input.last)
        ? Stream.fromEffect(archive.last({ sensors, count: input.last.value }))
        : Stream.paginate(undefined as string | undefined, (cursor) =>
            Effect.map(
              archive.raw({ sensors, from, to, ...(cursor === undefined ? {} : { cursor }) }),
              ({ next, parts }) =>
                [[parts], next === undefined ? Option.none() : Option.some<string | undefined>(next)] as const
            )
          )
      const readings = Stream.flatMap(pages, (parts) =>
        Stream.fromIterable(parts.flatMap(({ readings, series }) => readings.map((reading) => ({ reading, series }))))
      )
      return yield* show(readRows(zone), readColumns, readings, ({ reading, series }) => [
        { text: timeText(reading.timestamp, zone, now) },
        { text: `${series.device}/${series.sensor}` },
        { text: textOf(reading.value) },
        { text: series.units },
        statusCell(reading.status, paint)
      ])
    }
    const found = yield* archive.buckets({ sensors, from, to, points: Option.getOrElse(input.points, () => 24) })
    const rows = found.flatMap(({ buckets, series }) => buckets.map((bucket) => ({ bucket, series })))
    return yield* show(bucketRows(zone), bucketColumns, Stream.fromIterable(rows), ({ bucket, series }) => [
      { text: timeText(bucket.time, zone, now) },
      { text: `${series.device}/${series.sensor}` },
      { text: `${bucket.count}` },
      ...[bucket.min, bucket.mean, bucket.max].map((value): Cell => ({ text: shorter(value) })),
      { text: typeof bucket.last === "number" ? shorter(bucket.last) : textOf(bucket.last) },
      { text: series.units },
      statusCell(bucket.worst, paint)
    ])
  }).pipe(
    Effect.provide(layerQueries().pipe(Layer.provide(store))),
    Effect.catchTags({
      QueryRefused: (error: QueryRefused) => explainStore(error),
      StoreFailed: (error: StoreFailed) => explainStore(error)
    })
  )
})

/** Prints rows in the form that was chosen, or as a table. */
const showOf =
  (input: Input) =>
  <A, E, R>(
    rows: Rows<A>,
    columns: ReadonlyArray<Column>,
    found: Stream.Stream<A, E, R>,
    cells: (row: A) => ReadonlyArray<Cell>
  ) =>
    Effect.gen(function* () {
      const output = yield* Output
      const print = yield* printerOf(input, rows)
      if (print !== undefined) return yield* print(found)
      const lines = yield* Stream.runCollect(found)
      if (lines.length === 0) return yield* output.note("katcp: the archive has nothing of that time")
      yield* Effect.forEach(table(columns, lines.map(cells), output.terminal()?.columns), output.line, {
        discard: true
      })
    })

/** A number with as many digits as people read. */
const shorter = (value: number | undefined): string => (value === undefined ? "" : `${Number(value.toPrecision(7))}`)

const gapRows: Rows<{
  readonly device: string
  readonly sensor: string
  readonly from: number
  readonly to: number | null
  readonly reason: string
  readonly lost: number
}> = {
  fields: {
    reason: ({ reason }) => ({ text: reason }),
    device: ({ device }) => ({ text: device }),
    name: ({ sensor }) => ({ text: sensor }),
    from: ({ from }) => ({ text: `${from / 1e6}`, number: from / 1e6 }),
    to: ({ to }) => (to === null ? { text: "" } : { text: `${to / 1e6}`, number: to / 1e6 }),
    lost: ({ lost }) => ({ text: `${lost}`, number: lost })
  },
  columns: ["reason", "device", "name", "from", "to", "lost"],
  json: ({ device, from, lost, reason, sensor, to }) => ({
    reason,
    ...(device === "" ? {} : { device }),
    ...(sensor === "" ? {} : { name: sensor }),
    from: from / 1e6,
    ...(to === null ? {} : { to: to / 1e6 }),
    ...(lost === 0 ? {} : { lost })
  })
}
const sensor: Column = { title: "sensor" }
const valueColumn: Column = { title: "value", shrinks: "first" }
const readColumns: ReadonlyArray<Column> = [
  { title: "time" },
  sensor,
  valueColumn,
  { title: "units" },
  { title: "status" }
]
const momentColumns: ReadonlyArray<Column> = [
  sensor,
  valueColumn,
  { title: "units" },
  { title: "status" },
  { title: "since" },
  { title: "gap" }
]
const stateColumns: ReadonlyArray<Column> = [
  sensor,
  { title: "state", shrinks: "first" },
  { title: "seconds", right: true },
  { title: "part", right: true },
  { title: "entered", right: true }
]
const gapColumns: ReadonlyArray<Column> = [
  { title: "why" },
  { title: "what" },
  { title: "from" },
  { title: "to" },
  { title: "lost", right: true }
]
const bucketColumns: ReadonlyArray<Column> = [
  { title: "time" },
  sensor,
  { title: "readings", right: true },
  { title: "min", right: true },
  { title: "mean", right: true },
  { title: "max", right: true },
  { title: "last", right: true, shrinks: "first" },
  { title: "units" },
  { title: "worst" }
]

/** `katcp history`. */
export const history = Command.make("history", config, handler).pipe(
  Command.withDescription("What happened: readings of an archive, in stretches, one by one, or at a time"),
  Command.withExamples([
    { command: "katcp history --store site.db --from -6h m000/rx.temp", description: "Six hours, minimum and maximum" },
    {
      command: "katcp history --store site.db --at 2026-11-29T03:12 'm0*'",
      description: "What was known at that time"
    },
    {
      command: "katcp history --store site.db --from -7d --states m000/mode",
      description: "How long each state lasted"
    }
  ])
)
