import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import type { Archive, Gap, Page, QueryRefused, SeriesBuckets, StoreFailed, Value } from "../../Archive/index.ts"
import { encodeText } from "../../Message/index.ts"
import { codeOf, type ValueJson } from "../../Site/index.ts"
import { csvLine } from "./csv.ts"
import { BadRequest, NotFound, NotImplemented, Unavailable } from "./problems.ts"
import type { HistorySeries, PastReading } from "./schemas.ts"

type Service = Archive["Service"]
type Format = "json" | "csv" | "ndjson"

/** Readings that are read at a time for a stream. Not measured: that of the archive's own pages. */
const readingsAtOnce = 10_000
/** Buckets of each sensor, unless the query says otherwise. Not measured: a plot of 1000 pixels shows half as many. */
const usualPoints = 500

/** The archive, or the problem that says how to switch it on. */
const archiveOf = (history: Effect.Effect<Service | undefined>): Effect.Effect<Service, NotImplemented> =>
  Effect.filterOrFail(
    history,
    (archive) => archive !== undefined,
    () =>
      new NotImplemented({
        detail:
          "this process keeps no history: add a section archive to the site file (archive: { store: sqlite:site.db }), or start katcp gateway with --store"
      })
  )

const problemOf = (error: QueryRefused | StoreFailed): BadRequest | NotFound | Unavailable => {
  if (error._tag === "StoreFailed") return new Unavailable({ detail: `the archive cannot be read now: ${error.why}` })
  const detail = error.message.slice(0, 1000).toWellFormed()
  return error.why === "unknown" || /\bcursor\b/.test(detail) ? new NotFound({ detail }) : new BadRequest({ detail })
}

/** The stretch of time of a query. Negative times are before now. */
const timesOf = (query: { readonly from?: number | undefined; readonly to?: number | undefined }) =>
  Effect.map(Clock.currentTimeMillis, (millis) => {
    const now = millis / 1000
    const at = (time: number) => (time < 0 ? now + time : time)
    const to = query.to === undefined ? now : at(query.to)
    return { from: query.from === undefined ? to - 3600 : at(query.from), to }
  })

/** Compares times as the archive has them, in microseconds. */
const isBefore = (from: number, to: number): boolean => Math.round(from * 1e6) < Math.round(to * 1e6)

/** Buckets of sensors, in columns or line by line. */
export const getHistory = (
  history: Effect.Effect<Service | undefined>,
  query: {
    readonly sensor: ReadonlyArray<string>
    readonly from?: number | undefined
    readonly to?: number | undefined
    readonly points?: number | undefined
    readonly format?: Format | undefined
  }
) =>
  Effect.gen(function* () {
    const archive = yield* archiveOf(history)
    const { from, to } = yield* timesOf(query)
    const { format = "json", points = usualPoints, sensor: sensors } = query
    // a stretch that ends before it begins has nothing in it
    const isEmpty = !isBefore(from, to)
    const found = yield* isEmpty
      ? Effect.succeed([])
      : Effect.mapError(archive.buckets({ sensors, from, to, points }), problemOf)
    const gaps = yield* isEmpty ? Effect.succeed([]) : Effect.mapError(archive.gaps({ sensors, from, to }), problemOf)
    const series = found.map((one) => columnsOf(one, gaps))
    if (format === "json") return HttpServerResponse.jsonUnsafe({ from, to, series, gaps: gaps.map(gapJson) })
    const rows = series.flatMap(({ avg, device, last, max, min, name, st, t }) =>
      t.map((time, at) => ({
        time,
        device,
        name,
        min: min[at],
        max: max[at],
        avg: avg[at],
        last: last[at],
        code: st[at]
      }))
    )
    return format === "csv"
      ? text(
          "text/csv; charset=utf-8",
          [
            csvLine(["time", "device", "name", "min", "max", "avg", "last", "code"]),
            ...rows.map((row) => csvLine(Object.values(row)))
          ].join("")
        )
      : text("application/x-ndjson", rows.map((row) => `${JSON.stringify(row)}\n`).join(""))
  })

const gapJson = ({ device, from, reason, sensor, to }: Gap) => ({
  device,
  sensor,
  from: from / 1e6,
  to: to === null ? null : to / 1e6,
  reason
})

const text = (contentType: string, body: string) => HttpServerResponse.text(body, { contentType })

/** The buckets of a series as columns, with nulls where nothing was known. */
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

/** Plots break their lines at null alone, and JSON has no infinities. */
const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null

/** A value of the archive in the JSON form of all readings. */
const pastValue = (value: Value): ValueJson => {
  if (typeof value === "boolean") return value
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (typeof value === "bigint")
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
  return value.isWellFormed() ? value : { base64: Base64.encode(encodeText(value)) }
}

/** Every reading: a page, or all of them line by line. */
export const getReadings = (
  history: Effect.Effect<Service | undefined>,
  query: {
    readonly sensor: ReadonlyArray<string>
    readonly from?: number | undefined
    readonly to?: number | undefined
    readonly limit?: number | undefined
    readonly cursor?: string | undefined
    readonly format?: Format | undefined
  }
) =>
  Effect.gen(function* () {
    const archive = yield* archiveOf(history)
    const { from, to } = yield* timesOf(query)
    const { cursor, format = "json", limit = readingsAtOnce, sensor: sensors } = query
    const page = (size: number, cursor: string | undefined): ReturnType<Service["raw"]> =>
      !isBefore(from, to)
        ? Effect.succeed({ parts: [], next: undefined })
        : archive.raw({ sensors, from, to, limit: size, ...(cursor === undefined ? {} : { cursor }) })
    if (format === "json") {
      const { next, parts } = yield* Effect.mapError(page(limit, cursor), problemOf)
      return HttpServerResponse.jsonUnsafe({ readings: readingsOf(parts), ...(next === undefined ? {} : { next }) })
    }
    const csv = format === "csv"
    const line = csv
      ? ({ code, device, name, received, status, timestamp, value }: PastReading) =>
          csvLine([timestamp, received, device, name, value, status, code])
      : (reading: PastReading) => `${JSON.stringify(reading)}\n`
    const lines = ({ parts }: Page) => readingsOf(parts).map(line).join("")
    // the first page shows whether the query makes sense, while the status can still say so
    const first = yield* Effect.mapError(page(Math.min(limit, readingsAtOnce), cursor), problemOf)
    const head = csv ? csvLine(["timestamp", "received", "device", "name", "value", "status", "code"]) : ""
    const rest = Stream.unfold(first.next, (next) =>
      next === undefined
        ? Effect.undefined
        : Effect.map(page(readingsAtOnce, next), (found) => [lines(found), found.next] as const)
    )
    const all =
      query.limit === undefined
        ? Stream.concat(Stream.make(head + lines(first)), rest)
        : Stream.make(head + lines(first))
    return HttpServerResponse.stream(Stream.encodeText(all), {
      contentType: csv ? "text/csv; charset=utf-8" : "application/x-ndjson"
    })
  })

const readingsOf = (parts: Page["parts"]): ReadonlyArray<PastReading> =>
  parts.flatMap(({ readings, series }) =>
    readings.map(({ received, status, timestamp, value }) => ({
      device: series.device,
      name: series.sensor,
      value: pastValue(value),
      status,
      code: codeOf(status),
      timestamp,
      received
    }))
  )
