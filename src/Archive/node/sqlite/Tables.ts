import type { Text } from "../../model/Text.ts"
import type { Connection } from "./connection.ts"
import { insertMinutes, insertPacked } from "./insert.ts"
import type { Packed } from "./Packed.ts"
import { createMinutes, createPeriod, createView } from "./schema.ts"

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

/** The rows that one step of a removal deletes: 20,000 take about 10 ms. */
export const removedAtOnce = 20_000

/** The series of a period, with the number of their rows. */
export type Presence = ReadonlyArray<readonly [series: number, rows: number]>

/**
 * The operations of the sealer on the connection of the writer: each call is a few milliseconds of work, with appends
 * between them.
 */
export class Tables {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Creates the table of a period. It counts once the writer has listed it. */
  begin({ period }: { readonly period: number }): void {
    this.#connection.transaction(() =>
      this.#connection.db.exec(`drop table if exists reading_${period}; ${createPeriod(period)}`)
    )
  }

  /** Inserts sorted rows into the table of a new period. */
  seal({ period, rows }: { readonly period: number; readonly rows: Packed }): void {
    this.#connection.transaction(() => insertPacked(this.#connection, `reading_${period}`, rows, false))
  }

  /** Inserts late rows into the table of a complete period. */
  settle({ period, rows }: { readonly period: number; readonly rows: Packed }): void {
    this.#connection.transaction(() => {
      insertPacked(this.#connection, `reading_${period}`, rows, true)
      // about: some of them may take the place of others
      this.#connection.run("update period set rows = rows + ? where id = ?", rows.length, period)
      for (const series of new Set(rows.series.subarray(0, rows.length)))
        this.#connection.run(
          "insert into presence values(?, ?, 1) on conflict(series, period) do update set rows = rows + 1",
          series,
          period
        )
    })
  }

  /** Inserts summaries of minutes into their table, replacing existing ones. */
  minutes({ rows, span }: { readonly span: number; readonly rows: ReadonlyArray<MinuteRow> }): void {
    this.#connection.transaction(() => insertMinutes(this.#connection, span, rows))
  }

  /** Records the series of a period. They count once the period is listed. */
  presence({ period, series }: { readonly period: number; readonly series: Presence }): void {
    this.#connection.transaction(() => {
      for (const [one, rows] of series)
        this.#connection.run("insert or replace into presence values(?,?,?)", one, period, rows)
    })
  }

  /** Keeps the last rows of series before the table of their period is dropped. */
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

  /** Removes the oldest period from the list. */
  retire({ period, to }: { readonly period: number; readonly to: number }): void {
    this.#connection.transaction(() => {
      this.#connection.run("delete from period where id = ?", period)
      this.#connection.setFact("raw_from", to)
      createView(this.#connection.db)
    })
  }

  /** Forgets the series of a period that is no longer listed. */
  forget({ period, series }: { readonly period: number; readonly series: ReadonlyArray<number> }): void {
    this.#connection.transaction(() => {
      for (const one of series)
        this.#connection.run("delete from presence where series = ? and period = ?", one, period)
    })
  }

  /** Removes the oldest span of minutes from the list. */
  retireSpan({ from, span }: { readonly span: number; readonly from: number }): void {
    this.#connection.transaction(() => {
      this.#connection.run("delete from span where id = ?", span)
      this.#connection.run("delete from gap where to_time < ?", from)
      this.#connection.setFact("minute_from", from)
      createView(this.#connection.db)
    })
  }

  /** Begins a new span of minutes at the end of the sealed data. */
  beginSpan(_: undefined): void {
    this.#connection.transaction(() => {
      const [span] = this.#connection.get<[number]>("select max(id) from span")!
      this.#connection.run("insert into span values(?, ?, 0)", span + 1, this.#connection.fact("sealed_to")!)
      this.#connection.db.exec(createMinutes(span + 1))
      createView(this.#connection.db)
    })
  }

  /** Deletes the first rows of a table that is in no list. */
  shrink({ table }: { readonly table: string }): void {
    const connection = this.#connection
    connection.transaction(() => {
      if (table.startsWith("hot_"))
        connection.run(`delete from ${table} where rowid < (select min(rowid) from ${table}) + ${removedAtOnce}`)
      else {
        const end = `select series, time from ${table} order by series, time limit 1 offset ${removedAtOnce}`
        connection.run(`delete from ${table} where (series, time) < (${end})`)
      }
    })
  }

  /** Removes a table that is in no list. */
  remove({ table }: { readonly table: string }): void {
    this.#connection.transaction(() => {
      this.#connection.db.exec(`drop table if exists ${table}`)
      if (table.startsWith("hot_"))
        this.#connection.run("delete from generation where id = ?", Number(table.slice("hot_".length)))
    })
  }

  /** Moves the rest of the log into the file, after another connection has moved most of it. */
  checkpoint(_: undefined): void {
    this.#connection.db.exec("pragma wal_checkpoint(passive)")
  }
}
