/** Appends readings to the tables. */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Batch } from "../../model/Batch.ts"
import { minute } from "../../model/Summary.ts"
import { oid } from "./driver.ts"
import { codeOf } from "./failure.ts"
import type { Partitions } from "./Partitions.ts"
import { columnsOf } from "./rows.ts"
import { runOf, type Tables } from "./Tables.ts"

/** A code: PostgreSQL's for a statement that took longer than `statement_timeout`. */
const tookTooLong = "57014"
/** A code: PostgreSQL's for a row without a partition, which somebody has moved. */
const noPartition = "23514"

/** A code: the lock that runners of a fleet share while they append. */
const appending = 1_799_181_127

/** Waits until the running appends of all runners are done. Later ones see all earlier writes. */
export const appendedByAll = (sql: SqlClient): Effect.Effect<unknown, SqlError> =>
  sql.withTransaction(runOf(sql)(`select pg_advisory_xact_lock(${appending})`))

/**
 * Appends a batch to the tables, and counts readings older than the dropped ones. In a fleet, the same statement
 * refuses readings with an older epoch than that of their device, and they are logged.
 */
export const append = (
  tables: Tables,
  partitions: Partitions,
  sql: SqlClient,
  batch: Batch
): Effect.Effect<void, SqlError> => {
  const { array, facts, isFleet } = tables
  const run = runOf(sql)
  const insert = (part: Batch): Effect.Effect<void, SqlError> =>
    Effect.gen(function* () {
      const { from, left, to, ...columns } = columnsOf(part, facts.rawFrom)
      if (left > 0) yield* facts.set(run, "expired", (facts.get("expired") ?? 0) + left)
      if (columns.series.length === 0) return
      yield* partitions.make(run, "reading", from, to)
      const parameters = [
        array(columns.series, oid.int4),
        array(columns.time, oid.float8),
        array(columns.lag, oid.float8),
        array(columns.status, oid.int2),
        array(columns.value, oid.float8),
        array(columns.replaced, oid.int4)
      ]
      if (columns.text !== undefined) parameters.push(array(columns.text, oid.text), array(columns.bytes!, oid.bytea))
      const inserting = isFleet
        ? Effect.flatMap(
            run<{ refused: number }>(fencedInsert(columns.text !== undefined, part.epoch), parameters),
            ([row]) => (row!.refused > 0 ? warnOf(row!.refused, part.epoch) : Effect.void)
          )
        : run(insertOf(columns.text !== undefined, part.epoch), parameters)
      const { lateBefore } = facts
      if (from >= lateBefore) {
        yield* inserting
        return
      }
      // late readings: their minutes are summarized again. The update locks a row that is there already: who takes it waits
      // for these readings, and sums them up
      yield* sql.withTransaction(
        Effect.andThen(
          inserting,
          run(
            `insert into katcp.dirty select distinct series, (floor(time / ${minute}) * ${minute})::int8
             from unnest($1::int4[], $2::float8[]) as given(series, time) where time < $3::float8 order by 1, 2
             on conflict(series, time) do update set time = excluded.time`,
            [...parameters.slice(0, 2), lateBefore]
          )
        )
      )
    })
  /** In a fleet another runner may summarize minutes, or drop them: read the facts after the lock that it waits for. */
  const whole = (part: Batch): Effect.Effect<void, SqlError> =>
    isFleet
      ? sql.withTransaction(
          Effect.gen(function* () {
            yield* run(`select pg_advisory_xact_lock_shared(${appending})`)
            yield* facts.load(run)
            yield* insert(part)
          })
        )
      : insert(part)
  return whole(batch).pipe(
    Effect.catchIf(
      (error) => codeOf(error) === noPartition,
      () => Effect.andThen(partitions.load(run), whole(batch))
    ),
    // a slow server gets less at once; repeating existing readings does no harm
    Effect.catchIf(
      (error) => codeOf(error) === tookTooLong && batch.length > 1,
      () =>
        Effect.forEach(halvesOf(batch), (half) => append(tables, partitions, sql, half), {
          discard: true
        })
    )
  )
}

const halvesOf = (batch: Batch): ReadonlyArray<Batch> => {
  const middle = batch.length >> 1
  return [partOf(batch, 0, middle), partOf(batch, middle, batch.length)]
}

const partOf = (batch: Batch, from: number, to: number): Batch => {
  const textAt: Array<number> = []
  const texts: Array<Batch["texts"][number]> = []
  batch.textAt.forEach((at, index) => {
    if (at < from || at >= to) return
    textAt.push(at - from)
    texts.push(batch.texts[index]!)
  })
  return {
    length: to - from,
    series: batch.series.slice(from, to),
    time: batch.time.slice(from, to),
    lag: batch.lag.slice(from, to),
    status: batch.status.slice(from, to),
    value: batch.value.slice(from, to),
    textAt,
    texts,
    epoch: batch.epoch
  }
}

const warnOf = (refused: number, epoch: number | null): Effect.Effect<void> =>
  Effect.logWarning(
    `archive: ${refused} readings were refused: another runner holds their device, and its epoch is later than ${epoch}`
  )

/**
 * An insert in a fleet, without the readings of devices that have a newer epoch. Returns their number. Two kinds of last
 * readings are kept: those of a device that was removed, which has no other holder, and those of the last runner that has
 * given the device up in order.
 */
const fencedInsert = (texts: boolean, epoch: number | null): string => `with fenced as (
    select series.id from katcp.series as series join katcp_fleet.device as device on device.name = series.device
    where device.wished and device.epoch > ${epoch ?? 0} and device.released is distinct from ${epoch ?? 0} and series.id in (select unnest($1::int4[]))
  ), inserted as (${insertOf(texts, epoch, "where series not in (select id from fenced)")})
  select count(*)::int4 as refused from unnest($1::int4[]) as given(series) where series in (select id from fenced)`

/** The rule of `model/Row.ts`, in SQL: earlier readings are ignored, equal ones are merged. */
const insertOf = (texts: boolean, epoch: number | null, where = ""): string => {
  const came = (row: string) => `case when ${row}.lag between -60000000 and 86400000000 then ${row}.lag else 0 end`
  return `insert into katcp.reading as stands(series, time, lag, status, value, replaced${texts ? ", text, bytes" : ""}, epoch)
    select series, time::int8, lag::int8, status, value, replaced${texts ? ", text, bytes" : ""}, ${epoch ?? "null"}::int8
    from unnest($1::int4[], $2::float8[], $3::float8[], $4::int2[], $5::float8[], $6::int4[]${texts ? ", $7::text[], $8::bytea[]" : ""})
      as given(series, time, lag, status, value, replaced${texts ? ", text, bytes" : ""})
    ${where}
    on conflict(series, time) do update set lag = excluded.lag, status = excluded.status, value = excluded.value,
      text = excluded.text, bytes = excluded.bytes, epoch = excluded.epoch, replaced = stands.replaced + excluded.replaced + 1
    where ${came("excluded")} >= ${came("stands")} and (excluded.status, excluded.value, excluded.text, excluded.bytes)
      is distinct from (stands.status, stands.value, stands.text, stands.bytes)`
}
