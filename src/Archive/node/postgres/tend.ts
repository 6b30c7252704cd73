/** Does due maintenance: future partitions, minutes, and old data. */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { StoreFailed } from "../../errors.ts"
import type { Kept } from "../../model/Keep.ts"
import { minute } from "../../model/Summary.ts"
import type { RetentionState } from "../../Store.ts"
import { oid } from "./driver.ts"
import { codeOf as failureCode } from "./failure.ts"
import type { Partitions } from "./Partitions.ts"
import { codeOf, summed } from "./rows.ts"
import { day, numberOf, partitionOf, plain, sizeOfTables } from "./schema.ts"
import type { Tables } from "./Tables.ts"

/**
 * The grace for late readings before their minute is summarized. Not measured: the minutes of later ones are summarized
 * again.
 */
const grace = 10_000_000
/** The time that one statement summarizes: an hour. Not measured: it bounds the length of a transaction. */
const summedAtOnce = 60 * minute
/** The minutes that are summarized again at once. Not measured: it bounds the length of a transaction. */
const dirtyAtOnce = 5000
/**
 * The longest wait of a drop for queries that read the partition: meanwhile writers wait behind it. Not measured:
 * memory holds as much easily; the next round retries.
 */
const dropWaits = "2s"
/** A code: the lock of summarizing. */
const summing = 1_799_181_129
/** A code: PostgreSQL's for a lock timeout. */
const lockNotHad = "55P03"

