import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Status, statuses } from "../Sensor/index.ts"
import { Site } from "../Site/index.ts"
import { QueryRefused, type StoreFailed } from "./errors.ts"
import { concerns, type Gap, hides } from "./model/Gap.ts"
import { keptOf } from "./model/Keep.ts"
import { type ArchivedReading, type Bucket, bucketOf, micros, readingOf, seconds } from "./model/Reading.ts"
import { nameOf, type Series } from "./model/Series.ts"
import { minute } from "./model/Summary.ts"
import { bounded, counted, limitsOf, ordered, type QueryLimits, type Sensors, senseless } from "./queries.ts"
import { Store, type StoreState } from "./Store.ts"
import { matcherOf } from "./select.ts"
import { durations, hasStates, type States } from "./states.ts"
import type { WriterHealth } from "./writer/Health.ts"
import type { ArchiveOptions } from "./writer/options.ts"
import { write } from "./writer/write.ts"

/**
 * The readings of a series, in order of their times.
 *
 * @category models
 * @since 0.1.0
 */
export interface SeriesReadings {
  readonly series: Series
  readonly readings: ReadonlyArray<ArchivedReading>
}

/**
 * A page of readings: series by name, each in order of time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page {
  readonly parts: ReadonlyArray<SeriesReadings>
  /** What to ask for the next page with; undefined on the last one. */
  readonly next: string | undefined
}

/**
 * The buckets of a series.
 *
 * @category models
 * @since 0.1.0
 */
export interface SeriesBuckets {
  readonly series: Series
  /** The width of a bucket, in seconds. A minute and more: a whole number of minutes. */
  readonly width: number
  /** In order of time. Buckets without readings are left out. */
  readonly buckets: ReadonlyArray<Bucket>
}

/**
 * What was known of a sensor at a time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Moment {
  readonly device: string
  readonly sensor: string
  /** The series of the reading; undefined if there was no reading. */
  readonly series: Series | undefined
  /** The last reading at or before the time: what its value was then, unless `gap` tells that nobody knew. */
  readonly reading: ArchivedReading | undefined
  /** The status at the time: that of the reading; `unreachable` while the device was away, `unknown` while nothing was known. */
  readonly status: Status
  /** Since when, in seconds since 1970; undefined if nothing was ever known. */
  readonly since: number | undefined
  /** The gap in which the time lies. */
  readonly gap: Gap | undefined
}

/**
 * The history of sensors. All queries are answered in the same way by every store.
 *
 * Times are in seconds since 1970-01-01 UTC. `from` belongs to a stretch of time, `to` does not. Queries fail with
 * `QueryRefused` if they ask for more than one answer may hold, or for sensors that were never archived, and with
 * `StoreFailed` if the store cannot be read.
 *
 * @category services
 * @since 0.1.0
 */
export class Archive extends Context.Service<
  Archive,
  {
    /** Returns the series of sensors, by name, the older first. Default: all of them. */
    readonly series: (sensors?: Sensors) => Effect.Effect<ReadonlyArray<Series>, QueryRefused | StoreFailed>
    /** Returns every reading in a stretch of time, page by page. `limit`: readings of a page; default 10,000. */
    readonly raw: (query: {
      readonly sensors: Sensors
      readonly from?: number | undefined
      readonly to?: number | undefined
      readonly limit?: number | undefined
      /** `next` of the page before. */
      readonly cursor?: string | undefined
    }) => Effect.Effect<Page, QueryRefused | StoreFailed>
    /**
     * Returns about `points` buckets of each series, with the minimum and the maximum of each. If a bucket is a minute or
     * more, buckets begin at whole minutes, and reach back as far as minutes are kept.
     */
    readonly buckets: (query: {
      readonly sensors: Sensors
      readonly from: number
      readonly to: number
      readonly points: number
    }) => Effect.Effect<ReadonlyArray<SeriesBuckets>, QueryRefused | StoreFailed>
    /** Returns what was known of sensors at a time. */
    readonly at: (query: {
      readonly sensors: Sensors
      readonly time: number
    }) => Effect.Effect<ReadonlyArray<Moment>, QueryRefused | StoreFailed>
    /** Returns the last `count` readings of each series, the oldest first. */
    readonly last: (query: {
      readonly sensors: Sensors
      readonly count: number
    }) => Effect.Effect<ReadonlyArray<SeriesReadings>, QueryRefused | StoreFailed>
    /** Returns how long sensors were in each of their states: discrete, boolean, lru and string ones. */
    readonly states: (query: {
      readonly sensors: Sensors
      readonly from: number
      readonly to: number
    }) => Effect.Effect<ReadonlyArray<States>, QueryRefused | StoreFailed>
    /** Returns the gaps that overlap a stretch of time. */
    readonly gaps: (query: {
      readonly sensors?: Sensors | undefined
      readonly from: number
      readonly to: number
    }) => Effect.Effect<ReadonlyArray<Gap>, QueryRefused | StoreFailed>
    /** Returns the state of the store. */
    readonly state: Effect.Effect<StoreState, StoreFailed>
    /** How the writing goes; undefined if this archive only answers queries. */
    readonly writer: Effect.Effect<WriterHealth | undefined>
  }
