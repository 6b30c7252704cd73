/**
 * Seals periods and drops old data, on its own thread. It reads and sorts on its own connection; the writer gets the
 * rows to write in slices of a few milliseconds, and appends between them.
 */
import type { Kept } from "../../model/Keep.ts"
import type { Row } from "../../model/Row.ts"
import { settled } from "../../model/Row.ts"
import { minute, Summing } from "../../model/Summary.ts"
import type { Text } from "../../model/Text.ts"
import type { Call } from "./calls.ts"
import { Connection } from "./connection.ts"
import { buffersOf, pack, type SealedRow } from "./Packed.ts"
import { minuteRow, Pipe, Sealing, type SealingOperations, sliceMinutes, sliceRows, sliceSeries } from "./Sealing.ts"
import { type MinuteRow, removedAtOnce } from "./Tables.ts"
import type { Frozen } from "./Writer.ts"

/** The rows of a table that is dropped at once. Measured: 25 ms per million, most of it for full pages. */
const droppedAtOnce = 200_000
/**
 * The number of slices between checkpoints of the log. Not measured: the log has about 1,000 pages then, SQLite's own
 * default.
 */
const slicesBetweenCheckpoints = 8
/** The rounds of a checkpoint. Not measured: one is enough if the writer rests meanwhile. */
const rounds = 4
/**
 * The pages of the log above which the writer itself moves the rest of it. Not measured: 8 MiB, which a disk syncs in
 * some 10 ms.
 */
const longLog = 2000

type Stored = [
  series: number,
  time: number,
  lag: number,
  status: number,
  value: number | null,
  text: Text | null,
  replaced: number,
  epoch: number | null
]

/** The columns of numbers. Measured: a row of five columns is inserted in 0.46 µs, one of eight in 0.56 µs. */
const plainColumns = "series, time, lag, status, value"
const columns = `${plainColumns}, text, replaced, epoch`

/** The parameters of a drop. */
export interface Drop {
  readonly now: number
  /** The retention. */
  readonly keep: Kept
  /** The earliest time of a reading without a period: its future period cannot be dropped before. */
  readonly oldest: number
}

export class Sealer {
  readonly #connection: Connection
  readonly #call: Call<SealingOperations>
  #stopped = false

  constructor(path: string, call: Call<SealingOperations>) {
    this.#connection = new Connection(path, {})
    this.#call = call
  }

