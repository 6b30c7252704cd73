import { statSync } from "node:fs"
import type { Batch } from "../../model/Batch.ts"
import { receivedTime } from "../../model/Batch.ts"
import { sameText, type Text } from "../../model/Text.ts"
import type { RetentionState } from "../../Store.ts"
import { lockOf } from "../lock.ts"
import { Connection, refuseFolder } from "./connection.ts"
import { appendBatch, insertPacked } from "./insert.ts"
import type { StoredDefinition, StoredGap } from "./names.ts"
import type { Packed } from "./Packed.ts"
import { createHot, createMinutes, createView, migrate } from "./schema.ts"
import { Tables } from "./Tables.ts"

/** Options of opening a store. */
export interface WriterOptions {
  readonly path: string
  /** The number of readings after which a period ends. */
  readonly periodRows: number
  /** The longest period, in microseconds. */
  readonly period: number
  /** Limits the size of the file, like a full disk. */
  readonly maxPages?: number | undefined
}

/** An append table that takes no more readings, and is due for sealing. */
export interface Frozen {
  readonly generation: number
  /** The end of the period: readings of this time and later belong to the next one. */
  readonly boundary: number
}

/**
 * The minutes of a span, after which a new table begins. Not measured: whole tables are dropped, so a span bounds the
 * data that are kept too long.
 */
const spanRows = 2_000_000
/**
 * The grace for readings after the end of a period, in microseconds: 2 s. Not measured: many round trips of a network.
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
  /** The time when the append table was full. */
  #due: number | undefined
  #oldest = Number.POSITIVE_INFINITY
  #frozen: Frozen | undefined
  /** The longest period that retention allows. */
  #longest = Number.POSITIVE_INFINITY

  /** The operations of the sealer on tables without current readings. */
  readonly tables: Tables

  /** The number of the file in its file system. */
  readonly #file: number
  /** Held while this process writes. The system releases it at any end of the process. */
  readonly #lock: { readonly close: () => void }

  constructor(options: WriterOptions) {
    this.#options = options
    refuseFolder(options.path)
    this.#lock = lockOf(options.path, "another program writes to it. End that one, or name another file.")
    this.#connection = new Connection(options.path, { maxPages: options.maxPages })
    this.tables = new Tables(this.#connection)
    this.#file = this.#found ?? 0
    try {
      migrate(this.#connection.db)
      this.#recover()
    } catch (error) {
      this.close()
      throw error
    }
  }

  get #found(): number | undefined {
    return statSync(this.#options.path, { throwIfNoEntry: false })?.ino
  }

  /** Throws if the file was moved or removed: SQLite would continue writing to an inaccessible file. */
  #stays(): void {
    const found = this.#found
    if (found === this.#file) return
    const what = found === undefined ? "removed or moved away" : "replaced by another one"
    throw new Error(
      `the file was ${what} while the archive was written to it. Start the archive again; it makes a new file if necessary`
    )
  }

  /** Removes the unfinished work of a killed process, and finds its state. */
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
      db.exec(
        "delete from generation where sealed = 1; delete from presence where period not in (select id from period)"
      )
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
    this.#received = Math.max(this.#received, this.#connection.fact("sealed_to") ?? Number.NEGATIVE_INFINITY)
  }

  /** Returns the numbers of series, creates new ones, and updates their descriptions. */
  define(definitions: ReadonlyArray<StoredDefinition>): ReadonlyArray<number> {
    const found =
      "select id, description, parameters from series where device = ? and sensor = ? and type = ? and units = ?"
    let changed = false
    return this.#connection.transaction(() => {
      const ids = definitions.map((definition) => {
        const { description, device, sensor, since, type, units } = definition
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
      if (changed) this.#connection.setFact("series", (this.#connection.fact("series") ?? 0) + 1)
      return ids
    })
  }

  /** Appends readings; returns the table to seal, if any. */
  append(batch: Batch): Frozen | undefined {
    this.#stays()
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

  /** The earliest time of a reading without a period. */
  oldest(_: undefined): number {
    const frozen = this.#frozen?.generation
    const before =
      frozen === undefined
        ? undefined
        : this.#connection.get<[number | null]>(`select min(time) from hot_${frozen}`)![0]
    return Math.min(this.#oldest, before ?? Number.POSITIVE_INFINITY)
  }

  /** Returns the table to seal at a time. */
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
    this.#stays()
    this.#connection.transaction(() => {
      this.#connection.setFact("alive", now)
      if (retention === undefined) return
      this.#connection.setFact("retention", retention.time)
      this.#connection.setFact("held", retention.held)
    })
    return this.#frozen ?? this.#freeze(Math.max(now, this.#received))
  }

  /**
   * Begins a new append table once the old one is full, at the beginning of a minute: then little of the old one
   * belongs to the next period.
   */
  #freeze(now: number): Frozen | undefined {
    if (this.#frozen !== undefined || this.#rows === 0) return undefined
    const begun = Math.max(this.#connection.fact("sealed_to") ?? this.#oldest, this.#oldest)
    if (this.#rows < this.#options.periodRows && now - begun < Math.min(this.#longest, this.#options.period))
      return undefined
    // a clock that was set back starts again
    if (this.#due === undefined || this.#due > now) this.#due = now
    const boundary = Math.floor((now - grace) / minute) * minute
    if (boundary < this.#due) return undefined
    if (boundary <= (this.#connection.fact("sealed_to") ?? Number.NEGATIVE_INFINITY)) return undefined
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

  putGaps(gaps: ReadonlyArray<StoredGap>): void {
    this.#connection.transaction(() => {
      for (const { device, from, lost, reason, sensor, to } of gaps)
        this.#connection.run("insert or replace into gap values(?,?,?,?,?,?)", device, sensor, from, to, reason, lost)
    })
  }

  /** Moves rows of a later period into the current append table. */
  carry({ rows }: { readonly rows: Packed }): void {
    this.#connection.transaction(() => insertPacked(this.#connection, `hot_${this.#generation}`, rows, false))
    this.#rows += rows.length
    for (let at = 0; at < rows.length; at++) this.#oldest = Math.min(this.#oldest, rows.time[at]!)
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
  }): void {
    const connection = this.#connection
    connection.transaction(() => {
      connection.run("insert into period values(?,?,?,?)", done.period, done.from, done.to, done.rows)
      connection.run("update generation set sealed = 1 where id = ?", done.generation)
      connection.run("update span set rows = rows + ? where id = (select max(id) from span)", done.minutes)
      this.#connection.setFact("sealed_to", done.to)
      if (done.expired > 0) this.#connection.setFact("expired", (this.#connection.fact("expired") ?? 0) + done.expired)
      const [span, rows] = connection.get<[number, number]>("select id, rows from span order by id desc limit 1")!
      if (rows >= spanRows) {
        connection.run("insert into span values(?, ?, 0)", span + 1, done.to)
        connection.db.exec(createMinutes(span + 1))
      }
      createView(connection.db)
    })
    this.#frozen = undefined
  }

  close(): void {
    this.#connection.close()
    this.#lock.close()
  }
}
