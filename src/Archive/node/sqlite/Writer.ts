import type { Batch } from "../../model/Batch.ts"
import { receivedTime } from "../../model/Batch.ts"
import type { Gap } from "../../model/Gap.ts"
import type { Definition } from "../../model/Series.ts"
import { sameText, type Text } from "../../model/Value.ts"
import type { RetentionState } from "../../Store.ts"
import { lockOf } from "../lock.ts"
import { Connection } from "./connection.ts"
import { appendBatch, insertPacked } from "./insert.ts"
import { storedText } from "./names.ts"
import type { Packed } from "./Packed.ts"
import { createHot, createMinutes, createPeriod, createView, migrate } from "./schema.ts"

/** What a store is opened with. */
export interface WriterOptions {
  readonly path: string
  /** Readings after which a period ends. */
  readonly periodRows: number
  /** The longest period, in microseconds. */
  readonly period: number
  /** Limits the size of the file, as a full disk does. */
  readonly maxPages?: number | undefined
}

/** An append table that takes no more readings: its period is to be sealed. */
export interface Frozen {
  readonly generation: number
  /** The end of the period: readings of this time and later go to the next one. */
  readonly boundary: number
}

/** A summary as a row of a table of minutes. */
export type MinuteRow = readonly [
  series: number,
  time: number,
  count: number,
  valid: number,
  min: number | null,
  max: number | null,
  mean: number | null,
  first: number | Text | null,
  last: number | Text | null,
  worst: number
]

/** Rows of a table that one step of a removal deletes: 20,000 take about 10 ms. */
const removedAtOnce = 20_000
/** Rows of a table that is dropped in one go. Measured: 25 ms per million, most of it for pages that are full. */
const droppedAtOnce = 200_000
/**
 * Minutes of a span, after which a new table begins. Not measured: whole tables are dropped, so a span bounds what
 * is kept too long.
 */
const spanRows = 2_000_000
/**
 * Microseconds after the end of a period in which its readings may still come without being late: 2 s. Not measured:
 * many round trips of a network.
 */
const grace = 2_000_000
/** Given by the calendar: microseconds of a minute. */
const minute = 60_000_000

/** The only connection that writes. */
export class Writer {
  readonly #connection: Connection
  readonly #options: WriterOptions
  #generation = 1
  #rows = 0
  #received = Number.NEGATIVE_INFINITY
  /** The time at which the append table had enough. */
  #due: number | undefined
  #oldest = Number.POSITIVE_INFINITY
  #frozen: Frozen | undefined
  /** The longest period that retention allows. */
  #longest = Number.POSITIVE_INFINITY

  /** Held while this process writes. The system lets go of it however the process ends. */
  readonly #lock: { readonly close: () => void }

