/** Returns single readings: a page of a stretch of time, and the last ones. */
import * as Effect from "effect/Effect"
import type { Archive, SeriesReadings } from "../Archive.ts"
import type { QueryRefused } from "../errors.ts"
import { micros, readingOf } from "../model/Reading.ts"
import type { Series } from "../model/Series.ts"
import { bounded, counted, ordered, senseless, shortened } from "../queries.ts"
import { type Asked, ever } from "./Asked.ts"
import { rowsOf } from "./pieces.ts"

/** The default number of readings per page. Not measured: the answer of a second, a megabyte of JSON. */
const page = 10_000

export const raw = (asked: Asked): Archive["Service"]["raw"] =>
  Effect.fnUntraced(function* (query) {
    const from = query.from === undefined ? -ever : micros(query.from)
    const to = query.to === undefined ? ever : micros(query.to)
    yield* ordered(from, to)
    const limit = query.limit ?? Math.min(page, asked.limits.readings)
    yield* counted("limit", limit)
    yield* bounded("readings", limit, asked.limits.readings, "ask for them page by page")
    const all = yield* asked.series(query.sensors)
    const cursor = query.cursor === undefined ? undefined : yield* cursorOf(query.cursor, all)
    const parts: Array<SeriesReadings> = []
    const weight = asked.weight()
    let left = limit
    for (let at = cursor?.at ?? 0; at < all.length; at++) {
      const one = all[at]!
      const begin = cursor?.at === at ? Math.max(from, cursor.after + 1) : from
      const stretch = { from: begin, to, limit: left + 1, newestFirst: false }
      const { cut, rows } = yield* rowsOf(asked, one, stretch, weight)
      const taken = rows.slice(0, left)
      if (taken.length > 0) parts.push({ series: one, readings: taken.map((row) => readingOf(one, row)) })
      left -= taken.length
      if (rows.length > taken.length || cut) {
        const last = taken.at(-1)?.time ?? begin - 1
        return { parts, next: `${one.id}.${last}` }
      }
    }
    return { parts, next: undefined }
  })

const cursorOf = (
  text: string,
  all: ReadonlyArray<Series>
): Effect.Effect<{ readonly at: number; readonly after: number }, QueryRefused> => {
  const [, id, after] = /^(\d+)\.(-?\d+)$/.exec(text) ?? []
  const at = all.findIndex((one) => one.id === Number(id))
  return at === -1 || !Number.isSafeInteger(Number(after))
    ? senseless(`the cursor ${JSON.stringify(shortened(text))} is not a cursor of a query for these sensors`)
    : Effect.succeed({ at, after: Number(after) })
}

export const last = (asked: Asked): Archive["Service"]["last"] =>
  Effect.fnUntraced(function* (query) {
    yield* counted("count", query.count)
    const all = yield* asked.series(query.sensors)
    yield* bounded(
      "readings",
      all.length * query.count,
      asked.limits.readings,
      "name fewer sensors, or ask for fewer readings"
    )
    const weight = asked.weight()
    return yield* Effect.forEach(
      all,
      (one) =>
        Effect.gen(function* () {
          const stretch = { from: -ever, to: ever, limit: query.count, newestFirst: true }
          const { rows } = yield* rowsOf(asked, one, stretch, weight)
          yield* weight.check("name fewer sensors, or ask for fewer readings")
          return { series: one, readings: rows.map((row) => readingOf(one, row)).reverse() }
        }),
      { concurrency: 8 }
    )
  })
