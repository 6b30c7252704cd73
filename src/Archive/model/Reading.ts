import { type Status, statuses } from "../../Sensor/index.ts"
import { receivedTime, sensorTime } from "./Batch.ts"
import type { Row } from "./Row.ts"
import type { Series } from "./Series.ts"
import type { Summary } from "./Summary.ts"
import type { Text } from "./Text.ts"
import { type Value, valueOf } from "./Value.ts"

/**
 * A reading in the archive. Times are in seconds since 1970-01-01 UTC, to the microsecond.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchivedReading {
  /** The time that the reading is filed under: the sensor's own, or that of arrival if the sensor's own is far off. */
  readonly time: number
  /** The sensor's own time. */
  readonly timestamp: number
  /** The time of arrival. */
  readonly received: number
  readonly status: Status
  readonly value: Value
  /** The number of other readings with this time that this one replaced. */
  readonly replaced: number
}

/**
 * The summary of the readings in a stretch of time. Minimum, maximum, mean, first and last are those of readings whose
 * status is nominal, warn or error and whose value is not NaN.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bucket {
  /** The beginning, in seconds since 1970. */
  readonly time: number
  /** The number of readings. */
  readonly count: number
  /** The number of valid readings. */
  readonly valid: number
  /** Absent without a valid number; so are `max` and `mean`. Integers beyond ±(2^53 − 1) are rounded to doubles. */
  readonly min: number | undefined
  readonly max: number | undefined
  readonly mean: number | undefined
  readonly first: Value | undefined
  readonly last: Value | undefined
  /** The worst status, by `Sensor.severities`. */
  readonly worst: Status
}

/** Returns a time in microseconds of a time in seconds; times beyond the year 2255 are cut. */
export const micros = (seconds: number): number => Math.max(-9e15, Math.min(9e15, Math.round(seconds * 1e6)))
/** Returns a time in seconds of a time in microseconds. */
export const seconds = (micros: number): number => micros / 1e6

/** Returns a row as a reading. */
export const readingOf = (series: Series, row: Row): ArchivedReading => ({
  time: seconds(row.time),
  timestamp: seconds(sensorTime(row.time, row.lag)),
  received: seconds(receivedTime(row.time, row.lag)),
  status: statuses[row.status]!,
  value: valueOf(series.type, row.value, row.text),
  replaced: row.replaced
})

/** Returns a summary as a bucket. */
export const bucketOf = (series: Series, summary: Summary): Bucket => ({
  time: seconds(summary.time),
  count: summary.count,
  valid: summary.valid,
  min: summary.min ?? undefined,
  max: summary.max ?? undefined,
  mean: summary.mean ?? undefined,
  first: kept(series.type, summary.first),
  last: kept(series.type, summary.last),
  worst: statuses[summary.worst]!
})

const kept = (type: string, value: number | Text | null): Value | undefined =>
  value === null ? undefined : typeof value === "number" ? valueOf(type, value, null) : valueOf(type, null, value)
