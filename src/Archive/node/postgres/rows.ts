/** Converts readings into columns of a statement, and back. */
import type { Batch } from "../../model/Batch.ts"
import { type Row, settled } from "../../model/Row.ts"
import { codeAt, type Summary } from "../../model/Summary.ts"
import type { Text } from "../../model/Text.ts"

/** Columns for `unnest`. */
export interface Columns {
  readonly series: Array<number>
  readonly time: Array<number>
  readonly lag: Array<number>
  readonly status: Array<number>
  readonly value: Array<number | null>
  readonly replaced: Array<number>
  /** Undefined if no reading has a text; so are `bytes`. */
  readonly text: Array<string | null> | undefined
  readonly bytes: Array<Uint8Array | null> | undefined
  /** The earliest and the latest time. */
  readonly from: number
  readonly to: number
}

/**
 * Returns readings as columns, without those before a time. One statement cannot change a row twice, so readings of one
 * series with the same time are merged here.
 */
export const columnsOf = (batch: Batch, after: number): Columns & { readonly left: number } => {
  const texts = new Map(batch.textAt.map((at, index) => [at, batch.texts[index]!]))
  let rows: Array<Row & { readonly series: number }> = []
  const last = new Map<number, number>()
  let twice = false
  let left = 0
  for (let at = 0; at < batch.length; at++) {
    const time = batch.time[at]!
    if (time < after) {
      left++
      continue
    }
    const series = batch.series[at]!
    const before = last.get(series)
    if (before !== undefined && time <= before) twice = true
    last.set(series, time)
    const text = texts.get(at) ?? null
    const value = batch.value[at]!
    // NaN without a text is a number; with a text the value is not a number
    rows.push({
      series,
      time,
      lag: batch.lag[at]!,
      status: batch.status[at]!,
      value: text !== null && Number.isNaN(value) ? null : value,
      text,
      replaced: 0
    })
  }
  if (twice) {
    const groups = new Map<number, Array<Row & { readonly series: number }>>()
    for (const row of rows) {
      const group = groups.get(row.series)
      if (group === undefined) groups.set(row.series, [row])
      else group.push(row)
    }
    rows = [...groups.values()].flatMap(settled)
  }
  const any = rows.some(({ text }) => text !== null)
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const { time } of rows) {
    if (time < from) from = time
    if (time > to) to = time
  }
  return {
    series: rows.map(({ series }) => series),
    time: rows.map(({ time }) => time),
    lag: rows.map(({ lag }) => lag),
    status: rows.map(({ status }) => status),
    value: rows.map(({ value }) => value),
    replaced: rows.map(({ replaced }) => replaced),
    text: any ? rows.map(({ text }) => (typeof text === "string" ? text : null)) : undefined,
    bytes: any ? rows.map(({ text }) => (text instanceof Uint8Array ? text : null)) : undefined,
    from,
    to,
    left
  }
}

/** A row of a query: `int8` as float8. */
export interface Stored {
  readonly series: number
  readonly time: number
  readonly lag: number
  readonly status: number
  readonly value: number | null
  readonly text: string | null
  readonly bytes: Uint8Array | null
  readonly replaced: number
}

/** The columns of {@link Stored}. */
export const stored = "series, time::float8 as time, lag::float8 as lag, status, value, text, bytes, replaced"

const textOf = (text: string | null, bytes: Uint8Array | null): Text | null => text ?? bytes

/** Returns a row. NaN is null, as everywhere except in PostgreSQL. */
export const rowOf = ({ bytes, lag, replaced, status, text, time, value }: Stored): Row => ({
  time,
  lag,
  status,
  value: value !== null && Number.isNaN(value) ? null : value,
  text: textOf(text, bytes),
  replaced
})

