/**
 * A file of ten million readings in the layout of an archive, written with plain inserts: 1,000 sensors, a reading a
 * second each, ten periods, and before them a year of minutes of four sensors without readings.
 */
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import * as Archive from "katcp/Archive"
import * as ArchiveNode from "katcp/Archive/node"
import { begin, definitions, minute, Source, second } from "./Source.ts"

export const sensors = 1000
export const periods = 10
/** Readings of each sensor in a period: a little more than 16 minutes, in whole minutes. */
const perPeriod = 1020
/** Minutes of the year before the readings. */
const yearOfMinutes = 525_600
const yearSensors = 4

/** The first and the last time of readings, and the beginning of the year before, in seconds. */
export const times = {
  year: (begin - yearOfMinutes * minute) / 1e6,
  from: begin / 1e6,
  to: (begin + periods * perPeriod * second) / 1e6
}

const inserting = (db: DatabaseSync, table: string, columns: number) => {
  const together = 20
  const row = `(${Array(columns).fill("?").join(",")})`
  const many = db.prepare(`insert into ${table} values ${Array(together).fill(row).join(",")}`)
  const one = db.prepare(`insert into ${table} values ${row}`)
  let waiting: Array<number | null> = []
  return {
    add: (...values: ReadonlyArray<number | null>) => {
      waiting.push(...values)
      if (waiting.length < together * columns) return
      many.run(...waiting)
      waiting = []
    },
    end: () => {
      for (let at = 0; at < waiting.length; at += columns) one.run(...waiting.slice(at, at + columns))
      waiting = []
    }
  }
}

/** Makes the file. */
export const makeDatabase = async (file: string): Promise<void> => {
  const defined = Effect.gen(function* () {
    yield* (yield* Archive.Store).define(definitions(sensors))
  })
  await Effect.runPromise(Effect.provide(defined, ArchiveNode.layerSqlite(file, { quiet: true })).pipe(Effect.scoped))
  const db = new DatabaseSync(file)
  db.exec("pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -65536")
  const whole = <A>(work: () => A): A => {
    db.exec("begin")
    const result = work()
    db.exec("commit")
    return result
  }
  /** Returns the columns of a table, as the archive created it. */
  const columnsOf = (name: string) =>
    String(db.prepare("select sql from sqlite_master where name = ?").get(name)!.sql).replace(/^[^(]*/, "")
  const [hot, summary] = [columnsOf("hot_1"), columnsOf("minute_1")]
  whole(() => {
    const year = inserting(db, "minute_1", 10)
    for (let one = 1; one <= yearSensors; one++)
      for (let at = 0; at < yearOfMinutes; at++) {
        const value = Math.sin(at / 1000) * 20 + one
        year.add(one, begin + (at - yearOfMinutes) * minute, 60, 60, value - 1.25, value + 1.5, value, value, value, 1)
      }
    year.end()
    db.exec(`create table minute_2${summary}; insert into span values(2, ${begin}, 0)`)
  })
  const source = new Source(sensors)
  for (let period = 1; period <= periods; period++) {
    const first = (period - 1) * perPeriod
    db.exec(`create table reading_${period}${hot.replace(/\)$/, ", primary key(series, time))")} without rowid`)
    whole(() => {
      const reading = inserting(db, `reading_${period}`, 8)
      const minutes = inserting(db, "minute_2", 10)
      for (let one = 1; one <= sensors; one++)
        for (let at = 0; at < perPeriod; at += 60) {
          let [low, high, sum, begun, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0]
          for (let offset = 0; offset < 60; offset++) {
            const [time, lag, value] = source.reading(one - 1, first + at + offset)
            reading.add(one, time, lag, 1, value, null, 0, null)
            low = Math.min(low, value)
            high = Math.max(high, value)
            sum += value
            last = value
            if (offset === 0) begun = value
          }
          minutes.add(one, begin + (first + at) * second, 60, 60, low, high, sum / 60, begun, last, 1)
        }
      reading.end()
      minutes.end()
      const from = begin + first * second
      const to = from + perPeriod * second
      db.exec(`insert into period values(${period}, ${from}, ${to}, ${sensors * perPeriod});
        insert into presence select id, ${period}, ${perPeriod} from series`)
      if (period === periods)
        db.exec(`insert or replace into fact values('sealed_to', ${to}), ('raw_from', ${begin}), ('alive', ${to});
          drop table hot_1; delete from generation;
          insert into generation(id) values(${periods + 1}); create table hot_${periods + 1}${hot}`)
    })
  }
  db.exec("pragma wal_checkpoint(truncate)")
  db.close()
}