/** Returns the function for due maintenance. */
export const tendingOf = (
  { array, facts, isFleet, run }: Tables,
  partitions: Partitions,
  sql: SqlClient,
  /** Waits until the running append is done. */
  appended: Effect.Effect<void, StoreFailed>
) => {
  return (now: number, keep: Kept, retention: RetentionState | undefined) =>
    Effect.gen(function* () {
      // readings are for days around today; a day ahead has a partition already
      yield* partitions.make(run, "reading", now - day, now + 2 * day)
      yield* partitions.make(run, "minute", now, now + day)
      yield* sumUp(now)
      yield* sumUpAgain()
      yield* drop(now, retention?.time ?? now, keep)
      yield* facts.set(run, "alive", now)
      if (retention === undefined) return
      yield* facts.set(run, "retention", retention.time)
      yield* facts.set(run, "held", retention.held)
    })

  /**
   * Runs statements in a transaction. In a fleet, the former holder of the task may still be at work: its statement, with an
   * older snapshot, must not overwrite later minutes. A runner that is frozen meanwhile loses its transaction.
   */
  function alone<A>(statements: Effect.Effect<A, SqlError>) {
    const first = run(
      `select set_config('idle_in_transaction_session_timeout', '10s', true), pg_advisory_xact_lock(${summing})`
    )
    return sql.withTransaction(isFleet ? Effect.andThen(first, statements) : statements)
  }

  /** Summarizes the minutes that are over. */
  function sumUp(now: number) {
    return Effect.gen(function* () {
      const [first] = yield* run<{ time: number | null }>("select min(time)::float8 as time from katcp.reading")
      const begin = Number.isFinite(facts.minutesTo) ? facts.minutesTo : first!.time
      if (begin === null) return
      const end = Math.floor((now - grace) / minute) * minute
      let from = Math.floor(begin / minute) * minute
      while (from < end) {
        const to = Math.min(end, from + summedAtOnce)
        // skip stretches without readings
        const [next] = yield* run<{ time: number | null }>(
          "select min(time)::float8 as time from katcp.reading where time >= $1::float8 and time < $2::float8",
          [from, end]
        )
        if (next!.time === null) {
          yield* facts.set(run, "minutes_to", end)
          return
        }
        if (next!.time >= to) {
          from = Math.floor(next!.time / minute) * minute
          continue
        }
        yield* partitions.make(run, "minute", from, to)
        // readings that are appended from here on are late for these minutes, which are summarized again
        facts.summingTo = to
        if (isFleet) facts.note("summing_to", yield* facts.raise(run, "summing_to", to))
        yield* appended
        const done = yield* alone(
          Effect.andThen(
            run(`${insertMinutes(summed(minuteOfTime, "time >= $1::float8::int8 and time < $2::float8::int8"))}`, [
              from,
              to
            ]),
            facts.raise(run, "minutes_to", to)
          )
        )
        facts.note("minutes_to", done)
        from = to
      }
    })
  }

  /** Summarizes the minutes of late readings again. */
  function sumUpAgain() {
    return Effect.gen(function* () {
      for (;;) {
        const [more] = yield* run<{ from: number | null; to: number | null; n: number }>(
          `select min(time)::float8 as from, max(time)::float8 as to, count(*)::int4 as n
           from (select time from katcp.dirty limit ${dirtyAtOnce}) few`
        )
        if (more!.from === null || more!.to === null) return
        yield* partitions.make(run, "minute", more!.from, more!.to)
        yield* alone(
          Effect.gen(function* () {
            const taken = yield* run<{ series: number; time: number }>(
              `delete from katcp.dirty where (series, time) in
                 (select series, time from katcp.dirty order by series, time limit ${dirtyAtOnce} for update)
               returning series, time::float8 as time`
            )
            yield* run(
              insertMinutes(
                summed(
                  minuteOfTime,
                  "(series, time - mod(time, 60000000)) in (select * from unnest($1::int4[], $2::float8[]::int8[]))"
                )
              ),
              [
                array(
                  taken.map(({ series }) => series),
                  oid.int4
                ),
                array(
                  taken.map(({ time }) => time),
                  oid.float8
                )
              ]
            )
          })
        )
        if (more!.n < dirtyAtOnce) return
      }
    })
  }

  function drop(now: number, time: number, keep: Kept) {
    return Effect.gen(function* () {
      // other runners create partitions, too
      if (isFleet) yield* partitions.load(run)
      const [used] = yield* run<{ bytes: number }>(sizeOfTables)
      let bytes = used!.bytes
      for (const table of ["reading", "minute"] as const) {
        const limit = time - (table === "reading" ? keep.raw : keep.minute)
        const names = partitions.names
          .filter((name) => name.startsWith(`${table}_`))
          .sort((one, other) => numberOf(one) - numberOf(other))
        for (const name of names) {
          const end = partitionOf(table, 0).to * (numberOf(name) + 1)
          // keep current readings, and those that are not summarized
          const over = end <= limit || bytes > keep.bytes
          if (!over || end > now || (table === "reading" && end > facts.minutesTo)) break
          if (
            table === "reading" &&
            Number((yield* run<{ n: number }>("select count(*)::int4 as n from katcp.dirty"))[0]!.n) > 0
          )
            break
          const [own] = yield* run<{ bytes: number }>(`select pg_total_relation_size('katcp.${name}')::float8 as bytes`)
          const dropped = yield* dropOne(table, name, end).pipe(
            Effect.as(true),
            Effect.catchIf(
              (error) => failureCode(error) === lockNotHad,
              () => Effect.succeed(false)
            )
          )
          if (!dropped) break
          partitions.forget(name)
          bytes -= own!.bytes
        }
      }
    })
  }

  function dropOne(table: "reading" | "minute", name: string, end: number) {
    const fact = table === "reading" ? "raw_from" : "minute_from"
    const others = plain.split(", ").slice(1)
    return sql
      .withTransaction(
        Effect.gen(function* () {
          if (table === "reading")
            yield* run(
              `insert into katcp.carried(${plain}) select distinct on (series) ${plain} from katcp.${name} order by series, time desc
             on conflict(series) do update set ${others.map((column) => `${column} = excluded.${column}`).join(", ")}`
            )
          else yield* run("delete from katcp.gap where to_time < $1::float8", [end])
          yield* run(`set local lock_timeout = '${dropWaits}'`)
          yield* run(`drop table katcp.${name}`)
          yield* facts.write(run, fact, end)
        })
      )
      .pipe(Effect.andThen(Effect.sync(() => facts.note(fact, end))))
  }
}

/** The minute of a reading. */
const minuteOfTime = `time - mod(time, ${minute})`

/** Inserts the summaries of a query, keyed by minute, into the table of minutes. */
const insertMinutes = (query: string): string => `insert into katcp.minute(series, time, count, valid, min, max, mean,
    first, first_text, first_bytes, last, last_text, last_bytes, worst)
  select series, at, count, valid, min, max, mean, first, first_text, first_bytes, last, last_text, last_bytes, ${codeOf("worst")}
  from (${query}) summed
  on conflict(series, time) do update set count = excluded.count, valid = excluded.valid, min = excluded.min, max = excluded.max,
    mean = excluded.mean, first = excluded.first, first_text = excluded.first_text, first_bytes = excluded.first_bytes,
    last = excluded.last, last_text = excluded.last_text, last_bytes = excluded.last_bytes, worst = excluded.worst`
