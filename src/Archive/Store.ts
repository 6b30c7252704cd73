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
 * The rows of a series in a stretch of time. Times in microseconds since 1970. The answer may end with the row that makes
 * its texts 8 MiB long.
 *
 * @category models
 * @since 0.1.0
 */
export interface RowsQuery {
  readonly series: number
  readonly from: number
  /** The end; readings of this time do not belong to the stretch. */
  readonly to: number
  /** The largest number of rows. */
  readonly limit: number
  /** `true`: the newest rows, newest first. */
  readonly newestFirst: boolean
}

/**
 * The summaries of a series. `from` and `to` are `width` times a whole number apart. If all three are whole minutes, the
 * summaries of minutes may be used, which reach back further than readings.
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
 * How far retention has come. See `ArchiveOptions.keep`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetentionState {
  /** The time by which the age of data counts, in microseconds since 1970. */
  readonly time: number
  /** How long the archive has run, in microseconds, since its clock stepped ahead; 0 if it did not. */
  readonly held: number
}

/**
 * The state of a store.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoreState {
  /** What it is: `sqlite`, `postgres`. */
  readonly kind: string
  /** The path, or the address without its password. */
  readonly address: string
  /** The version of the tables. */
  readonly version: number
  /** The bytes that readings and minutes take; free pages that will be used again do not count. */
  readonly bytes: number
  /** The number of readings, about. */
  readonly rows: number
  /** The time from which readings are complete, in microseconds since 1970; earlier ones were dropped. `-Infinity`: from the beginning. */
  readonly rawFrom: number
  /** The time from which summaries of minutes are complete. */
  readonly minuteFrom: number
  /** The newest time at which a reading came, in microseconds since 1970; `undefined` without readings. */
  readonly lastReceived: number | undefined
  /** The last time at which the archive was on, in microseconds since 1970; `undefined` if it never was. */
  readonly alive: number | undefined
  /** Readings that came too late to be kept: older than what was dropped. */
  readonly expired: number
  /** What was noted with {@link Store} `tend` last; `undefined` if nothing was. */
  readonly retention: RetentionState | undefined
}

/**
 * Where an archive keeps its data: SQLite (`ArchiveNode.layerSqlite`) or Postgres (`ArchiveNode.layerPostgres`). All of it
 * can be called at once from many fibers; `append` is done in the order of the calls.
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
    /** Returns the series of definitions, in their order; makes those that are new. */
    readonly define: (definitions: ReadonlyArray<Definition>) => Effect.Effect<ReadonlyArray<Series>, StoreFailed>
    /** Keeps readings. Once it has succeeded, the readings survive a killed process. All of a batch, or nothing. */
    readonly append: (batch: Batch) => Effect.Effect<void, StoreFailed>
    /** Keeps gaps. A gap of the same device, sensor, beginning and reason takes the place of the one before. */
    readonly putGaps: (gaps: ReadonlyArray<Gap>) => Effect.Effect<void, StoreFailed>
    /** Returns the gaps that overlap a stretch of time, in order of their beginnings; at most 100,000. */
    readonly gaps: (from: number, to: number) => Effect.Effect<ReadonlyArray<Gap>, StoreFailed>
    /**
     * Does what is due: seals periods, sums up minutes, drops what is older than it is kept (default: nothing), and notes
     * that the archive was on at this time, in microseconds. `retention.time` is the time by which age counts, `now` by
     * default.
     */
    readonly tend: (now: number, keep?: Keep, retention?: RetentionState) => Effect.Effect<void, StoreFailed>
    /** Returns rows of one series. */
    readonly rows: (query: RowsQuery) => Effect.Effect<ReadonlyArray<Row>, StoreFailed>
    /** Returns summaries of one series in order of time; stretches without readings are left out. */
    readonly summaries: (query: SummariesQuery) => Effect.Effect<ReadonlyArray<Summary>, StoreFailed>
    /** Returns for each series its newest row at or before a time, if there is one. */
    readonly latest: (
      series: ReadonlyArray<number>,
      time: number
    ) => Effect.Effect<ReadonlyArray<SeriesRow>, StoreFailed>
    /** Returns the state of the store. */
    readonly state: Effect.Effect<StoreState, StoreFailed>
  }
>()("katcp/Archive/Store") {}
