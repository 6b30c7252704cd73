/**
 * Reads rows and summaries of a series in pieces: other queries get their turn between two pieces, and an answer ends
 * when it has enough text.
 */
import * as Effect from "effect/Effect"
import type { QueryRefused, StoreFailed } from "../errors.ts"
import { enoughText } from "../model/bounds.ts"
import type { Row } from "../model/Row.ts"
import type { Series } from "../model/Series.ts"
import type { Summary } from "../model/Summary.ts"
import type { RowsQuery, SeriesRow } from "../Store.ts"
import type { Asked } from "./Asked.ts"
import type { Weight } from "./Weight.ts"

/**
 * The size of one piece: 50 ms of work for numbers (measured: 2.5 µs each), and fewer rows for types with texts of any
 * size.
 */
const [numbers, texts] = [20_000, 256]

/** The size of a piece. Integers of any size are digits. */
const pieceOf = (type: string): number =>
  type === "float" || type === "timestamp" || type === "boolean" ? numbers : texts

/** Rows, and `true` if the answer ended early because it has enough text. */
interface Rows {
  readonly rows: ReadonlyArray<Row>
  readonly cut: boolean
}

/** Returns the rows of a series in a stretch of time, up to a number, or until the answer is full. */
export const rowsOf = Effect.fnUntraced(function* (
  { store }: Asked,
  series: Series,
  { limit, newestFirst, ...stretch }: Omit<RowsQuery, "series">,
  weight: Weight
): Effect.fn.Return<Rows, StoreFailed> {
  let { from, to } = stretch
  let found: Array<Row> = []
  while (found.length < limit && from < to) {
    const wanted = Math.min(limit - found.length, pieceOf(series.type))
    const rows = yield* store.rows({ series: series.id, from, to, limit: wanted, newestFirst })
    found = found.concat(rows)
    let size = 0
    for (const { text } of rows) {
      weight.add(text)
      size += text?.length ?? 0
    }
    // a store returns fewer rows than requested at the end, or when their texts are enough
    if (rows.length < wanted && size < enoughText) break
    if (weight.isFull) return { rows: found, cut: true }
    const { time } = rows.at(-1)!
    if (newestFirst) to = time
    else from = time + 1
  }
  return { rows: found, cut: false }
})

/** Returns the summaries of a number of stretches, until the answer is full. */
export const summariesOf = Effect.fnUntraced(function* (
  { store }: Asked,
  series: Series,
  grid: { readonly begin: number; readonly width: number; readonly count: number },
  weight: Weight
): Effect.fn.Return<ReadonlyArray<Summary>, StoreFailed> {
  const { begin, count, width } = grid
  // a summary of numbers is small for any width
  const piece = pieceOf(series.type) === numbers ? count : texts
  let found: ReadonlyArray<Summary> = []
  for (let at = 0; at < count && !weight.isFull; at += piece) {
    const end = Math.min(count, at + piece)
    const summaries = yield* store.summaries({
      series: series.id,
      from: begin + at * width,
      to: begin + end * width,
      width
    })
    found = found.length === 0 ? summaries : found.concat(summaries)
    for (const { first, last } of summaries) {
      weight.add(first)
      weight.add(last)
    }
  }
  return found
})

/** Returns the newest rows of series at a time. */
export const latestOf = Effect.fnUntraced(function* (
  asked: Asked,
  series: ReadonlyArray<Series>,
  time: number
): Effect.fn.Return<ReadonlyArray<SeriesRow>, QueryRefused | StoreFailed> {
  const weight = asked.weight()
  let found: Array<SeriesRow> = []
  for (const piece of [numbers, texts]) {
    const ids = series.filter(({ type }) => pieceOf(type) === piece).map(({ id }) => id)
    for (let at = 0; at < ids.length; at += piece) {
      const rows = yield* asked.store.latest(ids.slice(at, at + piece), time)
      found = found.concat(rows)
      for (const { row } of rows) weight.add(row.text)
      yield* weight.check("name fewer sensors")
    }
  }
  return found
})
