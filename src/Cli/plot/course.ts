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

/** Returns the course of a series: each reading holds until the next one, the last one until the end. */
export const courseOf = (series: Series, { columns, from, to }: Window): Course => {
  const course: Course = {
    least: new Float64Array(columns).fill(Number.NaN),
    greatest: new Float64Array(columns).fill(Number.NaN),
    last: new Float64Array(columns).fill(Number.NaN),
    changes: new Uint32Array(columns),
    worst: new Int8Array(columns).fill(-1),
    odd: new Uint8Array(columns)
  }
  const columnOf = (time: number): number =>
    Math.max(0, Math.min(columns - 1, Math.floor(((time - from) / (to - from)) * columns)))
  // the reading that holds when the window begins
  for (let at = Math.max(0, firstAfter(series, from) - 1); at < series.length; at++) {
    const begins = series.times[at]!
    if (begins > to) break
    const ends = at + 1 < series.length ? Math.min(to, series.times[at + 1]!) : to
    const [first, until] = [columnOf(begins), columnOf(ends)]
    const code = series.codes[at]!
    const value = marks[code]!.isValid ? series.values[at]! : Number.NaN
    if (at > 0 && (series.values[at] !== series.values[at - 1] || code !== series.codes[at - 1]))
      course.changes[first]!++
    for (let column = first; column <= until; column++) {
      const worst = course.worst[column]!
      // a reading that ends where the next one begins does not show its status there
      if (column < until || first === until || ends === to)
        if (worst === -1 || marks[code]!.rank > marks[worst]!.rank) course.worst[column] = code
      course.last[column] = value
      if (Number.isNaN(value)) {
        if (marks[code]!.isValid && (column < until || first === until || ends === to)) course.odd[column] = 1
        continue
      }
      // the line goes up or down where the next reading begins
      if (!(course.least[column]! <= value)) course.least[column] = value
      if (!(course.greatest[column]! >= value)) course.greatest[column] = value
    }
  }
  return course
}
