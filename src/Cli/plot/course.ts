/** The values of a series by the columns of a plot, for any number of readings. */
import { marks } from "./marks.ts"
import { firstAfter, type Series } from "./Series.ts"

/** The time span of a plot, and its number of columns. */
export interface Window {
  /** In seconds since 1970. */
  readonly from: number
  readonly to: number
  readonly columns: number
}

/** The content of a series in each column. */
export interface Course {
  /** The smallest and the largest value; NaN without a value. */
  readonly least: Float64Array
  readonly greatest: Float64Array
  /** The value at the end of the column; NaN without a value. */
  readonly last: Float64Array
  /** The number of changes of value or status in the column. */
  readonly changes: Uint32Array
  /** The code of the worst status; -1 without a status. */
  readonly worst: Int8Array
  /** 1 if a value was not a number. */
  readonly odd: Uint8Array
}

/** The summary of a series over the whole plot. */
export interface Summary {
  /** The smallest and the largest value that is neither NaN nor infinite; reversed infinities without such a value. */
  readonly least: number
  readonly greatest: number
  /** The occurring statuses, as a set of bits by their codes. */
  readonly codes: number
  /** `true` if a value was not a number. */
  readonly odd: boolean
}

const isValid = Uint8Array.from(marks, (mark) => (mark.isValid ? 1 : 0))
const rank = Uint8Array.from(marks, (mark) => mark.rank)

/** Returns the index of the reading that holds at the start. */
const begin = (series: Series, from: number): number => Math.max(0, firstAfter(series, from) - 1)

/** Returns the summary of a series between two times, including the readings that hold there. */
export const summaryOf = (series: Series, from: number, to: number): Summary => {
  const { codes: statuses, length, times, values } = series
  let [least, greatest, codes, odd] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, false]
  for (let at = begin(series, from); at < length && times[at]! <= to; at++) {
    const code = statuses[at]!
    codes |= 1 << code
    if (isValid[code] === 0) continue
    const value = values[at]!
    if (Number.isNaN(value)) odd = true
    else if (Number.isFinite(value)) {
      if (value < least) least = value
      if (value > greatest) greatest = value
    }
  }
  return { least, greatest, codes, odd }
}

/** Returns the course of a series: each reading holds until the next one, and the last one until the end. */
export const courseOf = (series: Series, { columns, from, to }: Window): Course => {
  const { codes, length, times, values } = series
  const least = new Float64Array(columns).fill(Number.NaN)
  const greatest = new Float64Array(columns).fill(Number.NaN)
  const last = new Float64Array(columns).fill(Number.NaN)
  const changes = new Uint32Array(columns)
  const worst = new Int8Array(columns).fill(-1)
  const odd = new Uint8Array(columns)
  const scale = columns / (to - from)
  const columnOf = (time: number): number => Math.max(0, Math.min(columns - 1, Math.floor((time - from) * scale)))
  let until = -1
  for (let at = begin(series, from); at < length && times[at]! <= to; at++) {
    const ends = at + 1 < length && times[at + 1]! < to ? times[at + 1]! : to
    // a reading ends where the next one begins
    const first = until === -1 ? columnOf(times[at]!) : until
    until = columnOf(ends)
    const code = codes[at]!
    const value = isValid[code] === 1 ? values[at]! : Number.NaN
    if (at > 0 && (values[at] !== values[at - 1] || code !== codes[at - 1])) changes[first]!++
    for (let column = first; column <= until; column++) {
      // a reading does not show its status in the column where the next one begins
      const shows = column < until || first === until || ends === to
      if (shows && (worst[column] === -1 || rank[code]! > rank[worst[column]!]!)) worst[column] = code
      last[column] = value
      if (Number.isNaN(value)) {
        if (shows && isValid[code] === 1) odd[column] = 1
        continue
      }
      // the line goes up or down where the next reading begins
      if (!(least[column]! <= value)) least[column] = value
      if (!(greatest[column]! >= value)) greatest[column] = value
    }
  }
  return { least, greatest, last, changes, worst, odd }
}

/** Returns the combined content of the `width` columns of a cell. */
export const cellOf = (
  { odd, worst }: Course,
  cell: number,
  width: number
): { readonly code: number; readonly odd: boolean } => {
  let [code, isOdd] = [-1, false]
  for (let column = cell * width; column < (cell + 1) * width; column++) {
    const own = worst[column]!
    if (own !== -1 && (code === -1 || rank[own]! > rank[code]!)) code = own
    isOdd ||= odd[column] === 1
  }
  return { code, odd: isOdd }
}
