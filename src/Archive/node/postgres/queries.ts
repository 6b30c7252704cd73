/** The queries of a store in PostgreSQL, as statements. */
import * as Effect from "effect/Effect"
import { joined, minute, type Summary } from "../../model/Summary.ts"
import type { Store } from "../../Store.ts"
import { oid } from "./driver.ts"
import { rowOf, type Stored, type StoredSummary, stored, summaryOf, summed, summedMinutes } from "./rows.ts"
import { plain, sizeOfTables, version } from "./schema.ts"
import { before, type Tables } from "./Tables.ts"

/** Limits times to the range of `int8`. */
const inRange = (time: number): number => Math.max(-9e18, Math.min(9e18, time))

/** The queries of a store. */
export const queriesOf = ({ array, facts, run }: Tables, address: string) => {
  return { rows, latest, summaries, state }

  function rows({ from, limit, newestFirst, series, to }: Parameters<Store["Service"]["rows"]>[0]) {
    return Effect.map(
      run<Stored>(
        `select ${stored} from katcp.reading where series = $1 and time >= $2::float8::int8 and time < $3::float8::int8
         order by time ${newestFirst ? "desc" : ""} limit $4::float8::int8`,
        [series, inRange(from), inRange(to), Math.min(limit, 1e9)]
      ),
      (found) => found.map(rowOf)
    )
  }

  function latest(series: ReadonlyArray<number>, time: number) {
    return Effect.map(
      run<Stored>(
        `select id as series, time::float8 as time, lag::float8 as lag, status, value, text, bytes, replaced
         from unnest($1::int4[]) as wanted(id) cross join lateral (
           select time, lag, status, value, text, bytes, replaced from (
             (select ${plain} from katcp.reading where reading.series = id and time <= $2::float8::int8 order by time desc limit 1)
             union all
             (select ${plain} from katcp.carried where carried.series = id and time <= $2::float8::int8)
           ) found order by time desc limit 1) newest`,
        [array(series, oid.int4), inRange(time)]
      ),
      (found) => found.map((row) => ({ series: row.series, row: rowOf(row) }))
    )
  }

  function summaries({ from, series, to, width }: Parameters<Store["Service"]["summaries"]>[0]) {
    return Effect.gen(function* () {
      const parts: Array<Summary> = []
      const whole = width % minute === 0 && from % minute === 0
      const edge = whole ? Math.min(to, Math.max(from, facts.minutesTo)) : from
      if (edge > from) {
        const dirty = yield* run<{ time: number }>(
          "select time::float8 as time from katcp.dirty where series = $1 and time >= $2::float8 and time < $3::float8 order by time",
          [series, from, edge]
        )
        const key = `((time - ${from}) / ${dirty.length === 0 ? width : minute})::int4`
        const found = yield* run<StoredSummary & { readonly at: number }>(
          `${summedMinutes(key, "series = $1 and time >= $2::float8::int8 and time < $3::float8::int8")} order by at`,
          [series, from, edge]
        )
        const step = dirty.length === 0 ? width : minute
        const stale = new Set(dirty.map(({ time }) => time))
        parts.push(
          ...found
            .map((row) => summaryOf({ ...row, time: from + row.at * step }))
            .filter(({ time }) => !stale.has(time))
        )
        for (const time of stale) parts.push(...(yield* ofReadings(series, time, time + minute, minute)))
        if (stale.size > 0) parts.sort((one, other) => one.time - other.time)
      }
      if (edge < to) parts.push(...(yield* ofReadings(series, edge, to, width, from)))
      return joined(parts, from, width)
    })
  }

  /** Summaries from readings. */
  function ofReadings(series: number, from: number, to: number, width: number, origin = from) {
    return Effect.map(
      run<StoredSummary & { readonly at: number }>(
        `${summed(`((time - ${origin}) / ${width})::int4`, "series = $1 and time >= $2::float8::int8 and time < $3::float8::int8")} order by at`,
        [series, from, to]
      ),
      (found) => found.map((row) => summaryOf({ ...row, time: origin + row.at * width }))
    )
  }

  function state() {
    return Effect.gen(function* () {
      const [used] = yield* run<{ bytes: number }>(sizeOfTables)
      const [count] = yield* run<{ rows: number }>(
        // the first is known once a partition was analyzed, the second until the server is killed
        `select coalesce(sum(greatest(reltuples, pg_stat_get_live_tuples(pg_class.oid))), 0)::float8 as rows from pg_class join pg_inherits on inhrelid = pg_class.oid
         where inhparent = 'katcp.reading'::regclass`
      )
      const [newest] = yield* run<{ received: number | null }>(
        `select case when lag between -60000000 and 86400000000 then time + lag else time end::float8 as received
         from katcp.reading order by time desc limit 1`
      )
      const time = facts.get("retention")
      return {
        kind: "postgres",
        address,
        version,
        bytes: used!.bytes,
        rows: count!.rows,
        rawFrom: facts.rawFrom,
        minuteFrom: facts.get("minute_from") ?? before,
        lastReceived: newest?.received ?? undefined,
        alive: facts.get("alive"),
        expired: facts.get("expired") ?? 0,
        retention: time === undefined ? undefined : { time, held: facts.get("held") ?? 0 }
      }
    })
  }
}
