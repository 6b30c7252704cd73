/** Rows of one series, from periods and append tables. */
import type { Row } from "../../model/Row.ts"
import type { RowsQuery } from "../../Store.ts"
import { rowOf, type View } from "./View.ts"

/** Returns the rows of a series in a stretch of time, oldest or newest first. They end when they have enough text. */
export const rowsOf = (
  view: View,
  { from, limit, newestFirst, series, to }: RowsQuery,
  enough = Number.POSITIVE_INFINITY
): ReadonlyArray<Row> => {
  const { sealedTo } = view
  const late = view.hotRows(series, from, Math.min(to, sealedTo))
  const live = view.hotRows(series, Math.max(from, sealedTo), to, limit, newestFirst)
  const periods = view.periods(series, from, to, late)
  const found: Array<Row> = []
  let size = 0
  const isFull = () => found.length === limit || size >= enough
  const take = (rows: Iterable<Row>) => {
    for (const row of rows) {
      if (isFull()) return
      found.push(row)
      size += row.text?.length ?? 0
    }
  }
  if (newestFirst) {
    periods.reverse()
    take(live.reverse())
  }
  for (const period of periods) {
    if (isFull()) break
    const after = late.filter(({ time }) => time >= period.from && time < period.to)
    if (after.length === 0) {
      take(view.stored(period, series, from, to, limit - found.length, newestFirst).map(rowOf))
      continue
    }
    const rows = view.withLate(period, series, from, to, after)
    take(newestFirst ? rows.reverse() : rows)
  }
  if (!newestFirst) take(live)
  return found
}