>()("katcp/Archive") {}

/** Given by double precision: beyond any time that a store holds, and still an exact integer. */
const ever = 9e15

/**
 * Answers queries about what is in a store, and writes nothing.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerQueries = (limits: QueryLimits = {}): Layer.Layer<Archive, never, Store> =>
  Layer.effect(
    Archive,
    Effect.map(Store, (store) => Archive.of(make(store, limits)))
  )

/**
 * Keeps every reading of a site's sensors in a store, and answers queries about them. It needs a site, and a store:
 * `ArchiveNode.layerSqlite`, `ArchiveNode.layerPostgres`. Fails with `StoreFailed` if the store cannot be read at the
 * beginning; what fails later is tried again.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Archive from "katcp/Archive"
 * import * as ArchiveNode from "katcp/Archive/node"
 * import { NodeClient } from "katcp/Node"
 * import { Site } from "katcp/Site"
 *
 * const site = Site.layer({ devices: { m000: NodeClient.tcp({ host: "10.0.0.1", port: 7147 }) } })
 * export const archive = Archive.layer({ keep: { raw: "7 days", minute: "1000 days" } }).pipe(
 *   Layer.provide(ArchiveNode.layerSqlite("site.db")),
 *   Layer.provide(site)
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: ArchiveOptions = {}): Layer.Layer<Archive, QueryRefused | StoreFailed, Site | Store> =>
  Layer.effect(
    Archive,
    Effect.gen(function* () {
      const { sensors = "*" } = options
      const wanted = yield* Effect.fromResult(matcherOf(typeof sensors === "string" ? [sensors] : sensors))
      const store = yield* Store
      keptOf(options.keep ?? {})
      const health = yield* write(yield* Site, store, options, wanted)
      return Archive.of({ ...make(store, options.limits ?? {}), writer: Effect.sync(health) })
    })
  )

/** Makes the queries of a store. */
export const make = (store: Store["Service"], given: QueryLimits): Archive["Service"] => {
  const limits = limitsOf(given)

  const series = Effect.fnUntraced(function* (sensors?: Sensors) {
    const patterns = sensors === undefined ? ["*"] : typeof sensors === "string" ? [sensors] : sensors
    const matches = yield* Effect.fromResult(matcherOf(patterns))
    const all = yield* store.series
    const found = all.filter(({ device, sensor }) => matches(device, sensor))
    if (found.length === 0 && sensors !== undefined)
      return yield* new QueryRefused({ why: "unknown", message: unknown(patterns, all) })
    yield* bounded("sensors", found.length, limits.sensors, "name fewer of them")
    return found.sort((one, other) => compare(nameOf(one), nameOf(other)) || one.id - other.id)
  })

  const raw: Archive["Service"]["raw"] = Effect.fnUntraced(function* (query) {
    const from = micros(query.from ?? -ever / 1e6)
    const to = micros(query.to ?? ever / 1e6)
    yield* ordered(from, to)
    const limit = query.limit ?? Math.min(10_000, limits.readings)
    yield* counted("limit", limit)
    yield* bounded("readings", limit, limits.readings, "ask for them page by page")
    const all = yield* series(query.sensors)
    const cursor = query.cursor === undefined ? undefined : yield* cursorOf(query.cursor, all)
    const parts: Array<SeriesReadings> = []
    let left = limit
    for (let at = cursor?.at ?? 0; at < all.length; at++) {
      const one = all[at]!
      const begin = cursor?.at === at ? Math.max(from, cursor.after + 1) : from
      const rows =
        begin >= to ? [] : yield* store.rows({ series: one.id, from: begin, to, limit: left + 1, newestFirst: false })
      const taken = rows.slice(0, left)
      if (taken.length > 0) parts.push({ series: one, readings: taken.map((row) => readingOf(one, row)) })
      left -= taken.length
      if (rows.length > taken.length) {
        const last = taken.at(-1)?.time ?? begin - 1
        return { parts, next: `${one.id}.${last}` }
      }
    }
    return { parts, next: undefined }
  })

  const buckets: Archive["Service"]["buckets"] = Effect.fnUntraced(function* (query) {
    const [from, to] = [micros(query.from), micros(query.to)]
    yield* ordered(from, to)
    yield* counted("points", query.points)
    const { begin, count, width } = gridOf(from, to, query.points)
    const all = yield* series(query.sensors)
    yield* bounded("buckets", all.length * count, limits.buckets, "name fewer sensors, or ask for fewer points")
    return yield* Effect.forEach(
      all,
      (one) =>
        Effect.map(
          store.summaries({
            series: one.id,
            from: begin,
            to: begin + count * width,
            width
          }),
          (summaries) => ({
            series: one,
            width: seconds(width),
            buckets: summaries.map((summary) => bucketOf(one, summary))
          })
        ),
      { concurrency: 8 }
    )
  })

  const at: Archive["Service"]["at"] = Effect.fnUntraced(function* (query) {
    const time = micros(query.time)
    yield* ordered(time, time + 1)
    const all = yield* series(query.sensors)
    const rows = new Map(
      (yield* store.latest(
        all.map(({ id }) => id),
        time
      )).map(({ row, series }) => [series, row])
    )
    const gaps = (yield* store.gaps(time, time + 1)).filter((gap) => hides(gap, time))
    const moments = new Map<string, Moment>()
    for (const one of all) {
      const row = rows.get(one.id)
      const known = moments.get(nameOf(one))
      if (
        known !== undefined &&
        (row === undefined || (known.reading !== undefined && micros(known.reading.time) > row.time))
      )
        continue
      const { device, sensor } = one
      const reading = row === undefined ? undefined : readingOf(one, row)
      moments.set(nameOf(one), {
        device,
        sensor,
        series: row === undefined ? undefined : one,
        reading,
        ...standingAt(
          reading,
          gaps.filter((gap) => concerns(gap, device, sensor))
        )
      })
    }
    return [...moments.values()]
  })

  const last: Archive["Service"]["last"] = Effect.fnUntraced(function* (query) {
    yield* counted("count", query.count)
    const all = yield* series(query.sensors)
    yield* bounded(
      "readings",
      all.length * query.count,
      limits.readings,
      "name fewer sensors, or ask for fewer readings"
    )
    return yield* Effect.forEach(
      all,
      (one) =>
        Effect.map(
          store.rows({ series: one.id, from: -ever, to: ever, limit: query.count, newestFirst: true }),
          (rows) => ({ series: one, readings: rows.map((row) => readingOf(one, row)).reverse() })
        ),
      { concurrency: 8 }
    )
  })

  const states: Archive["Service"]["states"] = Effect.fnUntraced(function* (query) {
    const [from, to] = [micros(query.from), micros(query.to)]
    yield* ordered(from, to)
    const named = yield* series(query.sensors)
    if (!named.some(({ type }) => hasStates(type)))
      return yield* senseless("only discrete, boolean, lru and string sensors have states; these are numbers")
    const names = new Map<string, Array<Series>>()
    for (const one of named) names.set(nameOf(one), [...(names.get(nameOf(one)) ?? []), one])
    const gaps = yield* store.gaps(from, to)
    const found: Array<States> = []
    let scanned = 0
    for (const all of names.values()) {
      if (!all.some(({ type }) => hasStates(type))) continue
      const readings: Array<ArchivedReading & { readonly id: number }> = []
      const byId = new Map(all.map((one) => [one.id, one]))
      const push = (id: number, row: Parameters<typeof readingOf>[1]) => {
        const one = byId.get(id)!
        const reading = readingOf(one, row)
        readings.push({ ...reading, id, status: hasStates(one.type) ? reading.status : "unknown" })
      }
      for (const { row, series } of yield* store.latest([...byId.keys()], from)) push(series, row)
      for (const one of all) {
        const limit = limits.scanned - scanned + 1
        const rows = yield* store.rows({ series: one.id, from: from + 1, to, limit, newestFirst: false })
        scanned += rows.length
        yield* bounded("readings", scanned, limits.scanned, "ask for a shorter time, or for fewer sensors")
        for (const row of rows) push(one.id, row)
      }
      readings.sort((one, other) => one.time - other.time || one.id - other.id)
      const { device, sensor } = all[0]!
      const concerned = gaps.filter((gap) => concerns(gap, device, sensor))
      found.push({ device, sensor, ...durations(readings, concerned, from, to) })
    }
    return found
  })

  const gaps: Archive["Service"]["gaps"] = Effect.fnUntraced(function* (query) {
    const [from, to] = [micros(query.from), micros(query.to)]
    yield* ordered(from, to)
    const found = yield* store.gaps(from, to)
    if (query.sensors === undefined) return found
    const all = yield* series(query.sensors)
    return found.filter((gap) => all.some(({ device, sensor }) => concerns(gap, device, sensor)))
  })

  return { series, raw, buckets, at, last, states, gaps, state: store.state, writer: Effect.undefined }
}

