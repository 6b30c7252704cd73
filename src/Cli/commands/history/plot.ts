/** The plot of `katcp history`. */
import * as Effect from "effect/Effect"
import { Archive, concerns, nameOf, type Series, type SeriesReadings } from "../../../Archive/index.ts"
import { maxLines } from "../../plot/marks.ts"
import { plot } from "../../plot/plot.ts"
import { charsetOf } from "../../show/charset.ts"
import { Output } from "../../show/Output.ts"
import type { Zone } from "../../show/time.ts"
import { kindOf, seriesOf } from "./course.ts"

/** The input of a plot. */
export interface Plotted {
  readonly sensors: ReadonlyArray<string>
  /** In seconds since 1970. */
  readonly from: number
  readonly to: number
  /** The number of stretches, each with its minimum and maximum; default: as many as the plot has columns of dots. */
  readonly points: number | undefined
  readonly zone: Zone
  readonly columns: number
  readonly rows: number
}

/**
 * The number of readings of a sensor with states that are drawn one by one. Not measured: a plot has some hundred
 * columns.
 */
const maxStates = 10_000

/** Prints the plot of sensors over a stretch of time. */
export const plotHistory = Effect.fnUntraced(function* ({ columns, from, points, rows, sensors, to, zone }: Plotted) {
  const output = yield* Output
  const archive = yield* Archive
  const named = yield* archive.series(sensors)
  const shown = named.slice(0, maxLines)
  const patterns = shown.map(patternFor)
  const all = yield* archive.buckets({ sensors: patterns, from, to, points: points ?? 2 * columns })
  const before = new Map(
    (yield* archive.at({ sensors: patterns, time: from })).map(({ device, reading, sensor, series }) => [
      series?.id,
      reading === undefined ? undefined : { ...reading, name: nameOf({ device, sensor }) }
    ])
  )
  const gaps = yield* archive.gaps({ sensors: patterns, from, to })
  const recorded = yield* Effect.forEach(
    all.filter(({ series }) => shown.some(({ id }) => id === series.id)),
    (buckets) =>
      Effect.gen(function* () {
        const { series } = buckets
        const count = buckets.buckets.reduce((sum, { count }) => sum + count, 0)
        const readings: SeriesReadings | undefined =
          kindOf(series.type) === "band" && count > 0 && count <= maxStates
            ? (yield* archive.raw({ sensors: patternFor(series), from, to, limit: maxStates })).parts.find(
                (part) => part.series.id === series.id
              )
            : undefined
        return {
          buckets,
          readings,
          before: before.get(series.id),
          gaps: gaps.filter((gap) => concerns(gap, series))
        }
      })
  )
  const drawn = seriesOf(recorded, from).filter(({ length }) => length > 0)
  if (recorded.every(({ before, buckets }) => before === undefined && buckets.buckets.length === 0))
    return yield* output.note("katcp: the archive has no data for that time")
  const lines = plot(drawn, {
    columns,
    // the shell's prompt needs a line, too
    rows: rows - 1,
    from,
    to,
    zone,
    charset: charsetOf(process.env),
    paint: output.paint
  })
  yield* Effect.forEach(lines, output.line, { discard: true })
  if (named.length > maxLines)
    yield* output.note(
      `katcp: ${named.length - maxLines} more sensors; a plot has at most ${maxLines}: name fewer, or use --format table`
    )
})

/** Returns a pattern for exactly one sensor, for any characters in its name. */
const patternFor = (series: Series): string => `/^${nameOf(series).replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$/`
