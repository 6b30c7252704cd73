/**
 * Plain loops over the engines of an archive, with the same columns: `node archive.ts PART …` (see README.md in
 * bench/). Parts: `sqlite FILE READINGS BATCH`, `postgres URL READINGS BATCH`, `unsealed FILE READINGS`, and `database
 * FILE`, which writes the file of `queries FILE`. In SQLite readings are appended, and each million of them is sorted
 * into a separate table, without minutes and threads. `unsealed` only appends.
 */
import { DatabaseSync } from "node:sqlite"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as PgTypes from "@effect/sql-pg/PgTypes"
import { Effect, Redacted, Result } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { makeDatabase, periods, sensors, times } from "../archive/database.ts"
import { batchOf, middle, put, Source } from "../archive/Source.ts"
import { pace, paced } from "../archive/stalls.ts"

const [part = "", where = "", readings = "0", size = "0"] = process.argv.slice(2)
const total = Number(readings)
const length = Number(size)
const columns = `series integer not null, time integer not null, lag integer not null, status integer not null,
  value real, text, replaced integer not null, epoch integer`

/** Opens a file with an append table. Returns a function that appends this many readings in one transaction. */
const appending = (length: number) => {
  const db = new DatabaseSync(where)
  db.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -16384")
  db.exec(`create table hot(${columns})`)
  const together = 20
  const prepare = () =>
    db.prepare(
      `insert into hot(series, time, lag, status, value, replaced) values ${Array(together).fill("(?,?,?,?,?,0)").join(",")}`
    )
  let insert = prepare()
  const source = new Source(sensors)
  const batch = batchOf(length)
  const row: Array<number> = new Array(together * 5)
  const append = () => {
    source.fill(batch)
    db.exec("begin immediate")
    for (let at = 0; at < length; at += together) {
      for (let one = 0; one < together; one++) {
        row[one * 5] = batch.series[at + one]!
        row[one * 5 + 1] = batch.time[at + one]!
        row[one * 5 + 2] = batch.lag[at + one]!
        row[one * 5 + 3] = batch.status[at + one]!
        row[one * 5 + 4] = batch.value[at + one]!
      }
      insert.run(...row)
    }
    db.exec("commit")
  }
  return { db, append, begin: () => (insert = prepare()) }
}

const sqlite = (): void => {
  const { append, begin, db } = appending(length)
  for (let done = 0; done < 50_000; done += length) append()
  const since = performance.now()
  const cpu = process.cpuUsage()
  let hot = 50_000
  let period = 0
  for (let done = 0; done < total; done += length) {
    append()
    hot += length
    if (hot < 1_000_000) continue
    period++
    hot = 0
    db.exec(`begin; create table reading_${period}(${columns}, primary key(series, time)) without rowid;
      insert into reading_${period} select * from hot order by series, time; drop table hot; create table hot(${columns}); commit`)
    begin()
  }
  const { system, user } = process.cpuUsage(cpu)
  put({ scenario: `sqlite ${size}`, n: total, secs: (performance.now() - since) / 1000, cpu: (user + system) / 1e6 })
  db.close()
}

const unsealed = async (): Promise<void> => {
  const { append, db } = appending(pace.batch)
  put({ scenario: "unsealed", ...(await paced(total, async () => append())) })
  db.close()
}

const postgres = Effect.gen(function* () {
  const sql = yield* SqlClient
  yield* sql.unsafe("create schema if not exists bare")
  yield* sql.unsafe(`create table if not exists bare.reading(time int8 not null, value float8, lag int8 not null, series int4 not null,
    status int2 not null, replaced int4 not null, epoch int8, text text, bytes bytea, primary key(series, time))`)
  yield* sql.unsafe("truncate bare.reading")
  const source = new Source(sensors)
  const batch = batchOf(length)
  const array = (values: ReadonlyArray<number>, type: number) => Result.getOrThrow(PgTypes.array(values, type))
  const append = Effect.suspend(() => {
    source.fill(batch)
    return sql.unsafe(
      `insert into bare.reading(series, time, lag, status, value, replaced)
       select series, time::int8, lag::int8, status, value, 0
       from unnest($1::int4[], $2::float8[], $3::float8[], $4::int2[], $5::float8[]) as given(series, time, lag, status, value)`,
      [
        array([...batch.series], 23),
        array([...batch.time], 701),
        array([...batch.lag], 701),
        array([...batch.status], 21),
        array([...batch.value], 701)
      ]
    )
  })
  for (let done = 0; done < 50_000; done += length) yield* append
  const since = performance.now()
  for (let done = 0; done < total; done += length) yield* append
  put({ scenario: `postgres ${size}`, n: total, secs: (performance.now() - since) / 1000 })
}).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(where) })))

const queries = (): void => {
  const db = new DatabaseSync(where, { readOnly: true })
  db.exec("pragma cache_size = -16384")
  const timed = (scenario: string, query: () => number) => {
    const all: Array<number> = []
    let found = 0
    for (let round = 0; round < 25; round++) {
      const since = performance.now()
      found = query()
      if (round >= 5) all.push(performance.now() - since)
    }
    put({ scenario, ms: middle(all), found })
  }
  const [year, from, to] = [times.year, times.from, times.to].map((seconds) => BigInt(Math.round(seconds * 1e6)))
  const union = Array.from(
    { length: periods },
    (_, at) => `select time, value from reading_${at + 1} where series = $series and time >= $from and time < $to`
  ).join(" union all ")
  const buckets = db.prepare(
    `select (time - $from) / $width at, min(value) low, max(value) high, avg(value) mean, count(*) n from (${union}) group by 1`
  )
  buckets.setReturnArrays(true)
  timed("buckets", () => {
    const width = (to! - from!) / 500n
    return buckets.all({ $series: 2, $from: from!, $to: to!, $width: width }).length
  })
  const minutes = db.prepare(
    `select (time - $from) / $width at, min(min) low, max(max) high, sum(mean * valid) / sum(valid) mean, sum(count) n
     from minute_1 where series = $series and time >= $from and time < $to group by 1`
  )
  minutes.setReturnArrays(true)
  timed("year", () => {
    // whole minutes, as an archive has them
    const width = ((from! - year!) / 500n / 60_000_000n + 1n) * 60_000_000n
    return minutes.all({ $series: 2, $from: year!, $to: from!, $width: width }).length
  })
  const time = (from! + to!) / 2n
  // from the period of that time back, until a period has the sensor
  const begun = db.prepare("select id from period where from_time <= ? order by to_time desc").all(time)
  const latest = begun.map(({ id }) => {
    const one = db.prepare(
      `select time, lag, status, value, text from reading_${id} where series = ? and time <= ? order by time desc limit 1`
    )
    one.setReturnArrays(true)
    return one
  })
  const series = db.prepare("select id from series")
  timed("at", () => {
    let found = 0
    for (const { id } of series.all())
      for (const one of latest)
        if (one.get(id as number, time) !== undefined) {
          found++
          break
        }
    return found
  })
  db.close()
}

if (part === "database") await makeDatabase(where)
else if (part === "sqlite") sqlite()
else if (part === "unsealed") await unsealed()
else if (part === "postgres") await Effect.runPromise(postgres)
else queries()
