/** An archive in PostgreSQL: the `Store` as SQL statements. */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { StoreFailed } from "../../errors.ts"
import { maxGaps } from "../../model/bounds.ts"
import type { Gap } from "../../model/Gap.ts"
import { keptOf } from "../../model/Keep.ts"
import type { Definition, Series } from "../../model/Series.ts"
import type { Store } from "../../Store.ts"
import { append, appendedByAll } from "./append.ts"
import { type Driver, oid } from "./driver.ts"
import { failureOf } from "./failure.ts"
import { Partitions } from "./Partitions.ts"
import { queriesOf } from "./queries.ts"
import { migrations, version } from "./schema.ts"
import { arrayOf, Facts, type Run, runOf, type Tables } from "./Tables.ts"
import { tendingOf } from "./tend.ts"
import type { Writing } from "./Writing.ts"

/** A code: the lock for creating tables. */
const lock = 1_799_181_123
/** The longest time of a query. Not measured: a person has given up by then. */
const queryTime = "1 minute"
/** The longest time of due maintenance. Not measured: after a long outage it summarizes the minutes of hours. */
const tendTime = "10 minutes"

const newer = (address: string, at: number) =>
  new StoreFailed({
    why: "newer",
    store: address,
    detail: `a later version of katcp made the tables (version ${at}; this one knows ${version}). Update katcp, or name another database.`
  })

/** Creates the tables, or migrates those of an earlier version. */
const make = (sql: SqlClient, address: string) => {
  const run = runOf(sql)
  return sql.withTransaction(
    Effect.gen(function* () {
      yield* run(`select pg_advisory_xact_lock(${lock})`)
      yield* run("create schema if not exists katcp")
      yield* run("create table if not exists katcp.version(version int4 not null)")
      const [found] = yield* run<{ version: number }>("select version from katcp.version")
      const at = found?.version ?? 0
      if (at > version) return yield* newer(address, at)
      for (const step of migrations.slice(at).flat()) yield* run(step)
      if (found === undefined) yield* run("insert into katcp.version values($1)", [version])
      else if (at < version) yield* run("update katcp.version set version = $1", [version])
    })
  )
}

/** Checks that the tables exist. */
const look = Effect.fnUntraced(function* (run: Run, address: string) {
  const [there] = yield* run<{ there: boolean }>("select to_regclass('katcp.version') is not null as there")
  if (!there!.there)
    return yield* new StoreFailed({ why: "foreign", store: address, detail: "the database has no archive of katcp" })
  const [found] = yield* run<{ version: number }>("select version from katcp.version")
  if (found!.version > version) return yield* newer(address, found!.version)
})

/** Opens the store, read-only without `writing`. */
export const open = Effect.fnUntraced(function* (
  sql: SqlClient,
  driver: Driver,
  address: string,
  writing: Writing | undefined,
  isFleet: boolean
) {
  const failed = failureOf(address)
  const run = runOf(sql)
  const within =
    (limit: string & ("1 minute" | "10 minutes")) =>
    <A>(effect: Effect.Effect<A, unknown>): Effect.Effect<A, StoreFailed> =>
      Effect.mapError(effect, failed).pipe(
        Effect.timeoutOrElse({
          duration: limit,
          orElse: () =>
            Effect.fail(
              new StoreFailed({ why: "away", store: address, detail: `the database did not answer within ${limit}` })
            )
        })
      )
  const guarded = within(queryTime)
  yield* writing === undefined ? guarded(look(run, address)) : writing.use((sql) => make(sql, address))

  const facts = new Facts()
  const partitions = new Partitions()
  yield* guarded(Effect.andThen(facts.load(run), partitions.load(run)))
  const tables: Tables = { run, facts, array: arrayOf(driver), isFleet }
  const { latest, rows, state, summaries } = queriesOf(tables, address)
  /** Reads state that another process may change. */
  const asked = <A>(query: Effect.Effect<A, unknown>) =>
    guarded(writing === undefined || isFleet ? Effect.andThen(facts.load(run), query) : query)
  const refused = Effect.fail(new StoreFailed({ why: "broken", store: address, detail: "it was opened read-only" }))
  const use: Writing["use"] = (work) => (writing === undefined ? refused : writing.use(work))
  const tend = tendingOf(
    tables,
    partitions,
    sql,
    isFleet ? guarded(Effect.asVoid(appendedByAll(sql))) : use(() => Effect.void)
  )

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
    define: (definitions) => use((sql) => define(tables, runOf(sql), definitions)),
    append: (batch) => use((sql) => append(tables, partitions, sql, batch)),
    putGaps: (gaps) => use((sql) => putGaps(sql, gaps)),
    gaps: (from, to) =>
      guarded(
        run<Gap>(
          `select device, sensor, from_time::float8 as from, to_time::float8 as to, reason, lost::float8 as lost from katcp.gap
           where from_time < $1::float8 and (to_time is null or to_time > $2::float8) order by from_time, device, sensor limit ${maxGaps}`,
          [to, from]
        )
      ),
    tend: (now, keep = {}, retention) =>
      within(tendTime)(
        // only the archive that holds the lock may drop data
        Effect.suspend(() =>
          Effect.andThen(
            isFleet ? guarded(facts.load(run)) : use(() => Effect.void),
            tend(now, keptOf(keep), retention)
          )
        )
      ),
    rows: (query) => asked(rows(query)),
    summaries: (query) => asked(summaries(query)),
    latest: (series, time) => asked(latest(series, time)),
    state: asked(Effect.suspend(state))
  }
  return store
})

