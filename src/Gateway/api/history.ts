import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Archive, Gap, SeriesBuckets } from "../../Archive/index.ts"
import { codeOf, type ValueJson } from "../../Site/index.ts"
import { csvLine } from "./csv.ts"
import { askedOf, type PastQuery, pastValue, problemOf } from "./past.ts"
import type { HistorySeries } from "./schemas.ts"

/** The default number of buckets per sensor. Not measured: a plot of 1000 pixels shows half as many. */
const usualPoints = 500

/** Buckets of sensors, in columns or line by line, and the gaps of the archive. */
export const getHistory = (
  history: Effect.Effect<Archive["Service"] | undefined>,
  { points = usualPoints, ...query }: PastQuery & { readonly points?: number | undefined }
) =>
  Effect.gen(function* () {
    const { archive, isEmpty, ...asked } = yield* askedOf(history, query)
    const { from, to } = asked
    const [found, gaps] = isEmpty
      ? [[], []]
      : yield* Effect.mapError(
          Effect.all([archive.buckets({ ...asked, points }), archive.gaps(asked)], { concurrency: 2 }),
          problemOf
        )
    const series = found.map((one) => columnsOf(one, gaps))
    switch (query.format) {
      case "csv":
        return text("text/csv; charset=utf-8", [csvLine(columns), ...lines(series, csvLine)].join(""))
      case "ndjson":
        return text(
          "application/x-ndjson",
          lines(
            series,
            (values) => `${JSON.stringify(Object.fromEntries(columns.map((key, at) => [key, values[at]])))}\n`
          ).join("")
        )
      default:
        return HttpServerResponse.jsonUnsafe({ from, to, series, gaps: gaps.map(gapJson) })
    }
  })

const columns = ["time", "device", "name", "min", "max", "avg", "last", "code"] as const

/** A line for each bucket, with its values in the order of the columns. */
const lines = (
  series: ReadonlyArray<HistorySeries>,
  line: (values: ReadonlyArray<unknown>) => string
): ReadonlyArray<string> =>
  series.flatMap(({ avg, device, last, max, min, name, st, t }) =>
    t.map((time, at) => line([time, device, name, min[at], max[at], avg[at], last[at], st[at]]))
  )

const gapJson = ({ device, from, reason, sensor, to }: Gap) => ({
  device,
  sensor,
  from: from / 1e6,
  to: to === null ? null : to / 1e6,
  reason
})

const text = (contentType: string, body: string) => HttpServerResponse.text(body, { contentType })

/** The buckets of a series as columns, with nulls for unknown values. */
const columnsOf = ({ buckets, series, width }: SeriesBuckets, gaps: ReadonlyArray<Gap>): HistorySeries => {
  const own = gaps
    .filter(
      ({ device, sensor }) => (device === "" || device === series.device) && (sensor === "" || sensor === series.sensor)
    )
    .map(({ from, reason, to }) => ({
      from: from / 1e6,
      to: to === null ? Number.POSITIVE_INFINITY : to / 1e6,
      reason
    }))
  const t: Array<number> = []
  const min: Array<number | null> = []
  const max: Array<number | null> = []
  const avg: Array<number | null> = []
  const last: Array<ValueJson | null> = []
  const st: Array<number> = []
  let end: number | undefined
  for (const bucket of buckets) {
    const hole = end === undefined ? undefined : own.find((gap) => gap.to > end! && gap.from < bucket.time)
    if (end !== undefined && bucket.time > end + width / 2 && hole !== undefined) {
      t.push(Math.max(end, hole.from))
      for (const column of [min, max, avg, last]) column.push(null)
      st.push(hole.reason === "away" ? 5 : 0)
    }
    t.push(bucket.time)
    min.push(finite(bucket.min))
    max.push(finite(bucket.max))
    avg.push(finite(bucket.mean))
    last.push(bucket.last === undefined ? null : pastValue(bucket.last))
    st.push(codeOf(bucket.worst))
    end = bucket.time + width
  }
  const { device, sensor: name, type, units } = series
  return { device, name, type, ...(units === "" ? {} : { units }), width, t, min, max, avg, last, st }
}

/** Plots break their lines only at null, and JSON has no infinities. */
const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null
