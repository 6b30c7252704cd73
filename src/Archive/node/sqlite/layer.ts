import { MessageChannel, type Transferable, Worker } from "node:worker_threads"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { StoreFailed } from "../../errors.ts"
import type { Batch } from "../../model/Batch.ts"
import { type Kept, keptOf } from "../../model/Keep.ts"
import type { Definition, Series } from "../../model/Series.ts"
import { type RetentionState, type RowsQuery, Store, type SummariesQuery } from "../../Store.ts"
import { type Call, CallFailed, caller, type Operations } from "./calls.ts"
import { storeFailed } from "./failure.ts"
import { loadedGap, loadedSeries, storedDefinition, storedGap } from "./names.ts"
import type { Reader } from "./Reader.ts"
import type { Drop } from "./Sealer.ts"
import type { Frozen, Writer, WriterOptions } from "./Writer.ts"
import type { Start } from "./worker.ts"
import { workerUrl } from "./workerUrl.ts"

/**
 * Options of an archive in a file of SQLite.
 *
 * @category models
 * @since 0.1.0
 */
export interface SqliteOptions {
  /** The number of readings after which a period ends and is sealed. Default 1,000,000. */
  readonly periodRows?: number | undefined
  /** The longest period. Default a day. Never longer than an eighth of the retention of readings. */
  readonly period?: Duration.Input | undefined
  /** The size in pages of 4 KiB above which writing fails like with a full disk. Default: no limit. */
  readonly maxPages?: number | undefined
  /** `true`: writes nothing, and creates no file. Any number of programs can read. Default `false`. */
  readonly readOnly?: boolean | undefined
  /** `true`: suppresses the warning of Node 22 that `node:sqlite` is experimental. */
  readonly quiet?: boolean | undefined
}

type Of<A> = { [K in keyof A]: A[K] extends (argument: infer B) => infer C ? (argument: B) => C : never }
interface Opened extends Operations {
  readonly open: (argument: undefined) => void
  readonly close: (argument: undefined) => void
}
type WriterSide = Opened & Pick<Of<Writer>, "define" | "append" | "due" | "oldest" | "putGaps">
type ReaderSide = Opened & Pick<Of<Reader>, "series" | "gaps" | "rows" | "summaries" | "latest" | "state">
interface SealerSide extends Opened {
  readonly seal: (frozen: Frozen) => Promise<void>
  readonly drop: (argument: Drop) => Promise<void>
}