/** PostgreSQL keeps no NUL in text; a device may send one. */
const withoutNul = (text: string): string => text.replaceAll("\0", "\ufffd")

/** The definitions of one statement. Not measured: it bounds a statement; a site has a few of them. */
const definedAtOnce = 1000

/** Returns the series of definitions; creates new ones. */
const define = Effect.fnUntraced(function* ({ array }: Tables, run: Run, definitions: ReadonlyArray<Definition>) {
  const keyOf = ({ device, sensor, type, units }: Pick<Series, "device" | "sensor" | "type" | "units">) =>
    JSON.stringify([device, sensor, type, units])
  const given = definitions.map((one) => ({
    ...one,
    units: withoutNul(one.units),
    description: withoutNul(one.description)
  }))
  // one statement cannot change a row twice
  const distinct = [...new Map(given.map((one) => [keyOf(one), one])).values()]
  const ids = new Map<string, number>()
  for (let at = 0; at < distinct.length; at += definedAtOnce) {
    const some = distinct.slice(at, at + definedAtOnce)
    const texts = (of: (one: Definition) => string) => array(some.map(of), oid.text)
    const made = yield* run<Pick<Series, "id" | "device" | "sensor" | "type" | "units">>(
      `insert into katcp.series(device, sensor, type, units, description, parameters, since)
       select device, sensor, type, units, description, parameters, since::int8
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[])
         as given(device, sensor, type, units, description, parameters, since)
       on conflict(device, sensor, type, units)
       do update set description = excluded.description, parameters = excluded.parameters
       returning id, device, sensor, type, units`,
      [
        texts(({ device }) => device),
        texts(({ sensor }) => sensor),
        texts(({ type }) => type),
        texts(({ units }) => units),
        texts(({ description }) => description),
        texts(({ parameters }) => JSON.stringify(parameters)),
        array(
          some.map(({ since }) => since),
          oid.float8
        )
      ]
    )
    for (const one of made) ids.set(keyOf(one), one.id)
  }
  return definitions.map((definition, at): Series => ({ ...definition, id: ids.get(keyOf(given[at]!))! }))
})

const putGaps = (sql: SqlClient, gaps: ReadonlyArray<Gap>) =>
  sql.withTransaction(
    Effect.forEach(
      gaps,
      ({ device, from, lost, reason, sensor, to }) =>
        runOf(sql)(
          `insert into katcp.gap values($1, $2, $3::float8::int8, $4::float8::int8, $5, $6::float8::int8)
           on conflict(device, sensor, from_time, reason) do update set to_time = excluded.to_time, lost = excluded.lost`,
          [device, sensor, from, to, reason, lost]
        ),
      { discard: true }
    )
  )
