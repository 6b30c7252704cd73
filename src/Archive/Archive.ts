import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Status } from "../Sensor/index.ts"
import type { QueryRefused, StoreFailed } from "./errors.ts"
import type { Gap } from "./model/Gap.ts"
import type { ArchivedReading, Bucket } from "./model/Reading.ts"
import type { Series } from "./model/Series.ts"
import type { Sensors } from "./queries.ts"
import type { StoreState } from "./Store.ts"
import type { States } from "./states.ts"
import type { WriterHealth } from "./writer/Health.ts"

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
  /** The cursor of the next page; undefined on the last one. */
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
  /** The width of a bucket, in seconds. From a minute on, a whole number of minutes. */
  readonly width: number
  /** In order of time, without empty buckets. */
  readonly buckets: ReadonlyArray<Bucket>
}

/**
 * The state of a sensor at a time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Moment {
  readonly device: string
  readonly sensor: string
  /** The series of the reading; undefined if there was no reading. */
  readonly series: Series | undefined
  /** The last reading at or before the time: the value at that time, unless there is a `gap`. */
  readonly reading: ArchivedReading | undefined
  /** The status at the time: that of the reading; `unreachable` while the device was away, `unknown` in other gaps. */
  readonly status: Status
  /** The time since when, in seconds since 1970; undefined without any data. */
  readonly since: number | undefined
  /** The gap at that time. */
  readonly gap: Gap | undefined
}

/**
 * The history of sensors. All stores answer all queries in the same way.
 *
 * Times are in seconds since 1970-01-01 UTC. A stretch of time includes `from`, and excludes `to`. Queries fail with
 * `QueryRefused` if their answer would be too large, or for sensors that were never archived, and with `StoreFailed` if
 * the store cannot be read.
 *
 * @category services
 * @since 0.1.0
 */
export class Archive extends Context.Service<
  Archive,
  {
    /** Returns the series of sensors, by name, older ones first. Default: all. */
    readonly series: (sensors?: Sensors) => Effect.Effect<ReadonlyArray<Series>, QueryRefused | StoreFailed>
    /** Returns every reading in a stretch of time, page by page. `limit`: the readings per page; default 10,000. */
    readonly raw: (query: {
      readonly sensors: Sensors
      readonly from?: number | undefined
      readonly to?: number | undefined
      readonly limit?: number | undefined
      /** `next` of the previous page. */
      readonly cursor?: string | undefined
    }) => Effect.Effect<Page, QueryRefused | StoreFailed>
    /**
     * Returns about `points` buckets of each series, with the minimum and the maximum of each. Buckets of a minute or
     * more begin at whole minutes, and reach back as far as minutes are kept.
     */
    readonly buckets: (query: {
      readonly sensors: Sensors
      readonly from: number
      readonly to: number
      readonly points: number
    }) => Effect.Effect<ReadonlyArray<SeriesBuckets>, QueryRefused | StoreFailed>
    /** Returns the state of sensors at a time. */
    readonly at: (query: {
      readonly sensors: Sensors
      readonly time: number
    }) => Effect.Effect<ReadonlyArray<Moment>, QueryRefused | StoreFailed>
    /** Returns the last `count` readings of each series, the oldest first. */
    readonly last: (query: {
      readonly sensors: Sensors
      readonly count: number
    }) => Effect.Effect<ReadonlyArray<SeriesReadings>, QueryRefused | StoreFailed>
    /** Returns the time that discrete, boolean, lru and string sensors were in each state. */
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
    /** The health of the writer; undefined if this archive only answers queries. */
    readonly writer: Effect.Effect<WriterHealth | undefined>
  }
>()("katcp/Archive") {}