  constructor(options: WriterOptions) {
    this.#options = options
    this.#lock = lockOf(options.path, "another program writes to it. End that one, or name another file.")
    this.#connection = new Connection(options.path, { maxPages: options.maxPages })
    try {
      migrate(this.#connection.db)
      this.#recover()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Removes what a killed process left half done, and finds out where it was. */
  #recover(): void {
    const { db } = this.#connection
    const known = new Set([
      ...this.#connection.all<[number]>("select id from period").map(([id]) => `reading_${id}`),
      ...this.#connection.all<[number]>("select id from generation where sealed = 0").map(([id]) => `hot_${id}`),
      ...this.#connection.all<[number]>("select id from span").map(([id]) => `minute_${id}`)
    ])
    const tables = this.#connection.all<[string]>("select name from sqlite_master where type = 'table'")
    this.#connection.transaction(() => {
      for (const [name] of tables)
        if (/^(?:reading|hot|minute)_\d+$/.test(name) && !known.has(name)) db.exec(`drop table ${name}`)
      db.exec("delete from generation where sealed = 1")
      createView(db)
    })
    const generations = this.#connection.all<[number, number | null]>("select id, boundary from generation order by id")
    this.#generation = generations.at(-1)![0]
    const frozen = generations.find(([, boundary]) => boundary !== null)
    this.#frozen = frozen === undefined ? undefined : { generation: frozen[0], boundary: frozen[1]! }
    const [rows, oldest] = this.#connection.get<[number, number | null]>(
      `select count(*), min(time) from hot_${this.#generation}`
    )!
    this.#rows = rows
    this.#oldest = oldest ?? Number.POSITIVE_INFINITY
    for (const [id] of generations) {
      const last = this.#connection.get<[number | null]>(
        `select max(iif(lag between -60000000 and 86400000000, time + lag, time)) from hot_${id}`
      )![0]
      this.#received = Math.max(this.#received, last ?? Number.NEGATIVE_INFINITY)
    }
    this.#received = Math.max(this.#received, this.fact("sealed_to") ?? Number.NEGATIVE_INFINITY)
  }

  fact(name: string): number | undefined {
    return this.#connection.get<[number]>("select value from fact where name = ?", name)?.[0]
  }

  #setFact(name: string, value: number): void {
    this.#connection.run("insert or replace into fact values(?, ?)", name, value)
  }

  /** Returns the numbers of series, new ones among them, and brings their descriptions up to date. */
  define(definitions: ReadonlyArray<Definition>): ReadonlyArray<number> {
    const found =
      "select id, description, parameters from series where device = ? and sensor = ? and type = ? and units = ?"
    let changed = false
    return this.#connection.transaction(() => {
      const ids = definitions.map((definition) => {
        const { since } = definition
        const [device, sensor, type, units] = (["device", "sensor", "type", "units"] as const).map((key) =>
          storedText(definition[key])
        ) as [Text, Text, Text, Text]
        const description = storedText(definition.description)
        const parameters = JSON.stringify(definition.parameters)
        const known = this.#connection.get<[number, Text, string]>(found, device, sensor, type, units)
        if (known === undefined) {
          changed = true
          this.#connection.run(
            "insert into series(device, sensor, type, units, description, parameters, since) values(?,?,?,?,?,?,?)",
            device,
            sensor,
            type,
            units,
            description,
            parameters,
            since
          )
          return this.#connection.get<[number]>(found, device, sensor, type, units)![0]
        }
        if (!sameText(known[1], description) || known[2] !== parameters) {
          changed = true
          this.#connection.run(
            "update series set description = ?, parameters = ? where id = ?",
            description,
            parameters,
            known[0]
          )
        }
        return known[0]
      })
      // readers keep the list until the number changes
      if (changed) this.#setFact("series", (this.fact("series") ?? 0) + 1)
      return ids
    })
  }

  /** Appends readings; returns what is to be sealed, if anything became so. */
  append(batch: Batch): Frozen | undefined {
    this.#connection.transaction(() => appendBatch(this.#connection, `hot_${this.#generation}`, batch))
    this.#rows += batch.length
    for (let at = 0; at < batch.length; at++) {
      const time = batch.time[at]!
      const received = receivedTime(time, batch.lag[at]!)
      if (received > this.#received) this.#received = received
      if (time < this.#oldest) this.#oldest = time
    }
    return this.#freeze(this.#received)
  }

  /** The earliest time of a reading that is in no period yet. */
  oldest(_: undefined): number {
    const frozen = this.#frozen?.generation
    const before =
      frozen === undefined
        ? undefined
        : this.#connection.get<[number | null]>(`select min(time) from hot_${frozen}`)![0]
    return Math.min(this.#oldest, before ?? Number.POSITIVE_INFINITY)
  }

  /** Returns what is to be sealed at a time. */
  due({
    longest,
    now,
    retention
  }: {
    readonly now: number
    readonly longest: number
    readonly retention: RetentionState | undefined
  }): Frozen | undefined {
    this.#longest = longest
    this.#connection.transaction(() => {
      this.#setFact("alive", now)
      if (retention === undefined) return
      this.#setFact("retention", retention.time)
      this.#setFact("held", retention.held)
    })
    return this.#frozen ?? this.#freeze(Math.max(now, this.#received))
  }

  /**
   * Begins a new append table once the old one has enough, at the beginning of a minute: little of the old one belongs to
   * the period after it then.
   */
  #freeze(now: number): Frozen | undefined {
    if (this.#frozen !== undefined || this.#rows === 0) return undefined
    const begun = Math.max(this.fact("sealed_to") ?? this.#oldest, this.#oldest)
    if (this.#rows < this.#options.periodRows && now - begun < Math.min(this.#longest, this.#options.period))
      return undefined
    // a clock that was set back begins anew
    if (this.#due === undefined || this.#due > now) this.#due = now
    const boundary = Math.floor((now - grace) / minute) * minute
    if (boundary < this.#due) return undefined
    if (boundary <= (this.fact("sealed_to") ?? Number.NEGATIVE_INFINITY)) return undefined
    const next = this.#generation + 1
    this.#connection.transaction(() => {
      this.#connection.run("update generation set boundary = ? where id = ?", boundary, this.#generation)
      this.#connection.run("insert into generation(id) values(?)", next)
      this.#connection.db.exec(createHot(next))
      createView(this.#connection.db)
    })
    this.#frozen = { generation: this.#generation, boundary }
    this.#generation = next
    this.#rows = 0
    this.#oldest = Number.POSITIVE_INFINITY
    this.#due = undefined
    return this.#frozen
  }

  putGaps(gaps: ReadonlyArray<Gap>): void {
    this.#connection.transaction(() => {
      for (const { device, from, lost, reason, sensor, to } of gaps)
        this.#connection.run(
          "insert or replace into gap values(?,?,?,?,?,?)",
          storedText(device),
          storedText(sensor),
          from,
          to,
          reason,
          lost
        )
    })
  }

  /** Makes the table of a period. It counts once {@link finish} has listed it. */
  begin({ period }: { readonly period: number }): void {
    this.#connection.transaction(() =>
      this.#connection.db.exec(`drop table if exists reading_${period}; ${createPeriod(period)}`)
    )
  }

  /** Puts sorted rows into the table of a period that has just begun. */
  seal({ period, rows }: { readonly period: number; readonly rows: Packed }): void {
    this.#connection.transaction(() => insertPacked(this.#connection, `reading_${period}`, rows, false))
  }

  /** Puts late rows into the table of a period that is complete. */
  settle({ period, rows }: { readonly period: number; readonly rows: Packed }): void {
    this.#connection.transaction(() => {
      insertPacked(this.#connection, `reading_${period}`, rows, true)
      for (const series of new Set(rows.series.subarray(0, rows.length)))
        this.#connection.run(
          "insert into presence values(?, ?, 1) on conflict(series, period) do update set rows = rows + 1",
          series,
          period
        )
    })
  }

  /** Puts rows that belong to a later period into the append table of now. */
  carry({ rows }: { readonly rows: Packed }): void {
    this.#connection.transaction(() => insertPacked(this.#connection, `hot_${this.#generation}`, rows, false))
    this.#rows += rows.length
    for (let at = 0; at < rows.length; at++) this.#oldest = Math.min(this.#oldest, rows.time[at]!)
  }

  /** Puts summaries of minutes into their table; they take the place of those that are there. */
  minutes({ rows, span }: { readonly span: number; readonly rows: ReadonlyArray<MinuteRow> }): void {
    this.#connection.transaction(() => {
      for (const row of rows)
        this.#connection.run(`insert or replace into minute_${span} values(?,?,?,?,?,?,?,?,?,?)`, ...row)
    })
  }

  /** Lists a period as complete. From here on its append table does not count. */
  finish(done: {
    readonly generation: number
    readonly period: number
    readonly from: number | null
    readonly to: number
    readonly rows: number
    readonly minutes: number
    readonly expired: number
    readonly presence: ReadonlyArray<readonly [series: number, rows: number]>
  }): void {
    const connection = this.#connection
    connection.transaction(() => {
      connection.run("insert into period values(?,?,?,?)", done.period, done.from, done.to, done.rows)
      for (const [series, rows] of done.presence)
        connection.run("insert into presence values(?,?,?)", series, done.period, rows)
      connection.run("update generation set sealed = 1 where id = ?", done.generation)
      connection.run("update span set rows = rows + ? where id = (select max(id) from span)", done.minutes)
      this.#setFact("sealed_to", done.to)
      if (done.expired > 0) this.#setFact("expired", (this.fact("expired") ?? 0) + done.expired)
      const [span, rows] = connection.get<[number, number]>("select id, rows from span order by id desc limit 1")!
      if (rows >= spanRows) {
        connection.run("insert into span values(?, ?, 0)", span + 1, done.to)
        connection.db.exec(createMinutes(span + 1))
      }
      createView(connection.db)
    })
    this.#frozen = undefined
  }

  /** Keeps the last rows of series before the table of their period goes. */
  keepLast({ period, series }: { readonly period: number; readonly series: ReadonlyArray<number> }): void {
    const columns = "series, time, lag, status, value, text, replaced, epoch"
    this.#connection.transaction(() => {
      for (const one of series)
        this.#connection.run(
          `insert or replace into carried(${columns}) select ${columns} from reading_${period} where series = ? order by time desc limit 1`,
          one
        )
    })
  }

  /** Takes the oldest period out of the list. */
  retire({ period, to }: { readonly period: number; readonly to: number }): void {
    this.#connection.transaction(() => {
      this.#connection.run("delete from presence where period = ?", period)
      this.#connection.run("delete from period where id = ?", period)
      this.#setFact("raw_from", to)
      createView(this.#connection.db)
    })
  }

  /** Takes the oldest span of minutes out of the list. */
  retireSpan({ from, span }: { readonly span: number; readonly from: number }): void {
    this.#connection.transaction(() => {
      this.#connection.run("delete from span where id = ?", span)
      this.#connection.run("delete from gap where to_time < ?", from)
      this.#setFact("minute_from", from)
      createView(this.#connection.db)
    })
  }

  /** Begins a new span of minutes at the end of what is sealed. */
  beginSpan(_: undefined): void {
    this.#connection.transaction(() => {
      const [span] = this.#connection.get<[number]>("select max(id) from span")!
      this.#connection.run("insert into span values(?, ?, 0)", span + 1, this.fact("sealed_to")!)
      this.#connection.db.exec(createMinutes(span + 1))
      createView(this.#connection.db)
    })
  }

  /** Removes a table that is in no list, step by step; `true` if it is gone. */
  remove({ table }: { readonly table: string }): boolean {
    const { db } = this.#connection
    const rowid = table.startsWith("hot_")
    const last = rowid ? this.#connection.get<[number | null]>(`select max(rowid) from ${table}`)![0] : undefined
    if (rowid) {
      const first = this.#connection.get<[number | null]>(`select min(rowid) from ${table}`)![0]
      if (first !== null && last! - first > droppedAtOnce) {
        this.#connection.transaction(() => db.exec(`delete from ${table} where rowid < ${first + removedAtOnce}`))
        return false
      }
    } else {
      const end = `select series, time from ${table} order by series, time limit 1 offset `
      if (this.#connection.get(end + droppedAtOnce) !== undefined) {
        const [series, time] = this.#connection.get<[number, number]>(end + removedAtOnce)!
        this.#connection.transaction(() =>
          this.#connection.run(`delete from ${table} where (series, time) < (?, ?)`, series, time)
        )
        return false
      }
    }
    this.#connection.transaction(() => {
      db.exec(`drop table if exists ${table}`)
      if (rowid) this.#connection.run("delete from generation where id = ?", Number(table.slice(4)))
    })
    return true
  }

  /** Moves what the log holds into the file; the rest, after another connection has moved most of it. */
  checkpoint(_: undefined): void {
    this.#connection.db.exec("pragma wal_checkpoint(passive)")
  }

  close(): void {
    this.#connection.close()
    this.#lock.close()
  }
}