  /** Moves the readings of an append table into the table of their period. */
  async seal({ boundary, generation }: Frozen): Promise<void> {
    const connection = this.#connection
    const from = connection.get<[number]>("select value from fact where name = 'sealed_to'")?.[0] ?? null
    const rawFrom = connection.get<[number]>("select value from fact where name = 'raw_from'")?.[0]
    const period = generation
    const work = new Sealing(
      this.#call,
      period,
      from ?? Number.NEGATIVE_INFINITY,
      boundary,
      this.#spanOf(boundary),
      new Pipe(() => this.#stopped)
    )
    await this.#call("begin", { period })
    const appended = await this.#sealSorted(generation, work)
    await work.end()
    const expired = await this.#settle(work.late, rawFrom)
    for (const series of slicesOf(work.presence)) await this.#call("presence", { period, series })
    await this.#call("finish", {
      generation,
      period,
      from,
      to: boundary,
      rows: work.rows,
      minutes: work.minuteCount,
      expired
    })
    await this.#remove(`hot_${generation}`, appended)
    await this.checkpoint()
  }

  /**
   * Passes the rows of an append table to `work`, sorted. Returns their number. They are sorted into a temporary
   * database first: while a query reads the file, no later writes can leave the log, and all of it would have to be
   * moved and synced at once in the end.
   */
  async #sealSorted(generation: number, work: Sealing): Promise<number> {
    const connection = this.#connection
    const isPlain =
      connection.get(
        `select 1 from hot_${generation} where text is not null or epoch is not null or replaced > 0 limit 1`
      ) === undefined
    const wanted = isPlain ? plainColumns : columns
    connection.db.exec("attach database '' as sorted; pragma sorted.journal_mode = off")
    try {
      connection.db.exec(
        `create table sorted.row as select ${wanted} from hot_${generation} order by series, time, rowid`
      )
      let held: SealedRow | undefined
      let ofOneTime: Array<SealedRow> | undefined
      for (let read = 0, slices = 1; ; slices++) {
        const rows = connection.all<Stored>(
          `select ${wanted} from sorted.row where rowid > ? order by rowid limit ${sliceRows}`,
          read
        )
        for (const [series, time, lag, status, value, text = null, replaced = 0, epoch = null] of rows) {
          const row: SealedRow = { series, time, lag, status, value, text, replaced, epoch }
          if (held !== undefined && held.time === time && held.series === series) {
            ofOneTime ??= [held]
            ofOneTime.push(row)
            continue
          }
          if (held !== undefined && work.add(ofOneTime === undefined ? held : settled(ofOneTime)[0]!)) await work.send()
          ofOneTime = undefined
          held = row
        }
        read += rows.length
        if (rows.length < sliceRows) {
          if (held !== undefined) work.add(ofOneTime === undefined ? held : settled(ofOneTime)[0]!)
          return read
        }
        if (slices % slicesBetweenCheckpoints === 0) {
          await work.drain()
          await this.checkpoint()
        }
      }
    } finally {
      connection.db.exec("detach database sorted")
    }
  }

  /** The table for the minutes of a time. */
  readonly #spanOf = (time: number): number =>
    this.#connection.get<[number]>(
      "select id from span where from_time is null or from_time <= ? order by id desc limit 1",
      time
    )?.[0] ?? this.#connection.get<[number]>("select min(id) from span")![0]

  /**
   * Adds late rows to complete periods, and summarizes their minutes again. Returns the number of rows that came too
   * late.
   */
  async #settle(late: ReadonlyArray<SealedRow>, rawFrom: number | undefined): Promise<number> {
    const periods = new Map<number, Array<SealedRow>>()
    let expired = 0
    for (const row of late) {
      const period =
        rawFrom !== undefined && row.time < rawFrom
          ? undefined
          : this.#connection.get<[number]>(
              "select id from period where (from_time is null or from_time <= ?) and to_time > ? limit 1",
              row.time,
              row.time
            )?.[0]
      if (period === undefined) expired++
      else if (periods.has(period)) periods.get(period)!.push(row)
      else periods.set(period, [row])
    }
    for (const [period, rows] of periods) {
      for (let at = 0; at < rows.length; at += sliceRows / 2) {
        const packed = pack(rows.slice(at, at + sliceRows / 2))
        await this.#call("settle", { period, rows: packed }, buffersOf(packed))
      }
      await this.#sumUp(period, rows)
    }
    return expired
  }

  async #sumUp(period: number, rows: ReadonlyArray<SealedRow>): Promise<void> {
    const spans = new Map<number, Array<MinuteRow>>()
    let series = -1
    let last = -1
    for (const row of rows) {
      const time = Math.floor(row.time / minute) * minute
      if (row.series === series && time === last) continue
      series = row.series
      last = time
      const summing = new Summing(time)
      for (const [, at, lag, status, value, text, replaced] of this.#connection.all<Stored>(
        `select ${columns} from reading_${period} where series = ? and time >= ? and time < ? order by time`,
        series,
        time,
        time + minute
      ))
        summing.add({ time: at, lag, status, value, text, replaced } satisfies Row)
      const span = this.#spanOf(time)
      const found = spans.get(span) ?? []
      spans.set(span, found)
      found.push(minuteRow(series, summing.summary))
    }
    for (const [span, found] of spans)
      for (let at = 0; at < found.length; at += sliceMinutes)
        await this.#call("minutes", { span, rows: found.slice(at, at + sliceMinutes) })
  }

  /** Drops data older than the retention, and the oldest data above the size limit. */
  async drop({ keep, now, oldest: unsealed }: Drop): Promise<void> {
    for (;;) {
      const oldest = this.#connection.get<[number, number]>("select id, to_time from period order by to_time limit 1")
      if (oldest === undefined || (oldest[1] > Math.min(now - keep.raw, unsealed) && this.#bytes() <= keep.bytes)) break
      await this.#dropPeriod(oldest[0], oldest[1])
    }
    const newest = this.#connection.get<[number, number | null]>(
      "select id, from_time from span order by id desc limit 1"
    )!
    const sealedTo = this.#connection.get<[number]>("select value from fact where name = 'sealed_to'")?.[0]
    // spans are an eighth of the retention of minutes
    if (sealedTo !== undefined && keep.minute !== Number.POSITIVE_INFINITY) {
      const begun = newest[1] ?? this.#connection.get<[number | null]>(`select min(time) from minute_${newest[0]}`)?.[0]
      if (begun != null && sealedTo - begun > keep.minute / 8) await this.#call("beginSpan", undefined)
    }
    for (;;) {
      const spans = this.#connection.all<[number, number | null, number]>(
        "select id, from_time, rows from span order by id limit 2"
      )
      if (spans.length < 2) break
      const [[oldest, , rows], [, next]] = spans as [[number, number, number], [number, number, number]]
      if (next > now - keep.minute && this.#bytes() <= keep.bytes) break
      await this.#call("retireSpan", { span: oldest, from: next })
      await this.#remove(`minute_${oldest}`, rows)
    }
  }

  async #dropPeriod(period: number, to: number): Promise<void> {
    const series = this.#connection.all<[number]>("select series from presence where period = ?", period).flat()
    const rows = this.#connection.get<[number]>("select rows from period where id = ?", period)![0]
    for (const slice of slicesOf(series)) await this.#call("keepLast", { period, series: slice })
    await this.#call("retire", { period, to })
    for (const slice of slicesOf(series)) await this.#call("forget", { period, series: slice })
    await this.#remove(`reading_${period}`, rows)
  }

  /** Removes a table of about this number of rows. */
  async #remove(table: string, rows: number): Promise<void> {
    for (let left = rows; left > droppedAtOnce && !this.#stopped; left -= removedAtOnce)
      await this.#call("shrink", { table })
    if (!this.#stopped) await this.#call("remove", { table })
  }

  #bytes(): number {
    return bytesOf(this.#connection)
  }

  /**
   * Moves the log into the file, and syncs it. Nothing waits for it: the writer continues with the log meanwhile, and
   * restarts the log once all of it has been moved. If the writer never rests, it moves the rest itself, and waits for
   * the disk.
   */
  async checkpoint(): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const [, log, moved] = this.#connection.get<[number, number, number]>("pragma wal_checkpoint(passive)")!
      if (log === moved) return
      if (round === rounds - 1 && log > longLog) await this.#call("checkpoint", undefined)
    }
  }

  /** Stops at the end of the current slice. Unfinished work is repeated after the next start. */
  stop(): void {
    this.#stopped = true
  }

  close(): void {
    this.#connection.close()
  }
}

/** The bytes in use. */
export const bytesOf = (connection: Connection): number => {
  const [pages] = connection.get<[number]>("pragma page_count")!
  const [free] = connection.get<[number]>("pragma freelist_count")!
  const [size] = connection.get<[number]>("pragma page_size")!
  return (pages - free) * size
}

/** Parts of a list, each for one step of the writer. */
const slicesOf = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / sliceSeries) }, (_, at) =>
    all.slice(at * sliceSeries, (at + 1) * sliceSeries)
  )
