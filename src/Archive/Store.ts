import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StoreFailed } from "./errors.ts"
import type { Batch } from "./model/Batch.ts"
import type { Gap } from "./model/Gap.ts"
import type { Keep } from "./model/Keep.ts"
import type { Row } from "./model/Row.ts"
import type { Definition, Series } from "./model/Series.ts"
import type { Summary } from "./model/Summary.ts"

/**
 * The rows of a series in a stretch of time. Times are in microseconds since 1970. The answer can end with the row that
 * makes its texts 8 MiB long.
 *
 * @category models
 * @since 0.1.0
 */
export interface RowsQuery {
  readonly series: number
  readonly from: number
  /** The end, exclusive. */
  readonly to: number
  /** The largest number of rows. */
  readonly limit: number
  /** `true` for the newest rows, newest first. */
  readonly newestFirst: boolean
}

/**
 * The summaries of a series. `from` and `to` differ by a multiple of `width`. If all three are whole minutes, the store
 * may use the summaries of minutes, which reach back further than readings.
 *
 * @category models
 * @since 0.1.0
 */
export interface SummariesQuery {
  readonly series: number
  readonly from: number
  readonly to: number
  readonly width: number
}

/**
 * A row with its series.
 *
 * @category models
 * @since 0.1.0
 */
export interface SeriesRow {
  readonly series: number
  readonly row: Row
}

/**
 * The progress of retention. See `ArchiveOptions.keep`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetentionState {
  /** The time that the age of data is measured from, in microseconds since 1970. */
  readonly time: number
  /** The time that the archive has run since its clock stepped ahead, in microseconds; 0 if it did not. */
  readonly held: number
}

/**
 * The state of a store.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoreState {
  /** The kind: `sqlite`, `postgres`. */
  readonly kind: string
  /** The path, or the address without its password. */
  readonly address: string
  /** The version of the tables. */
  readonly version: number
  /** The bytes of readings and minutes; free pages do not count. */
  readonly bytes: number
  /** The approximate number of readings. */
  readonly rows: number
  /**
   * The time from which readings are complete, in microseconds since 1970; earlier ones were dropped. `-Infinity`: from
   * the beginning.
   */
  readonly rawFrom: number
  /** The time from which summaries of minutes are complete. */
  readonly minuteFrom: number
  /** The newest time of arrival, in microseconds since 1970; `undefined` without readings. */
  readonly lastReceived: number | undefined
  /** The last time when the archive was on, in microseconds since 1970; `undefined` if it never was. */
  readonly alive: number | undefined
  /** Readings that came too late and were dropped: older than the dropped data. */
  readonly expired: number
  /** The last retention of {@link Store} `tend`; `undefined` before the first. */
  readonly retention: RetentionState | undefined
}

/**
 * The store of an archive: SQLite (`ArchiveNode.layerSqlite`) or PostgreSQL (`ArchiveNode.layerPostgres`). Many fibers
 * can call everything at once; `append` runs in the order of the calls.
 *
 * @category services
 * @since 0.1.0
 */
export class Store extends Context.Service<
  Store,
  {
    /** The path, or the address without its password. */
    readonly address: string
    /** Returns all series. */
    readonly series: Effect.Effect<ReadonlyArray<Series>, StoreFailed>
    /** Returns the series of definitions, in their order; creates new ones. */
    readonly define: (definitions: ReadonlyArray<Definition>) => Effect.Effect<ReadonlyArray<Series>, StoreFailed>
    /** Appends readings. On success they survive a killed process. A batch is appended as a whole or not at all. */
    readonly append: (batch: Batch) => Effect.Effect<void, StoreFailed>
    /** Writes gaps. A gap replaces an earlier one with the same device, sensor, beginning and reason. */
    readonly putGaps: (gaps: ReadonlyArray<Gap>) => Effect.Effect<void, StoreFailed>
    /** Returns the gaps that overlap a stretch of time, in order of their beginnings; at most 100,000. */
    readonly gaps: (from: number, to: number) => Effect.Effect<ReadonlyArray<Gap>, StoreFailed>
    /**
     * Does the due maintenance: seals periods, summarizes minutes, drops data older than `keep` (default: nothing), and
     * records that the archive was on at this time, in microseconds. `retention.time` is the time that age is measured
     * from, by default `now`.
     */
    readonly tend: (now: number, keep?: Keep, retention?: RetentionState) => Effect.Effect<void, StoreFailed>
    /** Returns rows of one series. */
    readonly rows: (query: RowsQuery) => Effect.Effect<ReadonlyArray<Row>, StoreFailed>
    /** Returns summaries of one series in order of time, without empty stretches. */
    readonly summaries: (query: SummariesQuery) => Effect.Effect<ReadonlyArray<Summary>, StoreFailed>
    /** Returns the newest row of each series at or before a time, if any. */
    readonly latest: (
      series: ReadonlyArray<number>,
      time: number
    ) => Effect.Effect<ReadonlyArray<SeriesRow>, StoreFailed>
    /** Returns the state of the store. */
    readonly state: Effect.Effect<StoreState, StoreFailed>
  }
>()("katcp/Archive/Store") {}