/** The buckets that cover a stretch of time. Times in microseconds. */
export const gridOf = (
  from: number,
  to: number,
  points: number
): { readonly begin: number; readonly width: number; readonly count: number } => {
  const least = Math.max(1, Math.ceil((to - from) / points))
  const width = least < minute ? least : Math.ceil(least / minute) * minute
  const begin = width < minute ? from : Math.floor(from / minute) * minute
  return { begin, width, count: Math.ceil((to - begin) / width) }
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

const cursorOf = (
  text: string,
  all: ReadonlyArray<Series>
): Effect.Effect<{ readonly at: number; readonly after: number }, QueryRefused> => {
  const [id, after] = text.split(".").map(Number)
  const at = all.findIndex((one) => one.id === id)
  return at === -1 || after === undefined || !Number.isSafeInteger(after)
    ? senseless(`the cursor ${JSON.stringify(text)} is none of a query for these sensors`)
    : Effect.succeed({ at, after })
}

/** What holds at a time: the reading, or the gap that began last. Of gaps with one beginning, the device's counts first. */
const standingAt = (
  reading: ArchivedReading | undefined,
  gaps: ReadonlyArray<Gap>
): Pick<Moment, "status" | "since" | "gap"> => {
  const gap = [...gaps].sort(
    (one, other) => other.from - one.from || reasons.indexOf(one.reason) - reasons.indexOf(other.reason)
  )[0]
  if (gap === undefined) return { status: reading?.status ?? statuses[0], since: reading?.time, gap: undefined }
  return { status: gap.reason === "away" ? "unreachable" : "unknown", since: seconds(gap.from), gap }
}

const reasons: ReadonlyArray<Gap["reason"]> = ["away", "removed", "off"]

const unknown = (patterns: ReadonlyArray<string>, all: ReadonlyArray<Series>): string => {
  const names = [...new Set(all.map(nameOf))]
  const some = names.slice(0, 5).join(", ")
  const there =
    names.length === 0
      ? "the archive is empty"
      : `it has ${some}${names.length > 5 ? `, and ${names.length - 5} more` : ""}`
  return `the archive has no readings of ${patterns.join(" ")}: ${there}`
}
