import * as Effect from "effect/Effect"
import type { Archive } from "../Archive.ts"
import { bucketOf, micros, seconds } from "../model/Reading.ts"
import { minute } from "../model/Summary.ts"
import { bounded, counted, ordered } from "../queries.ts"
import type { Asked } from "./Asked.ts"
import { summariesOf } from "./pieces.ts"

export const buckets = (asked: Asked): Archive["Service"]["buckets"] =>
  Effect.fnUntraced(function* (query) {
    const [from, to] = [micros(query.from), micros(query.to)]
    yield* ordered(from, to)
    yield* counted("points", query.points)
    const { begin, count, width } = gridOf(from, to, query.points)
    const all = yield* asked.series(query.sensors)
    yield* bounded("buckets", all.length * count, asked.limits.buckets, "name fewer sensors, or ask for fewer points")
    const weight = asked.weight()
    return yield* Effect.forEach(
      all,
      (one) =>
        Effect.gen(function* () {
          const summaries = yield* summariesOf(asked, one, { begin, count, width }, weight)
          yield* weight.check("name fewer sensors, or ask for fewer points")
          return {
            series: one,
            width: seconds(width),
            buckets: summaries.map((summary) => bucketOf(one, summary))
          }
        }),
      { concurrency: 8 }
    )
  })

/** The buckets of a stretch of time. Times are in microseconds. */
export const gridOf = (
  from: number,
  to: number,
  points: number
): { readonly begin: number; readonly width: number; readonly count: number } => {
  const least = Math.max(1, Math.ceil((to - from) / points))
  const width = least < minute ? least : Math.ceil(least / minute) * minute
  const begin = width < minute ? from : Math.floor(from / minute) * minute
  return { begin, width, count: Math.ceil((to - begin) / width) }
}
