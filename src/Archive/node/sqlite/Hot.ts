import type { Row } from "../../model/Row.ts"
import type { Text } from "../../model/Text.ts"
import type { Connection } from "./connection.ts"

/** The rows that are indexed at once: 100,000 take 40 ms. */
const atOnce = 100_000

/**
 * An index of the rows of each series in an append table, which has no index of its own. Series and times are in
 * memory, 24 bytes a reading; each row links to the previous row of its series. Values are read on demand.
 */
export class Hot {
  readonly generation: number
  readonly #table: string
  #length = 0
  #last = 0
  #series = new Int32Array(4096)
  #time = new Float64Array(4096)
  #before = new Int32Array(4096)
  #rowid = new Float64Array(4096)
  /** The newest row of each series. */
  readonly #heads = new Map<number, number>()
  /** The earliest time of each series: this table has no data for queries of earlier times. */
  readonly #earliest = new Map<number, number>()
  /** The series whose rows are not all in the order of their times. */
  readonly #disordered = new Set<number>()

  constructor(generation: number) {
    this.generation = generation
    this.#table = `hot_${generation}`
  }

  /** Indexes new rows; `true` if there may be more. */
  follow(connection: Connection): boolean {
    const rows = connection.all<[rowid: number, series: number, time: number]>(
      `select rowid, series, time from ${this.#table} where rowid > ? order by rowid limit ${atOnce}`,
      this.#last
    )
    for (const [rowid, series, time] of rows) {
      if (this.#length === this.#series.length) this.#grow()
      const at = this.#length++
      const head = this.#heads.get(series)
      if (head === undefined) this.#earliest.set(series, time)
      else if (this.#time[head]! >= time) {
        this.#disordered.add(series)
        this.#earliest.set(series, Math.min(time, this.#earliest.get(series)!))
      }
      this.#series[at] = series
      this.#time[at] = time
      this.#before[at] = head ?? -1
      this.#rowid[at] = rowid
      this.#heads.set(series, at)
      this.#last = rowid
    }
    return rows.length === atOnce
  }

  /**
   * Returns the rows of a series in a stretch of time, in the order of arrival. With a limit, those of the first or the
   * last times, up to that number: few of them are read.
   */
  rows(
    connection: Connection,
    series: number,
    from: number,
    to: number,
    limit = Number.POSITIVE_INFINITY,
    newestFirst = false
  ): Array<Row> {
    if (!this.#reaches(series, to)) return []
    const places: Array<number> = []
    const ordered = !this.#disordered.has(series)
    for (let at = this.#heads.get(series) ?? -1; at !== -1; at = this.#before[at]!) {
      const time = this.#time[at]!
      if (time >= from && time < to) places.push(at)
      else if (ordered && time < from) break
      // the newest come first here
      if (ordered && newestFirst && places.length === limit) break
    }
    places.reverse()
    return this.#first(places, limit, newestFirst).map((at) => this.#read(connection, this.#rowid[at]!))
  }

  /** Those positions with one of the first, or last, times up to a number. */
  #first(places: Array<number>, limit: number, newestFirst: boolean): Array<number> {
    if (places.length <= limit) return places
    const times = [...new Set(places.map((at) => this.#time[at]!))].sort((one, other) => one - other)
    if (times.length <= limit) return places
    const edge = newestFirst ? times[times.length - limit]! : times[limit - 1]!
    return places.filter((at) => (newestFirst ? this.#time[at]! >= edge : this.#time[at]! <= edge))
  }

  /** Returns the newest time of a series up to another time, or `undefined`. */
  latest(series: number, time: number): number | undefined {
    if (!this.#reaches(series, time + 1)) return undefined
    const ordered = !this.#disordered.has(series)
    let newest: number | undefined
    for (let at = this.#heads.get(series) ?? -1; at !== -1; at = this.#before[at]!) {
      const here = this.#time[at]!
      if (here > time || (newest !== undefined && here <= newest)) continue
      newest = here
      if (ordered) break
    }
    return newest
  }

  /** `true` if the series has rows before a time. */
  #reaches(series: number, before: number): boolean {
    const earliest = this.#earliest.get(series)
    return earliest !== undefined && earliest < before
  }

  get length(): number {
    return this.#length
  }

  #read(connection: Connection, rowid: number): Row {
    const [time, lag, status, value, text, replaced] = connection.get<
      [number, number, number, number | null, Text | null, number]
    >(`select time, lag, status, value, text, replaced from ${this.#table} where rowid = ?`, rowid)!
    return { time, lag, status, value, text, replaced }
  }

  #grow(): void {
    const grown = <A extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(larger: A, old: A): A => {
      larger.set(old)
      return larger
    }
    const size = this.#length * 2
    this.#series = grown(new Int32Array(size), this.#series)
    this.#time = grown(new Float64Array(size), this.#time)
    this.#before = grown(new Int32Array(size), this.#before)
    this.#rowid = grown(new Float64Array(size), this.#rowid)
  }
}
