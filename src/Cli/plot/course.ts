/** The course of a series by the columns of a plot: what is seen of any number of readings. */
import { marks } from "./marks.ts"
import { firstAfter, type Series } from "./Series.ts"

/** The time that a plot shows, and in how many columns. */
export interface Window {
  /** In seconds since 1970. */
  readonly from: number
  readonly to: number
  readonly columns: number
}

/** What a series shows in each column. */
export interface Course {
  /** The least and the greatest value; NaN if there is none. */
  readonly least: Float64Array
  readonly greatest: Float64Array
  /** The value at the end of the column; NaN if there is none. */
  readonly last: Float64Array
  /** How often the value or the status became another one in the column. */
  readonly changes: Uint32Array
  /** The code of the worst status; -1 if there is none. */
  readonly worst: Int8Array
  /** 1 if a value was no number. */
  readonly odd: Uint8Array
}

/** What a series has in the whole time that a plot shows. */
export interface Summary {
  /** The least and the greatest value that is neither NaN nor infinite; infinities the wrong way round if there is none. */
  readonly least: number
  readonly greatest: number
  /** The statuses that occur, as a set of bits by their codes. */
  readonly codes: number
  /** `true` if a value was not a number. */
  readonly odd: boolean
}

const isValid = Uint8Array.from(marks, (mark) => (mark.isValid ? 1 : 0))
const rank = Uint8Array.from(marks, (mark) => mark.rank)

/** Returns the place of the reading that holds when the time begins. */
const begin = (series: Series, from: number): number => Math.max(0, firstAfter(series, from) - 1)

/** Looks at the readings of a series between two times, and those that hold there. */
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

/** Returns the course of a series: each reading holds until the next one, the last one until the end. */
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
    // where one reading ends the next one begins
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

/** Returns what the columns of a cell show together, of `width` columns. */
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
