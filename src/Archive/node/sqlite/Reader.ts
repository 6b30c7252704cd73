import { existsSync } from "node:fs"
import type { Gap } from "../../model/Gap.ts"
import { type Row, settled, standing } from "../../model/Row.ts"
import type { Series } from "../../model/Series.ts"
import { codeAt, joined, minute, type Summary, summarize } from "../../model/Summary.ts"
import type { Text } from "../../model/Value.ts"
import type { RowsQuery, SeriesRow, StoreState, SummariesQuery } from "../../Store.ts"
import { Connection } from "./connection.ts"
import { Hot } from "./Hot.ts"
import { bytesOf } from "./Sealer.ts"
import { check } from "./schema.ts"

interface Period {
  readonly id: number
  readonly from: number
  readonly to: number
}

type Stored = [time: number, lag: number, status: number, value: number | null, text: Text | null, replaced: number]

const columns = "time, lag, status, value, text, replaced"
const rowOf = ([time, lag, status, value, text, replaced]: Stored): Row => ({
  time,
  lag,
  status,
  value,
  text,
  replaced
})

const before = Number.NEGATIVE_INFINITY
/** Gaps of an answer. Not measured: a bound for memory. */
const maxGaps = 100_000

/** The connection of queries. Each query sees one state of the file. */
export class Reader {
  readonly #connection: Connection
  #hot: ReadonlyArray<Hot> = []

  constructor(path: string) {
    if (!existsSync(path)) throw new Error("there is no such file")
    this.#connection = new Connection(path, { readOnly: true })
    check(this.#connection.db)
  }

  series(_: undefined): ReadonlyArray<Series> {
    return this.#connection
      .all<[number, string, string, string, string, string, string, number]>(
        "select id, device, sensor, type, units, description, parameters, since from series order by id"
      )
      .map(([id, device, sensor, type, units, description, parameters, since]) => ({
        id,
        device,
        sensor,
        type,
        units,
        description,
        parameters: JSON.parse(parameters) as ReadonlyArray<string>,
        since
      }))
  }

  gaps({ from, to }: { readonly from: number; readonly to: number }): ReadonlyArray<Gap> {
    return this.#connection
      .all<[string, string, number, number | null, Gap["reason"], number]>(
        `select device, sensor, from_time, to_time, reason, lost from gap
         where from_time < ? and (to_time is null or to_time > ?) order by from_time, device, sensor limit ${maxGaps}`,
        to,
        from
      )
      .map(([device, sensor, from, to, reason, lost]) => ({ device, sensor, from, to, reason, lost }))
  }

  rows(query: RowsQuery): ReadonlyArray<Row> {
    return this.#snapshot(() => this.#rows(query))
  }

  #rows({ from, limit, newestFirst, series, to }: RowsQuery): ReadonlyArray<Row> {
    const hot = this.#hotRows(series, from, to)
    const periods = this.#periods(series, from, to, hot)
    if (newestFirst) periods.reverse()
    const found: Array<Row> = []
    const sealedTo = this.#sealedTo()
    const live = hot.filter(({ time }) => time >= sealedTo)
    if (newestFirst) found.push(...live.reverse())
    for (const period of periods) {
      if (found.length >= limit) break
      const late = hot.filter(({ time }) => time < sealedTo && time >= period.from && time < period.to)
      const stored = this.#connection
        .all<Stored>(
          `select ${columns} from reading_${period.id} where series = ? and time >= ? and time < ?
           order by time ${newestFirst ? "desc" : ""} limit ?`,
          series,
          Math.max(from, -9e18),
          Math.min(to, 9e18),
          limit - found.length
        )
        .map(rowOf)
      found.push(...(late.length === 0 ? stored : this.#withLate(period, series, from, to, late, newestFirst)))
    }
    if (!newestFirst) found.push(...live)
    return found.length > limit ? found.slice(0, limit) : found
  }

  /** The rows of a period with those that came after it was sealed. */
  #withLate(
    period: Period,
    series: number,
    from: number,
    to: number,
    late: ReadonlyArray<Row>,
    newestFirst: boolean
  ): Array<Row> {
    const rows = new Map<number, Row>()
    for (const stored of this.#connection.all<Stored>(
      `select ${columns} from reading_${period.id} where series = ? and time >= ? and time < ?`,
      series,
      Math.max(from, -9e18),
      Math.min(to, 9e18)
    ))
      rows.set(stored[0], rowOf(stored))
    for (const row of late) rows.set(row.time, standing(rows.get(row.time), row))
    return [...rows.values()].sort((one, other) => (newestFirst ? other.time - one.time : one.time - other.time))
  }

