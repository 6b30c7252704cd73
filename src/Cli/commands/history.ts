/** Shows readings of an archive. */
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
import { type Chosen, printerOf, type Rows } from "../show/printing.ts"
import { table } from "../show/table.ts"
import { zoneOf } from "../show/time.ts"
import { plotHistory } from "./history/plot.ts"
import { bucketRows, gapRows, type Lasted, momentRows, readRows, stateRows } from "./history/rows.ts"
import { patternsOf } from "./history/sensors.ts"
import { bucketTable, gapTable, momentTable, readTable, stateTable, type Table } from "./history/tables.ts"
import { timeOf } from "./history/times.ts"

const whole = (name: string, description: string) =>
  Flag.Int(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (count) => count > 0,
      (count) => `"${count}" is not a number of items: write 1 or more`
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
  from: time("from", "-1h", "The beginning: -90s, -1h, -7d, 2026-11-29T12:30, seconds since 1970; default: -1h"),
  to: time("to", "now", "The end; default: now"),
  points: whole(
    "points",
    "The approximate number of stretches, each with its minimum, maximum and mean; default: 24, or those that fit into a plot"
  ),
  raw: Flag.Boolean("raw").pipe(Flag.withDescription("Every reading"), Flag.withDefault(false)),
  last: whole("last", "The number of last readings of each sensor"),
  at: time("at", "TIME", "The state at that time"),
  states: Flag.Boolean("states").pipe(
    Flag.withDescription("The time that discrete, boolean, lru and string sensors were in each state"),
    Flag.withDefault(false)
  ),
  gaps: Flag.Boolean("gaps").pipe(
    Flag.withDescription("The times when devices were away, the archive was off, or readings were lost"),
    Flag.withDefault(false)
  ),
  ...flags.forms,
  format: Flag.String("format").pipe(
    Flag.withAlias("f"),
    Flag.withMetavar("table|csv|ndjson|TEMPLATE"),
    Flag.withDescription(
      "A table instead of the plot, CSV, JSON, or your own line: '{name} {value}', with width and precision '{name:<20} {value:>10.3}'"
    ),
    Flag.optional
  ),
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
  const form = formOf(input)
  if (form.twice) return yield* cannotRun(`${input.json ? "--json" : "--csv"} and --format: choose one of them`)
  if (form.unknown !== undefined)
    return yield* cannotRun(
      `--format: ${JSON.stringify(form.unknown)} is not a format: write table, csv, ndjson, or a line with fields, like '{name} {value}'`
    )
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
  const show = showOf(form.chosen)
  yield* Effect.gen(function* () {
    const archive = yield* Archive
    const { paint, terminal } = yield* Output
    if (Option.isSome(input.at)) {
      const found = yield* archive.at({ sensors, time: yield* timeOf("at", input.at.value, now, input.utc) })
      return yield* show(momentRows(zone), momentTable(zone, now, paint), Stream.fromIterable(found))
    }
    if (input.gaps) {
      const found = yield* archive.gaps({ from, to, ...(input.words.length === 0 ? {} : { sensors }) })
      return yield* show(gapRows, gapTable(zone, now), Stream.fromIterable(found), "no gaps are recorded for that time")
    }
    if (input.states) {
      const found = yield* archive.states({ sensors, from, to })
      const rows = found.flatMap(
        ({ device, sensor, states, unknown }): ReadonlyArray<Lasted> => [
          ...states.map(({ entered, seconds, state }) => ({ device, sensor, state, seconds, entered })),
          ...(unknown > 0 ? [{ device, sensor, state: undefined, seconds: unknown, entered: undefined }] : [])
        ]
      )
      return yield* show(stateRows, stateTable(to - from, paint), Stream.fromIterable(rows))
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
      return yield* show(readRows(zone), readTable(zone, now, paint), readings)
    }
    const room = terminal()
    if (room !== undefined && form.people && !form.table) {
      const points = Option.getOrUndefined(input.points)
      return yield* plotHistory({ sensors, from, to, points, zone, ...room })
    }
    const found = yield* archive.buckets({ sensors, from, to, points: Option.getOrElse(input.points, () => 24) })
    const rows = found.flatMap(({ buckets, series }) => buckets.map((bucket) => ({ bucket, series })))
    return yield* show(bucketRows(zone), bucketTable(zone, now, paint), Stream.fromIterable(rows))
  }).pipe(
    Effect.provide(layerQueries().pipe(Layer.provide(store))),
    Effect.catchTags({
      QueryRefused: (error: QueryRefused) => explainStore(error),
      StoreFailed: (error: StoreFailed) => explainStore(error)
    })
  )
})

/** The chosen form: `--format table`, `csv` and `ndjson` are forms, other texts are templates of lines. */
const formOf = ({ csv, format, json }: Chosen) => {
  const word = Option.getOrElse(format, () => "")
  const isForm = word === "table" || word === "csv" || word === "ndjson"
  const chosen: Chosen = {
    json: json || word === "ndjson",
    csv: csv || word === "csv",
    format: isForm ? Option.none() : format
  }
  return {
    chosen,
    table: word === "table",
    /** `true` for output to people: a table or a plot. */
    people: !chosen.json && !chosen.csv && Option.isNone(chosen.format),
    /** `true` for two forms at once. */
    twice: (json || csv) && isForm,
    /** A form that does not exist; undefined otherwise. */
    unknown: Option.getOrUndefined(Option.filter(chosen.format, (text) => !text.includes("{")))
  }
}

/** Prints rows in the chosen form, or as a table; for people without rows, the note. */
const showOf =
  (chosen: Chosen) =>
  <A, E, R>(
    rows: Rows<A>,
    { cells, columns }: Table<A>,
    found: Stream.Stream<A, E, R>,
    none = "the archive has no data for that time"
  ) =>
    Effect.gen(function* () {
      const output = yield* Output
      const print = yield* printerOf(chosen, rows)
      if (print !== undefined) return yield* print(found)
      const lines = yield* Stream.runCollect(found)
      if (lines.length === 0) return yield* output.note(`katcp: ${none}`)
      yield* Effect.forEach(table(columns, lines.map(cells), output.terminal()?.columns), output.line, {
        discard: true
      })
    })

/** `katcp history`. */
export const history = Command.make("history", config, handler).pipe(
  Command.withDescription("Show readings of an archive: as a plot, in stretches, one by one, or at a time"),
  Command.withExamples([
    { command: "katcp history --store site.db --from -6h m000/rx.temp", description: "Six hours, minimum and maximum" },
    {
      command: "katcp history --store site.db --at 2026-11-29T03:12 'm0*'",
      description: "The state at that time"
    },
    {
      command: "katcp history --store site.db --from -7d --states m000/mode",
      description: "The duration of each state"
    }
  ])
)
