/**
 * The tables of an archive in SQLite. Their shape is documented (docs/history.md) and stable.
 *
 * New readings go to the end of an append table, `hot_N`. When that is full, a new one begins, and the readings of the
 * old one move, sorted by series and time, into `reading_N`, the table of a period. A period is a stretch of time;
 * periods do not overlap, and begin at whole minutes. `period` lists those that are complete. A `hot_N` is dropped when
 * its period is complete; until then its readings count, so a process can be killed at any moment.
 */
import type { DatabaseSync } from "node:sqlite"

const columns = `series integer not null, time integer not null, lag integer not null, status integer not null,
  value real, text, replaced integer not null, epoch integer`

/** The statement that creates an append table. */
export const createHot = (generation: number): string => `create table hot_${generation}(${columns})`

/** The statement that creates the table of a period. */
export const createPeriod = (period: number): string =>
  `create table reading_${period}(${columns}, primary key(series, time)) without rowid`

/** The statement that creates a table of minutes. */
export const createMinutes = (span: number): string =>
  `create table minute_${span}(series integer not null, time integer not null, count integer not null, valid integer not null,
  min real, max real, mean real, first, last, worst integer not null, primary key(series, time)) without rowid`

/** The migrations from each version to the next. A new file runs all of them, the same way as an old file. */
const migrations: ReadonlyArray<string> = [
  `create table series(id integer primary key, device text not null, sensor text not null, type text not null,
     units text not null, description text not null, parameters text not null, since integer not null,
     unique(device, sensor, type, units));
   create table gap(device text not null, sensor text not null, from_time integer not null, to_time integer,
     reason text not null, lost integer not null, primary key(device, sensor, from_time, reason)) without rowid;
   create table generation(id integer primary key, boundary integer, sealed integer not null default 0);
   create table period(id integer primary key, from_time integer, to_time integer not null, rows integer not null);
   create table span(id integer primary key, from_time integer, rows integer not null);
   create table fact(name text primary key, value) without rowid;
   insert into generation(id) values(1);
   insert into span(id, rows) values(1, 0);
   ${createHot(1)};
   ${createMinutes(1)};`,
  // the periods of each series, and the last reading of each series before the oldest period
  `create table presence(series integer not null, period integer not null, rows integer not null,
     primary key(series, period)) without rowid;
   create index presence_period on presence(period);
   create table carried(${columns}, primary key(series)) without rowid;`
]

/** The number in SQLite's own header that marks an archive of this library: "kATC". */
const applicationId = 0x6b415443

/** The version that this library writes. */
export const version = migrations.length

/** The reason why a file cannot be used. */
class Unusable extends Error {
  readonly why: "newer" | "foreign"
  constructor(why: "newer" | "foreign", message: string) {
    super(message)
    this.why = why
  }
}

/**
 * Throws {@link Unusable} for a file that is not an archive, or that a later version made. Returns the version of its
 * tables.
 */
const check = (db: DatabaseSync): number => {
  const found = Number(db.prepare("pragma user_version").get()!.user_version)
  const application = Number(db.prepare("pragma application_id").get()!.application_id)
  const tables = Number(db.prepare("select count(*) n from sqlite_master").get()!.n)
  if (tables > 0 && application !== applicationId)
    throw new Unusable("foreign", "the file is an SQLite database, but not an archive of katcp. Name another file.")
  if (found > version)
    throw new Unusable(
      "newer",
      `a later version of katcp made the file (tables of version ${found}; this one knows ${version}). Update katcp, or name another file.`
    )
  return found
}

/** Throws {@link Unusable} for a file that {@link check} refuses, or whose tables are not of this version yet. */
export const checkForReading = (db: DatabaseSync): void => {
  const found = check(db)
  if (found === 0)
    throw new Unusable(
      "foreign",
      "the file is empty: no archive has written to it yet. Start one, or name another file."
    )
  if (found < version)
    throw new Unusable(
      "foreign",
      `an earlier version of katcp made the file (tables of version ${found}; this one reads ${version}). Start the archive once: it upgrades the file.`
    )
}

/**
 * Migrates the tables to a version, the newest by default. Throws {@link Unusable} for a file that is not an archive.
 */
export const migrate = (db: DatabaseSync, to = version): void => {
  const found = check(db)
  if (found >= to) return
  db.exec("begin immediate")
  try {
    for (const step of migrations.slice(found, to)) db.exec(step)
    db.exec(`pragma application_id = ${applicationId}; pragma user_version = ${to}; commit`)
  } catch (error) {
    db.exec("rollback")
    throw error
  }
}

/** Tables behind the view `reading`. Given by SQLite, which joins at most 500 in one statement. */
const maxInView = 450

/** Creates the view `reading` again, over all tables with readings; with very many periods, over the newest ones. */
export const createView = (db: DatabaseSync): void => {
  const periods = db.prepare("select id from period order by to_time desc limit ?").all(maxInView)
  const generations = db.prepare("select id from generation where sealed = 0").all()
  const tables = [...periods.map(({ id }) => `reading_${id}`), ...generations.map(({ id }) => `hot_${id}`)]
  const spans = db.prepare("select id from span order by id desc limit ?").all(maxInView)
  db.exec(`drop view if exists reading; create view reading as ${tables.map((table) => `select * from ${table}`).join(" union all ")};
    drop view if exists minute; create view minute as ${spans.map(({ id }) => `select * from minute_${id}`).join(" union all ")}`)
}
