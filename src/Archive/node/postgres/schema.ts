/**
 * The tables of an archive in PostgreSQL, in the schema `katcp`. Their shape is documented (docs/history.md) and stable.
 *
 * `reading` has a partition for each day, `minute` one for each 30 days. They are created before they are needed, and
 * dropped as a whole.
 */

/** The width of a partition of readings: a day. Not measured: people think of retention in days. */
export const day = 86_400_000_000
/**
 * The width of a partition of minutes: 30 days. Not measured: it makes a partition of minutes about as large as one of
 * readings.
 */
const month = 30 * day

const columns = `time int8 not null, value float8, lag int8 not null, series int4 not null, status int2 not null,
  replaced int4 not null, epoch int8, text text, bytes bytea`

/** The columns of a reading, that of the series first. */
export const plain = "series, time, lag, status, value, text, bytes, replaced, epoch"

/** The bytes of readings and minutes. */
export const sizeOfTables = `select coalesce(sum(pg_total_relation_size(inhrelid)), 0)::float8 as bytes from pg_inherits
  where inhparent in ('katcp.reading'::regclass, 'katcp.minute'::regclass)`

/** The migrations from each version to the next. A new database runs all of them. */
export const migrations: ReadonlyArray<ReadonlyArray<string>> = [
  [
    `create table katcp.series(id int4 generated always as identity primary key, device text not null, sensor text not null,
       type text not null, units text not null, description text not null, parameters text not null, since int8 not null,
       unique(device, sensor, type, units))`,
    `create table katcp.reading(${columns}, primary key(series, time)) partition by range (time)`,
    `create table katcp.minute(time int8 not null, min float8, max float8, mean float8, first float8, last float8,
       series int4 not null, count int4 not null, valid int4 not null, worst int2 not null,
       first_text text, first_bytes bytea, last_text text, last_bytes bytea,
       primary key(series, time)) partition by range (time)`,
    `create table katcp.gap(device text not null, sensor text not null, from_time int8 not null, to_time int8,
       reason text not null, lost int8 not null, primary key(device, sensor, from_time, reason))`,
    "create table katcp.fact(name text primary key, value float8 not null)"
  ],
  [
    // minutes to be summarized again, and the last reading of each series before the oldest partition
    "create table katcp.dirty(series int4 not null, time int8 not null, primary key(series, time))",
    `create table katcp.carried(${columns}, primary key(series))`
  ]
]

/** The version that this library writes. */
export const version = migrations.length

/** The partition of a time: its number, and its name. */
export const partitionOf = (table: "reading" | "minute", time: number) => {
  const width = table === "reading" ? day : month
  const number = Math.floor(time / width)
  return {
    number,
    name: `${table}_${number < 0 ? `m${-number}` : number}`,
    from: number * width,
    to: (number + 1) * width
  }
}

/** Returns the number of a partition from its name. */
export const numberOf = (name: string): number => {
  const text = name.slice(name.lastIndexOf("_") + 1)
  return text.startsWith("m") ? -Number(text.slice(1)) : Number(text)
}
