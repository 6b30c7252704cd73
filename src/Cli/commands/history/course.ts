/**
 * Converts the archive's data on sensors into series of a plot. A reading is valid until the next one. A stretch of
 * several readings becomes four of them, within its width: the first, the smallest, the largest and the last value. So
 * a plot shows every spike, unless its columns are narrower.
 */
import {
  type Bucket,
  type Gap,
  nameOf,
  type SeriesBuckets,
  type SeriesReadings,
  type Value
} from "../../../Archive/index.ts"
import { isValid, type Status, statuses } from "../../../Sensor/index.ts"
import type { Series } from "../../plot/Series.ts"

/** A reading of a plot. `value`: NaN without a value. */
interface Point {
  readonly time: number
  readonly value: Value
  readonly status: Status
  /** The stretch that had the value somewhere; undefined if the time is exact. */
  readonly within?: readonly [from: number, to: number]
}

/** The history of a sensor, from queries. */
export interface Recorded {
  readonly buckets: SeriesBuckets
  /** The readings of a sensor with states; undefined if there are too many. */
  readonly readings: SeriesReadings | undefined
  /** The current reading at the beginning. */
  readonly before: Point | undefined
  /** The gaps of the sensor. */
  readonly gaps: ReadonlyArray<Gap>
}

/** The kind of plot for a type. */
export const kindOf = (type: string): Series["kind"] =>
  type === "boolean" ? "switch" : type === "integer" || type === "float" || type === "timestamp" ? "line" : "band"

/** Returns series of a plot from a time on. Series of one name follow each other: a later one ends an earlier one. */
export const seriesOf = (all: ReadonlyArray<Recorded>, from: number): ReadonlyArray<Series> => {
  const count = new Map<string, number>()
  for (const { buckets } of all) count.set(nameOf(buckets.series), (count.get(nameOf(buckets.series)) ?? 0) + 1)
  return all.map((recorded, at) => {
    const { series } = recorded.buckets
    const name = nameOf(series)
    const successors = all.slice(at + 1).filter(({ buckets }) => nameOf(buckets.series) === name)
    const ends = Math.min(...successors.map(({ buckets }) => buckets.buckets[0]?.time ?? Number.POSITIVE_INFINITY))
    const label =
      count.get(name) === 1 ? name : `${name} (${series.type}${series.units === "" ? "" : ` ${series.units}`})`
    return plotted(label, recorded, from, ends)
  })
}

const plotted = (label: string, recorded: Recorded, from: number, ends: number): Series => {
  const { before, buckets, readings } = recorded
  const { series, width } = buckets
  const kind = kindOf(series.type)
  const points: Array<Point> = before === undefined ? [] : [{ ...before, time: Math.min(before.time, from) }]
  if (readings !== undefined) points.push(...readings.readings)
  else for (const bucket of buckets.buckets) points.push(...pointsOf(bucket, width, kind))
  if (ends < Number.POSITIVE_INFINITY && (points.at(-1)?.time ?? ends) < ends)
    points.push({ time: ends, value: Number.NaN, status: "unknown" })
  return new Points(label, series.units, kind, hiddenBy(recorded.gaps, points))
}

/** The readings that stand for a bucket. Its worst status applies to all of them, if values with that status count. */
const pointsOf = (
  { count, first, last, max, min, time, valid, worst }: Bucket,
  width: number,
  kind: Series["kind"]
) => {
  if (valid === 0 || first === undefined || last === undefined)
    return [{ time, value: Number.NaN, status: isValid(worst) ? ("unknown" as const) : worst }]
  const status = isValid(worst) ? worst : "nominal"
  const values = kind === "band" ? [first, last] : [first, min ?? first, max ?? last, last]
  const points: Array<Point> = (count === 1 ? [first] : values).map((value, at) => ({
    time: time + (width * at) / (values.length + 1),
    value,
    status,
    within: [time, time + width]
  }))
  // a value that does not count is a mark beside the values that do
  if (!isValid(worst)) points.splice(-1, 0, { time: points.at(-1)!.time, value: Number.NaN, status: worst })
  return points
}

/**
 * Points with gaps: the value before a gap is not valid in the gap. After it, the last one is valid again. Values of a
 * stretch that overlaps a gap are beside the gap.
 */
const hiddenBy = (gaps: ReadonlyArray<Gap>, points: ReadonlyArray<Point>): ReadonlyArray<Point> => {
  const found: Array<Point> = []
  let at = 0
  let held: Point | undefined
  const next = (time: number): Point | undefined => {
    if (at >= points.length || points[at]!.time >= time) return undefined
    held = points[at++]!
    return held
  }
  for (const { from, status, to } of joined(gaps)) {
    for (let point = next(from); point !== undefined; point = next(from)) found.push(point)
    const hidden: Point = { time: from, value: Number.NaN, status }
    const inside: Array<Point> = []
    const after: Array<Point> = []
    for (let point = next(to); point !== undefined; point = next(to)) {
      const [begins, ends] = point.within ?? [point.time, point.time]
      if (begins < from) found.push({ ...point, time: from })
      else if (ends > to) after.push({ ...point, time: to })
      else inside.push(point, { ...hidden, time: point.time })
    }
    found.push(hidden, ...inside)
    if (to === Number.POSITIVE_INFINITY) continue
    if (after.length > 0) found.push(...after)
    else if (held !== undefined) found.push({ ...held, time: to })
  }
  return [...found, ...points.slice(at)]
}

/** Returns the stretches that gaps hide, in seconds, in order, without overlaps. */
const joined = (gaps: ReadonlyArray<Gap>) => {
  const found: Array<{ readonly from: number; to: number; readonly status: Status }> = []
  for (const gap of [...gaps].sort((one, other) => one.from - other.from)) {
    if (gap.reason === "lost") continue
    const [from, to] = [gap.from / 1e6, gap.to === null ? Number.POSITIVE_INFINITY : gap.to / 1e6]
    const before = found.at(-1)
    if (before !== undefined && from <= before.to) before.to = Math.max(before.to, to)
    else found.push({ from, to, status: gap.reason === "away" ? "unreachable" : "unknown" })
  }
  return found
}

/** The longest state, in characters. Not measured: no terminal has more columns. */
const maxCharacters = 1024

/** Points in the form of columns of a plot. */
class Points implements Series {
  readonly label: string
  readonly units: string
  readonly kind: Series["kind"]
  readonly length: number
  readonly times: Float64Array
  readonly values: Float64Array
  readonly codes: Uint8Array
  readonly states: ReadonlyArray<string>
  readonly latest: string

  constructor(label: string, units: string, kind: Series["kind"], points: ReadonlyArray<Point>) {
    this.label = label
    this.units = units
    this.kind = kind
    this.length = points.length
    this.times = Float64Array.from(points, ({ time }) => time)
    this.codes = Uint8Array.from(points, ({ status }) => statuses.indexOf(status))
    const places = new Map<string, number>()
    const placeOf = (state: string) => {
      if (!places.has(state)) places.set(state, places.size)
      return places.get(state)!
    }
    const isNone = (value: Value) => typeof value === "number" && Number.isNaN(value)
    this.values = Float64Array.from(points, ({ value }) =>
      isNone(value) ? Number.NaN : kind === "band" ? placeOf(textOf(value)) : Number(value)
    )
    this.states = [...places.keys()]
    const newest = points.findLast(({ value }) => !isNone(value))?.value
    this.latest = newest === undefined ? "" : textOf(newest)
  }
}

const textOf = (value: Value): string =>
  typeof value === "boolean" ? (value ? "1" : "0") : String(value).slice(0, maxCharacters)