/** A summary of a query; `worst` by severity. */
export interface StoredSummary {
  readonly time: number
  readonly count: number
  readonly valid: number
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  readonly first: number | null
  readonly first_text: string | null
  readonly first_bytes: Uint8Array | null
  readonly last: number | null
  readonly last_text: string | null
  readonly last_bytes: Uint8Array | null
  readonly worst: number
}

/** Returns a summary. */
export const summaryOf = (row: StoredSummary): Summary => ({
  time: row.time,
  count: row.count,
  valid: row.valid,
  min: row.min,
  max: row.max,
  mean: row.mean !== null && Number.isNaN(row.mean) ? null : row.mean,
  first: textOf(row.first_text, row.first_bytes) ?? row.first,
  last: textOf(row.last_text, row.last_bytes) ?? row.last,
  worst: codeAt[row.worst]!
})

/** The severity of a status code, in SQL, as in `Sensor.severities`. */
const severity = (column: string): string =>
  `case ${column} when 6 then 0 when 1 then 1 when 0 then 2 when 2 then 3 when 3 then 4 when 5 then 5 else 6 end`
/** The status code of a {@link severity}. */
export const codeOf = (column: string): string =>
  `case ${column} when 0 then 6 when 1 then 1 when 2 then 0 when 3 then 2 when 4 then 3 when 5 then 5 else 4 end`

/** The valid readings, as in `isValid`. */
const valid = "(status between 1 and 3 and (value is null or value <> 'NaN'))"

/**
 * A mean, in SQL. PostgreSQL fails if a sum is larger than any double, or a product smaller: numbers are scaled by 2^-64
 * for the sum, and those below 1e-200 count as 0.
 */
const meanOf = (column: string, count: string, where: string, weight = "1"): string =>
  `sum(case when abs(${column}) < 1e-200 then 0 else ${column} * 5.421010862427522e-20 * ${weight} end) filter (where ${where})
    / nullif(${count}, 0) * 18446744073709551616::float8`

/** The summaries of readings. `key`: the stretch of a reading. `where`: the selected readings. */
export const summed = (key: string, where: string): string => `
  with bucket as (
    select series, ${key} as at, count(*)::int4 as count, (count(*) filter (where ${valid}))::int4 as valid,
      min(value) filter (where ${valid}) as min, max(value) filter (where ${valid}) as max, ${meanOf("value", `count(value) filter (where ${valid})`, valid)} as mean,
      min(time) filter (where ${valid}) as begun, max(time) filter (where ${valid}) as ended, max(${severity("status")})::int2 as worst
    from katcp.reading where ${where} group by series, at)
  select bucket.series, bucket.at, bucket.count, bucket.valid, bucket.min, bucket.max, nullif(bucket.mean, 'NaN') as mean,
    one.value as first, one.text as first_text, one.bytes as first_bytes,
    other.value as last, other.text as last_text, other.bytes as last_bytes, bucket.worst
  from bucket
    left join katcp.reading one on one.series = bucket.series and one.time = bucket.begun
    left join katcp.reading other on other.series = bucket.series and other.time = bucket.ended`

/** The summaries of minutes in wider stretches. */
export const summedMinutes = (key: string, where: string): string => `
  with bucket as (
    select series, ${key} as at, sum(count)::int4 as count, sum(valid)::int4 as valid, min(min) as min, max(max) as max,
      case when bool_or(min is not null and mean is null) then null else ${meanOf("mean", "sum(valid)", "mean is not null", "valid")} end as mean,
      min(time) filter (where valid > 0) as begun, max(time) filter (where valid > 0) as ended, max(${severity("worst")})::int2 as worst
    from katcp.minute where ${where} group by series, at)
  select bucket.series, bucket.at, bucket.count, bucket.valid, bucket.min, bucket.max, bucket.mean,
    one.first, one.first_text, one.first_bytes, other.last, other.last_text, other.last_bytes, bucket.worst
  from bucket
    left join katcp.minute one on one.series = bucket.series and one.time = bucket.begun
    left join katcp.minute other on other.series = bucket.series and other.time = bucket.ended`
