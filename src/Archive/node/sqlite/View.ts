/** The view of a query: one state of the file, and the index of the append tables. */
import { type Row, settled, standing } from "../../model/Row.ts"
import type { Text } from "../../model/Text.ts"
import type { Connection } from "./connection.ts"
import { Hot } from "./Hot.ts"

/** A complete period. */
export interface Period {
  readonly id: number
  readonly from: number
  readonly to: number
}

/** The columns of {@link Stored}. */
export const columns = "time, lag, status, value, text, replaced"

/** A row of a statement. */
export type Stored = [
  time: number,
  lag: number,
  status: number,
  value: number | null,
  text: Text | null,
  replaced: number
]

/** Converts a row of a statement. */
export const rowOf = ([time, lag, status, value, text, replaced]: Stored): Row => ({
  time,
  lag,
  status,
  value,
  text,
  replaced
})

/** Before all times. */
export const before = Number.NEGATIVE_INFINITY
/** The rows that are read at once. Not measured: few enough to die young. */
const chunk = 4096

/** Given by SQLite, whose integers have 64 bits: times beyond are limited. */
const inRange = (time: number): number => Math.max(-9e18, Math.min(9e18, time))

export class View {
  readonly connection: Connection
  #hot: ReadonlyArray<Hot> = []

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Runs a query on one state of the file. */
  snapshot<A>(query: () => A): A {
    return this.connection.snapshot(() => {
      this.#follow(Number.POSITIVE_INFINITY)
      return query()
    })
  }

  /** Indexes new rows, a few at a time. */
  idle(): void {
    this.connection.snapshot(() => this.#follow(1))
  }

  #follow(rounds: number): void {
    const generations = this.connection.all<[number]>("select id from generation where sealed = 0 order by id")
    this.#hot = generations.map(([id]) => this.#hot.find(({ generation }) => generation === id) ?? new Hot(id))
    for (const hot of this.#hot) for (let round = 0; round < rounds && hot.follow(this.connection); round++);
  }

  /** The append tables, the oldest first. */
  get hot(): ReadonlyArray<Hot> {
    return this.#hot
  }

  fact(name: string): number | undefined {
    return this.connection.fact(name)
  }

  /** The end of the last complete period. */
  get sealedTo(): number {
    return this.fact("sealed_to") ?? before
  }

  /** The time before which readings were dropped. */
  get rawFrom(): number {
    return this.fact("raw_from") ?? before
  }

  /**
   * The rows of a series in the append tables, one for each time, in order of time; at most `limit`. Those that came
   * too late do not count.
   */
  hotRows(series: number, from: number, to: number, limit = Number.POSITIVE_INFINITY, newestFirst = false): Array<Row> {
    const begin = Math.max(from, this.rawFrom)
    const found = this.#hot.flatMap((hot) => hot.rows(this.connection, series, begin, to, limit, newestFirst))
    const rows = settled(found)
    return rows.length <= limit ? rows : newestFirst ? rows.slice(-limit) : rows.slice(0, limit)
  }

  /**
   * The periods that may have readings of a series in a stretch of time, the oldest first. `late`: readings without a
   * period yet.
   */
  periods(series: number, from: number, to: number, late: ReadonlyArray<Row>): Array<Period> {
    return this.connection
      .all<[number, number | null, number, number]>(
        `select id, from_time, to_time, exists(select 1 from presence where series = ? and period = id) from period
         where to_time > ? and (from_time is null or from_time < ?) order by to_time`,
        series,
        inRange(from),
        inRange(to)
      )
      .map(([id, from, to, has]) => ({ id, from: from ?? before, to, has }))
      .filter(({ from, has, to }) => has === 1 || late.some(({ time }) => time >= from && time < to))
  }

  /**
   * The rows of a series in a period, in order of time, a few at a time. With `late`, it includes those that arrived
   * after sealing.
   */
  *readings(period: Period, series: number, from: number, to: number, late: ReadonlyArray<Row>): Generator<Row> {
    const after = late.filter(({ time }) => time >= period.from && time < period.to)
    if (after.length > 0) {
      yield* this.withLate(period, series, from, to, after)
      return
    }
    for (let begin = inRange(from); ; ) {
      const rows = this.stored(period, series, begin, to, chunk, false)
      for (const row of rows) yield rowOf(row)
      if (rows.length < chunk) return
      begin = rows.at(-1)![0] + 1
    }
  }

  /** The rows of a series in the table of a period. */
  stored(
    { id }: Pick<Period, "id">,
    series: number,
    from: number,
    to: number,
    limit: number,
    newestFirst: boolean
  ): ReadonlyArray<Stored> {
    return this.connection.all<Stored>(
      `select ${columns} from reading_${id} where series = ? and time >= ? and time < ?
       order by time ${newestFirst ? "desc" : ""} limit ?`,
      series,
      inRange(from),
      inRange(to),
      limit
    )
  }

  /** The rows of a period and the late ones, in order of time. */
  withLate(period: Period, series: number, from: number, to: number, late: ReadonlyArray<Row>): Array<Row> {
    const rows = new Map<number, Row>()
    for (const stored of this.stored(period, series, from, to, Number.MAX_SAFE_INTEGER, false))
      rows.set(stored[0], rowOf(stored))
    for (const row of late) rows.set(row.time, standing(rows.get(row.time), row))
    return [...rows.values()].sort((one, other) => one.time - other.time)
  }
}
