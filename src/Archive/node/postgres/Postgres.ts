/** An archive in PostgreSQL: what `Store` asks for, as statements. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { SqlClient } from "effect/sql/SqlClient"
import { SqlError } from "effect/sql/SqlError"
import { StoreFailed } from "../../errors.ts"
import type { Gap } from "../../model/Gap.ts"
import { type Kept, keptOf } from "../../model/Keep.ts"
import type { Series } from "../../model/Series.ts"
import { joined, minute, type Summary } from "../../model/Summary.ts"
import type { Store } from "../../Store.ts"
import { type Driver, oid } from "./driver.ts"
import {
  codeOf,
  columnsOf,
  rowOf,
  type Stored,
  type StoredSummary,
  stored,
  summaryOf,
  summed,
  summedMinutes
} from "./rows.ts"
import { day, migrations, numberOf, partitionOf, version } from "./schema.ts"

const before = Number.NEGATIVE_INFINITY
/** Gaps of an answer. Not measured: it bounds an answer, which is larger than any screen. */
const maxGaps = 100_000
/** How late readings of a minute may come before it is summed up. Not measured: the minutes of later ones are summed up again. */
const grace = 10_000_000
/** The time that one statement sums up: an hour. Not measured: it bounds the length of a transaction. */
const summedAtOnce = 60 * minute
/** Minutes that are summed up anew in one go. Not measured: it bounds the length of a transaction. */
const dirtyAtOnce = 5000
/** A code: the lock under which tables are made, since two archives may begin at once. */
const lock = 1_799_181_123

/** Returns a failure of the database as one of the store. */
export const failureOf =
  (store: string) =>
  (error: unknown): StoreFailed => {
    if (error instanceof StoreFailed) return error
    const reason = error instanceof SqlError ? error.reason : undefined
    const cause = reason?.cause as { readonly code?: string; readonly message?: string } | undefined
    const detail = cause?.message ?? (error instanceof Error ? error.message : String(error))
    const code = cause?.code ?? ""
    const why =
      reason?._tag === "ConnectionError" || /^(?:08|57P)/.test(code) ? "away" : /^53100/.test(code) ? "full" : "broken"
    return new StoreFailed({
      why,
      store,
      detail: why === "away" ? `the database cannot be reached: ${detail}` : detail
    })
  }