  summaries(query: SummariesQuery): ReadonlyArray<Summary> {
    return this.#snapshot(() => this.#summaries(query))
  }

  #summaries({ from, numeric, series, to, width }: SummariesQuery): ReadonlyArray<Summary> {
    const sealedTo = this.#sealedTo()
    const hot = this.#hotRows(series, from, to)
    const late = hot.filter(({ time }) => time < sealedTo)
    const parts: Array<Summary> = []
    const whole = width % minute === 0 && from % minute === 0
    if (whole) parts.push(...this.#minutes(series, numeric, from, Math.min(to, sealedTo), width, late))
    else
      for (const period of this.#periods(series, from, to, hot)) {
        const extra = late.filter(({ time }) => time >= period.from && time < period.to)
        if (extra.length > 0 || !numeric)
          parts.push(...summarize(this.#withLate(period, series, from, to, extra, false), from, width))
        else parts.push(...this.#summed(`reading_${period.id}`, series, from, to, width))
      }
    parts.push(...summarize(hot.slice(late.length), from, width))
    return joined(parts, from, width)
  }

  /** Summaries out of the readings of one period: valid ones are found as `isValid` does it. */
  #summed(table: string, series: number, from: number, to: number, width: number): ReadonlyArray<Summary> {
    const valid = "status between 1 and 3 and (value is not null or text is not null)"
    return this.#connection
      .all<
        [
          number,
          number,
          number,
          number | null,
          number | null,
          number | null,
          number | null,
          Text | null,
          number | null,
          Text | null,
          number
        ]
      >(
        `with bucket as (
           select (time - ?1) / ?2 at, count(*) n, sum(${valid}) valid,
             min(iif(${valid}, value, null)) low, max(iif(${valid}, value, null)) high, avg(iif(${valid}, value, null)) mean,
             min(iif(${valid}, time, null)) begun, max(iif(${valid}, time, null)) ended,
             max(case status when 6 then 0 when 1 then 1 when 0 then 2 when 2 then 3 when 3 then 4 when 5 then 5 else 6 end) worst
           from ${table} where series = ?3 and time >= ?4 and time < ?5 group by 1)
         select at, n, bucket.valid, low, high, mean, one.value, one.text, other.value, other.text, worst from bucket
           left join ${table} one on one.series = ?3 and one.time = begun
           left join ${table} other on other.series = ?3 and other.time = ended
         order by at`,
        BigInt(from),
        BigInt(width),
        series,
        from,
        to
      )
      .map(([at, count, valid, min, max, mean, first, firstText, last, lastText, worst]) => ({
        time: from + at * width,
        count,
        valid,
        min,
        max,
        mean,
        first: firstText ?? first,
        last: lastText ?? last,
        worst: codeAt[worst]!
      }))
  }

  /** Summaries out of those of minutes. Minutes of which readings came after they were summed up are summed up here. */
  #minutes(
    series: number,
    numeric: boolean,
    from: number,
    to: number,
    width: number,
    late: ReadonlyArray<Row>
  ): ReadonlyArray<Summary> {
    const stale = new Set(late.map(({ time }) => Math.floor(time / minute) * minute))
    const found: Array<Summary> = []
    for (const [span] of this.#spans(from, to)) {
      const table = `minute_${span}`
      found.push(
        ...(numeric && stale.size === 0
          ? this.#summedMinutes(table, series, from, to, width)
          : this.#readMinutes(table, series, from, to).filter(({ time }) => !stale.has(time)))
      )
    }
    if (stale.size === 0) return found
    for (const time of stale) {
      const rows = this.#rows({
        series,
        from: time,
        to: time + minute,
        limit: Number.MAX_SAFE_INTEGER,
        newestFirst: false
      })
      found.push(...summarize(rows, time, minute))
    }
    return found.sort((one, other) => one.time - other.time)
  }

