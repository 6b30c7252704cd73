import type { Row } from "./Row.ts"
import type { Text } from "./Text.ts"

/** Given by the calendar: microseconds of a minute. */
export const minute = 60_000_000

/**
 * The summary of the readings in a stretch of time: a minute, or a bucket of a query. Its minimum and maximum are those
 * of the readings, so no spike is lost in a wide bucket.
 *
 * A reading is valid if its status is nominal, warn or error and its value is not NaN. Minimum, maximum, mean, first and
 * last are those of valid readings.
 *
 * @category models
 * @since 0.1.0
 */
export interface Summary {
  /** The beginning of the stretch, in microseconds since 1970. */
  readonly time: number
  readonly count: number
  readonly valid: number
  /** Null without a valid reading, and for values that are not numbers; so are `max` and `mean`. */
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  /** The first valid value: a number, or a value that a double cannot hold. Null without one. */
  readonly first: number | Text | null
  readonly last: number | Text | null
  /** The code of the worst status. */
  readonly worst: number
}

/**
 * The position of each status code in `Sensor.severities`: inactive, nominal, unknown, warn, error, unreachable,
 * failure.
 */
const severityOf: ReadonlyArray<number> = [2, 1, 3, 4, 6, 5, 0]
/** The code at each position in `Sensor.severities`. */
export const codeAt: ReadonlyArray<number> = [6, 1, 0, 2, 3, 5, 4]

const worseOf = (one: number, other: number): number => (severityOf[one]! < severityOf[other]! ? other : one)

/** `true` if the reading counts: see {@link Summary}. */
const isValid = (row: Pick<Row, "status" | "value" | "text">): boolean =>
  row.status >= 1 && row.status <= 3 && (row.value !== null || row.text !== null)

/** Adds single readings, in the order of their times. */
export class Summing {
  #count = 0
  #valid = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #mean = 0
  #first: number | Text | null = null
  #last: number | Text | null = null
  #worst = 6
  #numbers = 0
  readonly time: number

  constructor(time: number) {
    this.time = time
  }

  add(row: Row): void {
    this.#count++
    this.#worst = worseOf(this.#worst, row.status)
    if (!isValid(row)) return
    this.#valid++
    this.#last = row.text ?? row.value
    if (this.#valid === 1) this.#first = this.#last
    if (row.value === null) return
    this.#numbers++
    this.#min = Math.min(this.#min, row.value)
    this.#max = Math.max(this.#max, row.value)
    this.#mean = nextMean(this.#mean, row.value, this.#numbers)
  }

  get summary(): Summary {
    const numbers = this.#numbers > 0
    return {
      time: this.time,
      count: this.#count,
      valid: this.#valid,
      min: numbers ? this.#min : null,
      max: numbers ? this.#max : null,
      mean: numbers && !Number.isNaN(this.#mean) ? this.#mean : null,
      first: this.#first,
      last: this.#last,
      worst: this.#worst
    }
  }
}

/** The mean with one more value. The sum is never computed, because it may exceed any double. */
const nextMean = (mean: number, value: number, count: number): number => {
  if (count === 1 || mean === value) return value
  return Number.isFinite(mean) && Number.isFinite(value) ? mean + (value / count - mean / count) : mean + value
}

/** Returns the summary of two stretches; the first one is earlier. */
const merged = (one: Summary, other: Summary): Summary => {
  const valid = one.valid + other.valid
  return {
    time: one.time,
    count: one.count + other.count,
    valid,
    min: least(Math.min, one.min, other.min),
    max: least(Math.max, one.max, other.max),
    mean: meanOf(one, other, valid),
    first: one.first ?? other.first,
    last: other.last ?? one.last,
    worst: worseOf(one.worst, other.worst)
  }
}

const least = (of: (one: number, other: number) => number, one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : of(one, other)

const meanOf = (one: Summary, other: Summary, valid: number): number | null => {
  if (one.mean === null || other.mean === null) {
    // infinities of both signs have no mean
    if (one.min !== null && one.mean === null) return null
    if (other.min !== null && other.mean === null) return null
    return one.mean ?? other.mean
  }
  const mean = one.mean === other.mean ? one.mean : one.mean * (one.valid / valid) + other.mean * (other.valid / valid)
  return Number.isNaN(mean) ? null : mean
}

/** Returns the summaries of rows in order of time, in stretches of `width` from `from` on, without empty stretches. */
export const summarize = (rows: Iterable<Row>, from: number, width: number): ReadonlyArray<Summary> => {
  const found: Array<Summary> = []
  let current: Summing | undefined
  for (const row of rows) {
    const time = from + Math.floor((row.time - from) / width) * width
    if (current === undefined || current.time !== time) {
      if (current !== undefined) found.push(current.summary)
      current = new Summing(time)
    }
    current.add(row)
  }
  if (current !== undefined) found.push(current.summary)
  return found
}

/** Returns summaries in order of time, joined into stretches of `width` from `from` on. */
export const joined = (parts: Iterable<Summary>, from: number, width: number): ReadonlyArray<Summary> => {
  const found: Array<Summary> = []
  for (const part of parts) {
    const time = from + Math.floor((part.time - from) / width) * width
    const before = found.at(-1)
    if (before !== undefined && before.time === time) found[found.length - 1] = merged(before, part)
    else found.push({ ...part, time })
  }
  return found
}