/** Opens the store. */
export const open = Effect.fnUntraced(function* (sql: SqlClient, driver: Driver, address: string, readOnly: boolean) {
  const failed = failureOf(address)
  const run = <A extends object>(statement: string, parameters: ReadonlyArray<unknown> = []) =>
    sql.unsafe<A>(statement, parameters)
  const guarded = <A>(effect: Effect.Effect<A, unknown>): Effect.Effect<A, StoreFailed> =>
    Effect.mapError(effect, failed)
  const array = (values: ReadonlyArray<unknown>, type: number) => Result.getOrThrow(driver.array(values, type))

  const newer = (at: number) =>
    new StoreFailed({
      why: "newer",
      store: address,
      detail: `a later version of katcp made the tables (version ${at}; this one knows ${version}). Update katcp, or name another database.`
    })
  const make = sql.withTransaction(
    Effect.gen(function* () {
      yield* run(`select pg_advisory_xact_lock(${lock})`)
      yield* run("create schema if not exists katcp")
      yield* run("create table if not exists katcp.version(version int4 not null)")
      const [found] = yield* run<{ version: number }>("select version from katcp.version")
      const at = found?.version ?? 0
      if (at > version) return yield* newer(at)
      for (const step of migrations.slice(at).flat()) yield* run(step)
      if (found === undefined) yield* run("insert into katcp.version values($1)", [version])
      else if (at < version) yield* run("update katcp.version set version = $1", [version])
    })
  )
  const look = Effect.gen(function* () {
    const [there] = yield* run<{ there: boolean }>("select to_regclass('katcp.version') is not null as there")
    if (!there!.there)
      return yield* new StoreFailed({ why: "foreign", store: address, detail: "the database has no archive of katcp" })
    const [found] = yield* run<{ version: number }>("select version from katcp.version")
    if (found!.version > version) return yield* newer(found!.version)
  })
  yield* guarded(readOnly ? look : make)

  const facts = yield* guarded(run<{ name: string; value: number }>("select name, value from katcp.fact"))
  const fact = new Map(facts.map(({ name, value }) => [name, value]))
  const setFact = (name: string, value: number) =>
    Effect.tap(
      run("insert into katcp.fact values($1, $2) on conflict(name) do update set value = excluded.value", [
        name,
        value
      ]),
      () => Effect.sync(() => fact.set(name, value))
    )
  const rawFrom = () => fact.get("raw_from") ?? before
  const minutesTo = () => fact.get("minutes_to") ?? before

  /** Partitions that are there. */
  const partitions = new Set(
    (yield* guarded(
      run<{ name: string }>(
        "select relname as name from pg_class join pg_inherits on inhrelid = oid join pg_namespace n on n.oid = relnamespace where nspname = 'katcp'"
      )
    )).map(({ name }) => name)
  )
  const partition = Effect.fnUntraced(function* (table: "reading" | "minute", from: number, to: number) {
    const last = partitionOf(table, to).number
    for (let at = partitionOf(table, from); at.number <= last; at = partitionOf(table, at.to)) {
      if (partitions.has(at.name)) continue
      yield* run(
        `create table if not exists katcp.${at.name} partition of katcp.${table} for values from (${at.from}) to (${at.to})`
      )
      partitions.add(at.name)
    }
  })

  const store: Store["Service"] = {
    address,
    series: guarded(
      Effect.map(
        run<Omit<Series, "parameters"> & { readonly parameters: string }>(
          "select id, device, sensor, type, units, description, parameters, since::float8 as since from katcp.series order by id"
        ),
        (rows) => rows.map((row) => ({ ...row, parameters: JSON.parse(row.parameters) as ReadonlyArray<string> }))
      )
    ),
    define: (definitions) =>
      guarded(
        Effect.gen(function* () {
          const made: Array<Series> = []
          for (const definition of definitions) {
            const { description, device, sensor, since, type, units } = definition
            const [row] = yield* run<{ id: number }>(
              `insert into katcp.series(device, sensor, type, units, description, parameters, since)
               values($1, $2, $3, $4, $5, $6, $7::float8::int8) on conflict(device, sensor, type, units)
               do update set description = excluded.description, parameters = excluded.parameters returning id`,
              [device, sensor, type, units, description, JSON.stringify(definition.parameters), since]
            )
            made.push({ ...definition, id: row!.id })
          }
          return made
        })
      ),
    append: (batch) => guarded(append(columnsOf(batch, rawFrom()), batch.epoch)),
    putGaps: (gaps) =>
      guarded(
        sql.withTransaction(
          Effect.forEach(
            gaps,
            ({ device, from, lost, reason, sensor, to }) =>
              run(
                `insert into katcp.gap values($1, $2, $3::float8::int8, $4::float8::int8, $5, $6::float8::int8)
                 on conflict(device, sensor, from_time, reason) do update set to_time = excluded.to_time, lost = excluded.lost`,
                [device, sensor, from, to, reason, lost]
              ),
            { discard: true }
          )
        )
      ),
    gaps: (from, to) =>
      guarded(
        run<Gap>(
          `select device, sensor, from_time::float8 as from, to_time::float8 as to, reason, lost::float8 as lost from katcp.gap
           where from_time < $1::float8 and (to_time is null or to_time > $2::float8) order by from_time, device, sensor limit ${maxGaps}`,
          [to, from]
        )
      ),
    tend: (now, keep = {}) => guarded(Effect.suspend(() => tend(now, keptOf(keep)))),
    rows: (query) => guarded(rows(query)),
    summaries: (query) => guarded(summaries(query)),
    latest: (series, time) => guarded(latest(series, time)),
    state: guarded(Effect.suspend(state))
  }
  return store

  function append({ from, left, to, ...columns }: ReturnType<typeof columnsOf>, epoch: number | null) {
    return Effect.gen(function* () {
      if (left > 0) yield* setFact("expired", (fact.get("expired") ?? 0) + left)
      if (columns.series.length === 0) return
      yield* partition("reading", from, to)
      const parameters = [
        array(columns.series, oid.int4),
        array(columns.time, oid.float8),
        array(columns.lag, oid.float8),
        array(columns.status, oid.int2),
        array(columns.value, oid.float8),
        array(columns.replaced, oid.int4)
      ]
      if (columns.text !== undefined) parameters.push(array(columns.text, oid.text), array(columns.bytes!, oid.bytea))
      const insert = run(columns.text === undefined ? insertOf(false, epoch) : insertOf(true, epoch), parameters)
      if (from >= minutesTo()) {
        yield* insert
        return
      }
      // late readings: their minutes are summed up again
      yield* sql.withTransaction(
        Effect.andThen(
          insert,
          run(
            `insert into katcp.dirty select distinct series, (floor(time / ${minute}) * ${minute})::int8
             from unnest($1::int4[], $2::float8[]) as given(series, time) where time < $3::float8 on conflict do nothing`,
            [...parameters.slice(0, 2), minutesTo()]
          )
        )
      )
    })
  }

  function tend(now: number, keep: Kept) {
    return Effect.gen(function* () {
      // readings come for days around today; a day ahead there is a partition for them already
      yield* partition("reading", now - day, now + 2 * day)
      yield* sumUp(now)
      yield* sumUpAgain()
      yield* drop(now, keep)
      yield* setFact("alive", now)
    })
  }

  /** Sums up the minutes that are over. */
  function sumUp(now: number) {
    return Effect.gen(function* () {
      const [first] = yield* run<{ time: number | null }>("select min(time)::float8 as time from katcp.reading")
      const begin = Number.isFinite(minutesTo()) ? minutesTo() : first!.time
      if (begin === null) return
      const end = Math.floor((now - grace) / minute) * minute
      let from = Math.floor(begin / minute) * minute
      while (from < end) {
        const to = Math.min(end, from + summedAtOnce)
        // stretches without readings are passed over
        const [next] = yield* run<{ time: number | null }>(
          "select min(time)::float8 as time from katcp.reading where time >= $1::float8 and time < $2::float8",
          [from, end]
        )
        if (next!.time === null) {
          yield* setFact("minutes_to", end)
          return
        }
        if (next!.time >= to) {
          from = Math.floor(next!.time / minute) * minute
          continue
        }
        yield* partition("minute", from, to)
        yield* sql.withTransaction(
          Effect.andThen(
            run(`${insertMinutes(summed(minuteOfTime, "time >= $1::float8::int8 and time < $2::float8::int8"))}`, [
              from,
              to
            ]),
            setFact("minutes_to", to)
          )
        )
        from = to
      }
    })
  }

  /** Sums up the minutes of late readings again. */
  function sumUpAgain() {
    return Effect.gen(function* () {
      for (;;) {
        const [more] = yield* run<{ from: number | null; to: number | null; n: number }>(
          `select min(time)::float8 as from, max(time)::float8 as to, count(*)::int4 as n
           from (select time from katcp.dirty limit ${dirtyAtOnce}) few`
        )
        if (more!.from === null || more!.to === null) return
        yield* partition("minute", more!.from, more!.to)
        yield* sql.withTransaction(
          Effect.gen(function* () {
            const taken = yield* run<{ series: number; time: number }>(
              `delete from katcp.dirty where (series, time) in (select series, time from katcp.dirty limit ${dirtyAtOnce})
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

  function drop(now: number, keep: Kept) {
    return Effect.gen(function* () {
      const [used] = yield* run<{ bytes: number }>(size)
      let bytes = used!.bytes
      for (const table of ["reading", "minute"] as const) {
        const limit = now - (table === "reading" ? keep.raw : keep.minute)
        const names = [...partitions]
          .filter((name) => name.startsWith(`${table}_`))
          .sort((one, other) => numberOf(one) - numberOf(other))
        for (const name of names) {
          const end = partitionOf(table, 0).to * (numberOf(name) + 1)
          // what holds the readings of now, or readings that are not summed up, stays
          const over = end <= limit || bytes > keep.bytes
          if (!over || end > now || (table === "reading" && end > minutesTo())) break
          if (
            table === "reading" &&
            Number((yield* run<{ n: number }>("select count(*)::int4 as n from katcp.dirty"))[0]!.n) > 0
          )
            break
          const [own] = yield* run<{ bytes: number }>(`select pg_total_relation_size('katcp.${name}')::float8 as bytes`)
          yield* sql.withTransaction(
            Effect.gen(function* () {
              if (table === "reading")
                yield* run(
                  `insert into katcp.carried(${plain}) select distinct on (series) ${plain} from katcp.${name} order by series, time desc
                   on conflict(series) do update set ${plain
                     .split(", ")
                     .slice(1)
                     .map((column) => `${column} = excluded.${column}`)
                     .join(", ")}`
                )
              else yield* run("delete from katcp.gap where to_time < $1::float8", [end])
              yield* run(`drop table katcp.${name}`)
              yield* setFact(table === "reading" ? "raw_from" : "minute_from", end)
            })
          )
          partitions.delete(name)
          bytes -= own!.bytes
        }
      }
    })
  }

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
      const edge = whole ? Math.min(to, Math.max(from, minutesTo())) : from
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

  /** Summaries out of readings. */
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
      const [used] = yield* run<{ bytes: number }>(size)
      const [count] = yield* run<{ rows: number }>(
        `select coalesce(sum(greatest(reltuples, 0)), 0)::float8 as rows from pg_class join pg_inherits on inhrelid = pg_class.oid
         where inhparent = 'katcp.reading'::regclass`
      )
      const [newest] = yield* run<{ received: number | null }>(
        `select case when lag between -60000000 and 86400000000 then time + lag else time end::float8 as received
         from katcp.reading order by time desc limit 1`
      )
      return {
        kind: "postgres",
        address,
        version,
        bytes: used!.bytes,
        rows: count!.rows,
        rawFrom: rawFrom(),
        minuteFrom: fact.get("minute_from") ?? before,
        lastReceived: newest?.received ?? undefined,
        alive: fact.get("alive"),
        expired: fact.get("expired") ?? 0
      }
    })
  }
})

/** The columns of a reading, that of the series first. */
const plain = "series, time, lag, status, value, text, bytes, replaced, epoch"

/** Times beyond what `int8` holds are cut. */
const inRange = (time: number): number => Math.max(-9e18, Math.min(9e18, time))

/** The bytes of readings and minutes. */
const size = `select coalesce(sum(pg_total_relation_size(inhrelid)), 0)::float8 as bytes from pg_inherits
  where inhparent in ('katcp.reading'::regclass, 'katcp.minute'::regclass)`

/** The minute of a reading. */
const minuteOfTime = `time - mod(time, ${minute})`

/** The rule of `model/Row.ts`, in SQL: what came earlier is passed over, what is equal is one. */
const insertOf = (texts: boolean, epoch: number | null): string => {
  const came = (row: string) => `case when ${row}.lag between -60000000 and 86400000000 then ${row}.lag else 0 end`
  return `insert into katcp.reading as stands(series, time, lag, status, value, replaced${texts ? ", text, bytes" : ""}, epoch)
    select series, time::int8, lag::int8, status, value, replaced${texts ? ", text, bytes" : ""}, ${epoch ?? "null"}::int8
    from unnest($1::int4[], $2::float8[], $3::float8[], $4::int2[], $5::float8[], $6::int4[]${texts ? ", $7::text[], $8::bytea[]" : ""})
      as given(series, time, lag, status, value, replaced${texts ? ", text, bytes" : ""})
    on conflict(series, time) do update set lag = excluded.lag, status = excluded.status, value = excluded.value,
      text = excluded.text, bytes = excluded.bytes, epoch = excluded.epoch, replaced = stands.replaced + excluded.replaced + 1
    where ${came("excluded")} >= ${came("stands")} and (excluded.status, excluded.value, excluded.text, excluded.bytes)
      is distinct from (stands.status, stands.value, stands.text, stands.bytes)`
}

/** Puts the summaries of a query, whose key is the minute, into the table of minutes. */
const insertMinutes = (query: string): string => `insert into katcp.minute(series, time, count, valid, min, max, mean,
    first, first_text, first_bytes, last, last_text, last_bytes, worst)
  select series, at, count, valid, min, max, mean, first, first_text, first_bytes, last, last_text, last_bytes, ${codeOf("worst")}
  from (${query}) summed
  on conflict(series, time) do update set count = excluded.count, valid = excluded.valid, min = excluded.min, max = excluded.max,
    mean = excluded.mean, first = excluded.first, first_text = excluded.first_text, first_bytes = excluded.first_bytes,
    last = excluded.last, last_text = excluded.last_text, last_bytes = excluded.last_bytes, worst = excluded.worst`