  #readMinutes(table: string, series: number, from: number, to: number): ReadonlyArray<Summary> {
    return this.#connection
      .all<
        [
          number,
          number,
          number,
          number | null,
          number | null,
          number | null,
          number | Text | null,
          number | Text | null,
          number
        ]
      >(
        `select time, count, valid, min, max, mean, first, last, worst from ${table} where series = ? and time >= ? and time < ? order by time`,
        series,
        from,
        to
      )
      .map(([time, count, valid, min, max, mean, first, last, worst]) => ({
        time,
        count,
        valid,
        min,
        max,
        mean,
        first,
        last,
        worst
      }))
  }

  #summedMinutes(table: string, series: number, from: number, to: number, width: number): ReadonlyArray<Summary> {
    if (width === minute) return this.#readMinutes(table, series, from, to)
    return this.#connection
      .all<
        [
          number,
          number,
          number,
          number | null,
          number | null,
          number | null,
          number | Text | null,
          number | Text | null,
          number
        ]
      >(
        `with bucket as (
           select (time - ?1) / ?2 at, sum(count) n, sum(valid) valid, min(min) low, max(max) high,
             iif(sum(min is not null and mean is null) > 0, null, sum(mean * valid) / sum(valid)) mean,
             min(iif(valid > 0, time, null)) begun, max(iif(valid > 0, time, null)) ended,
             max(case worst when 6 then 0 when 1 then 1 when 0 then 2 when 2 then 3 when 3 then 4 when 5 then 5 else 6 end) worst
           from ${table} where series = ?3 and time >= ?4 and time < ?5 group by 1)
         select at, n, bucket.valid, low, high, bucket.mean, one.first, other.last, bucket.worst from bucket
           left join ${table} one on one.series = ?3 and one.time = begun
           left join ${table} other on other.series = ?3 and other.time = ended
         order by at`,
        BigInt(from),
        BigInt(width),
        series,
        from,
        to
      )
      .map(([at, count, valid, min, max, mean, first, last, worst]) => ({
        time: from + at * width,
        count,
        valid,
        min,
        max,
        mean,
        first,
        last,
        worst: codeAt[worst]!
      }))
  }

  latest({
    series,
    time
  }: {
    readonly series: ReadonlyArray<number>
    readonly time: number
  }): ReadonlyArray<SeriesRow> {
    return this.#snapshot(() => {
      const found: Array<SeriesRow> = []
      const newest = this.#connection.get<[number]>(
        "select id from period where from_time is null or from_time <= ? order by to_time desc limit 1",
        time
      )?.[0]
      const rawFrom = this.#rawFrom()
      for (const one of series) {
        let row = newest === undefined ? undefined : this.#latestSealed(one, time, newest)
        if (row === undefined && rawFrom !== before) row = this.#carried(one, time)
        for (const hot of this.#hot) {
          const at = hot.latest(one, time)
          if (at === undefined || at < rawFrom || (row !== undefined && at < row.time)) continue
          for (const candidate of settled(hot.rows(this.#connection, one, at, at + 1)))
            row = row === undefined || row.time < candidate.time ? candidate : standing(row, candidate)
        }
        if (row !== undefined) found.push({ series: one, row })
      }
      return found
    })
  }

  #latestSealed(series: number, time: number, newest: number): Row | undefined {
    let period: number | undefined = newest + 1
    for (;;) {
      period = this.#connection.get<[number]>(
        "select period from presence where series = ? and period < ? order by period desc limit 1",
        series,
        period
      )?.[0]
      if (period === undefined) return undefined
      const row = this.#connection.get<Stored>(
        `select ${columns} from reading_${period} where series = ? and time <= ? order by time desc limit 1`,
        series,
        time
      )
      if (row !== undefined) return rowOf(row)
    }
  }

  #carried(series: number, time: number): Row | undefined {
    const row = this.#connection.get<Stored>(
      `select ${columns} from carried where series = ? and time <= ?`,
      series,
      time
    )
    return row === undefined ? undefined : rowOf(row)
  }

  state(_: undefined): Omit<StoreState, "address" | "kind"> {
    return this.#snapshot(() => {
      const sealed = this.#connection.get<[number | null]>("select sum(rows) from period")![0] ?? 0
      const hot = this.#hot.reduce((sum, { length }) => sum + length, 0)
      const last = this.#hot.at(-1)
      const received =
        last === undefined || last.length === 0
          ? this.#fact("sealed_to")
          : this.#connection.get<[number]>(
              `select iif(lag between -60000000 and 86400000000, time + lag, time) from hot_${last.generation} order by rowid desc limit 1`
            )?.[0]
      return {
        version: Number(this.#connection.get<[number]>("pragma user_version")![0]),
        bytes: bytesOf(this.#connection),
        rows: sealed + hot,
        rawFrom: this.#rawFrom(),
        minuteFrom: this.#fact("minute_from") ?? before,
        lastReceived: received,
        alive: this.#fact("alive"),
        expired: this.#fact("expired") ?? 0
      }
    })
  }

  /** Looks at what was appended meanwhile, a little at a time. */
  idle(): void {
    this.#connection.snapshot(() => this.#follow(1))
  }

  #snapshot<A>(body: () => A): A {
    return this.#connection.snapshot(() => {
      this.#follow(Number.POSITIVE_INFINITY)
      return body()
    })
  }

  #follow(rounds: number): void {
    const generations = this.#connection.all<[number]>("select id from generation where sealed = 0 order by id")
    this.#hot = generations.map(([id]) => this.#hot.find(({ generation }) => generation === id) ?? new Hot(id))
    for (const hot of this.#hot) for (let round = 0; round < rounds && hot.follow(this.#connection); round++);
  }

  /** The rows of a series in the append tables, one for each time. Those that came too late to be kept do not count. */
  #hotRows(series: number, from: number, to: number): Array<Row> {
    const begin = Math.max(from, this.#rawFrom())
    return settled(this.#hot.flatMap((hot) => hot.rows(this.#connection, series, begin, to)))
  }

  #fact(name: string): number | undefined {
    return this.#connection.get<[number]>("select value from fact where name = ?", name)?.[0]
  }

  #sealedTo(): number {
    return this.#fact("sealed_to") ?? before
  }

  #rawFrom(): number {
    return this.#fact("raw_from") ?? before
  }

  /** The periods that may hold readings of a series in a stretch of time, the oldest first. */
  #periods(series: number, from: number, to: number, hot: ReadonlyArray<Row>): Array<Period> {
    return this.#connection
      .all<[number, number | null, number]>(
        "select id, from_time, to_time from period where to_time > ? and (from_time is null or from_time < ?) order by to_time",
        Math.max(from, -9e18),
        Math.min(to, 9e18)
      )
      .map(([id, from, to]) => ({ id, from: from ?? before, to }))
      .filter(
        ({ from, id, to }) =>
          this.#connection.get("select 1 from presence where series = ? and period = ?", series, id) !== undefined ||
          hot.some(({ time }) => time >= from && time < to)
      )
  }

  #spans(from: number, to: number): ReadonlyArray<[number]> {
    const spans = this.#connection.all<[number, number | null]>("select id, from_time from span order by id")
    return spans
      .filter(([, begun], at) => (begun ?? before) < to && (spans[at + 1]?.[1] ?? Number.POSITIVE_INFINITY) > from)
      .map(([id]) => [id])
  }

  close(): void {
    this.#connection.close()
  }
}
