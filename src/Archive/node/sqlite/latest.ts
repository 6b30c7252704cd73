/** The newest row of many series at a time. */
import { type Row, settled, standing } from "../../model/Row.ts"
import type { SeriesRow } from "../../Store.ts"
import { before, columns, rowOf, type Stored, type View } from "./View.ts"

/** Returns the newest row of each series at or before a time, if any. */
export const latestOf = (view: View, series: ReadonlyArray<number>, time: number): ReadonlyArray<SeriesRow> => {
  const { connection, rawFrom } = view
  const found: Array<SeriesRow> = []
  const newest = connection.get<[number]>(
    "select id from period where from_time is null or from_time <= ? order by to_time desc limit 1",
    time
  )?.[0]
  for (const one of series) {
    let row = newest === undefined ? undefined : sealed(view, one, time, newest)
    if (row === undefined && rawFrom !== before) row = carried(view, one, time)
    for (const hot of view.hot) {
      const at = hot.latest(one, time)
      if (at === undefined || at < rawFrom || (row !== undefined && at < row.time)) continue
      for (const candidate of settled(hot.rows(connection, one, at, at + 1)))
        row = row === undefined || row.time < candidate.time ? candidate : standing(row, candidate)
    }
    if (row !== undefined) found.push({ series: one, row })
  }
  return found
}

/** The newest row in complete periods. Most series have one in the period of that time; the others are searched. */
const sealed = ({ connection }: View, series: number, time: number, newest: number): Row | undefined => {
  for (let period: number | undefined = newest; period !== undefined; ) {
    const row = connection.get<Stored>(
      `select ${columns} from reading_${period} where series = ? and time <= ? order by time desc limit 1`,
      series,
      time
    )
    if (row !== undefined) return rowOf(row)
    period = connection.get<[number]>(
      "select period from presence join period on id = period where series = ? and period < ? order by period desc limit 1",
      series,
      period
    )?.[0]
  }
  return undefined
}

/** The last row before the oldest period. */
const carried = ({ connection }: View, series: number, time: number): Row | undefined => {
  const row = connection.get<Stored>(`select ${columns} from carried where series = ? and time <= ?`, series, time)
  return row === undefined ? undefined : rowOf(row)
}