/**
 * Keeps an archive in a file of SQLite, which is created if necessary. Three threads do the work, so queries and
 * sealing delay neither the program nor each other. Fails with `StoreFailed` for a file that a later version of this
 * library made, or that is not an archive.
 *
 * While it is open, `FILE-wal` and `FILE-shm` are beside the file. Only one program at a time writes to a file; others
 * can read it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSqlite = (path: string, options: SqliteOptions = {}): Layer.Layer<Store, StoreFailed> =>
  Layer.effect(Store, make(path, options))

const make = Effect.fnUntraced(function* (path: string, options: SqliteOptions) {
  const given: WriterOptions = {
    path,
    periodRows: options.periodRows ?? 1_000_000,
    period:
      options.period === undefined ? 86_400e6 : Duration.toMillis(Duration.fromInputUnsafe(options.period)) * 1000,
    maxPages: options.maxPages
  }
  const failed = (error: unknown): StoreFailed =>
    storeFailed(
      path,
      error instanceof CallFailed ? error.failure : { message: String(error), code: undefined, why: undefined }
    )
  const asked = <A>(ask: () => Promise<A>): Effect.Effect<A, StoreFailed> =>
    Effect.callback((resume) => {
      ask().then(
        (value) => resume(Exit.succeed(value)),
        (error) => resume(Exit.fail(failed(error)))
      )
    })
  /** Starts a thread. Its first call must be `open`. */
  const start = <A extends Opened>(role: Start["role"], port?: Start["port"]) =>
    Effect.acquireRelease(
      Effect.try({
        try: () => {
          const worker = new Worker(workerUrl, {
            // flags of the process, such as --input-type, may be invalid for a thread
            execArgv: options.quiet === true ? ["--disable-warning=ExperimentalWarning"] : [],
            workerData: { role, options: given, ...(port === undefined ? {} : { port }) } satisfies Start,
            transferList: port === undefined ? [] : [port as unknown as Transferable]
          })
          const { call, fail } = caller<A>(worker)
          worker.on("error", (error) => fail(`its thread ended: ${error.message}`))
          worker.on("exit", () => fail("it is closed"))
          return { call, worker, open: asked(() => call("open", undefined as never)) }
        },
        catch: failed
      }),
      ({ call, worker }) =>
        Effect.promise(async () => {
          await call("close", undefined as never).catch(() => {})
          await worker.terminate()
        })
    )
  /** The series as last read: they rarely change, and there may be tens of thousands. */
  const seriesOf = (reader: Call<ReaderSide>) => {
    let known: { readonly edition: number; readonly series: ReadonlyArray<Series> } | undefined
    return asked(async () => {
      const { edition, series } = await reader("series", { edition: known?.edition })
      if (series !== undefined) known = { edition, series: series.map(loadedSeries) }
      return known!.series
    })
  }
  const reading = (reader: Call<ReaderSide>) => ({
    address: path,
    series: seriesOf(reader),
    gaps: (from: number, to: number) => asked(async () => (await reader("gaps", { from, to })).map(loadedGap)),
    rows: (query: RowsQuery) => asked(() => reader("rows", query)),
    summaries: (query: SummariesQuery) => asked(() => reader("summaries", query)),
    latest: (series: ReadonlyArray<number>, time: number) => asked(() => reader("latest", { series, time })),
    state: asked(async () => ({ kind: "sqlite", address: path, ...(await reader("state", undefined)) }))
  })
  if (options.readOnly === true) {
    const refuse = Effect.fail(new StoreFailed({ why: "broken", store: path, detail: "it was opened read-only" }))
    const none = () => refuse
    const reader = yield* start<ReaderSide>("reader")
    yield* reader.open
    return Store.of({ ...reading(reader.call), define: none, append: none, putGaps: none, tend: none })
  }
  // the threads load at the same time; the writer creates the file, and closes last
  const { port1, port2 } = new MessageChannel()
  const writer = yield* start<WriterSide>("writer", port1)
  const sealer = yield* start<SealerSide>("sealer", port2)
  const reader = yield* start<ReaderSide>("reader")
  yield* writer.open
  yield* Effect.all([sealer.open, reader.open], { concurrency: "unbounded", discard: true })

  /** The running sealing. */
  let sealing: Promise<void> | undefined
  const seal = (frozen: Frozen): Promise<void> => {
    sealing ??= sealer.call("seal", frozen).finally(() => {
      sealing = undefined
    })
    return sealing
  }
  return Store.of({
    ...reading(reader.call),
    define: (definitions) => asked(() => define(definitions)),
    append: (batch) => asked(() => append(batch)),
    putGaps: (gaps) => asked(() => writer.call("putGaps", gaps.map(storedGap))),
    tend: (now, keep = {}, retention) => asked(() => tend(now, keptOf(keep), retention))
  })

  async function define(definitions: ReadonlyArray<Definition>): Promise<ReadonlyArray<Series>> {
    const ids = await writer.call("define", definitions.map(storedDefinition))
    return definitions.map((definition, at) => ({ ...definition, id: ids[at]! }))
  }

  async function append(batch: Batch): Promise<void> {
    const due = await writer.call("append", batch)
    // a failure is not lost: the next `tend` retries
    if (due !== undefined) seal(due).catch(() => {})
  }

  async function tend(now: number, keep: Kept, retention: RetentionState | undefined): Promise<void> {
    if (sealing === undefined) {
      const due = await writer.call("due", { now, longest: keep.raw / 8, retention })
      if (due !== undefined) await seal(due)
    } else await sealing
    const oldest = await writer.call("oldest", undefined)
    await sealer.call("drop", { now: retention?.time ?? now, keep, oldest })
  }
})
