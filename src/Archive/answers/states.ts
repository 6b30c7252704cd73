import * as Effect from "effect/Effect"
import type { Archive } from "../Archive.ts"
import type { QueryRefused, StoreFailed } from "../errors.ts"
import { concerns } from "../model/Gap.ts"
import { type ArchivedReading, micros, readingOf } from "../model/Reading.ts"
import type { Row } from "../model/Row.ts"
import { nameOf, type Series } from "../model/Series.ts"
import { bounded, ordered, senseless } from "../queries.ts"
import { durations, hasStates, type States } from "../states.ts"
import type { Asked } from "./Asked.ts"

/** Rows that are asked for in one go. Not measured: other queries get their turn between two of them. */
const atOnce = 20_000

export const states = (asked: Asked): Archive["Service"]["states"] =>
  Effect.fnUntraced(function* (query) {
    const [from, to] = [micros(query.from), micros(query.to)]
    yield* ordered(from, to)
    const named = yield* asked.series(query.sensors)
    if (!named.some(({ type }) => hasStates(type)))
      return yield* senseless("only discrete, boolean, lru and string sensors have states; these are numbers")
    const names = new Map<string, Array<Series>>()
    for (const one of named) names.set(nameOf(one), [...(names.get(nameOf(one)) ?? []), one])
    const gaps = yield* asked.gaps(from, to)
    const found: Array<States> = []
    let scanned = 0
    const scan = (count: number): Effect.Effect<void, QueryRefused> => {
      scanned += count
      return bounded("readings or more", scanned, asked.limits.scanned, "ask for a shorter time, or for fewer sensors")
    }
    for (const all of names.values()) {
      if (!all.some(({ type }) => hasStates(type))) continue
      const readings: Array<ArchivedReading & { readonly id: number }> = []
      const byId = new Map(all.map((one) => [one.id, one]))
      const push = (id: number, row: Row) => {
        const one = byId.get(id)!
        const reading = readingOf(one, row)
        // numbers of a sensor that had another type are no states
        readings.push({ ...reading, id, status: hasStates(one.type) ? reading.status : "unknown" })
      }
      for (const { row, series } of yield* asked.store.latest([...byId.keys()], from)) push(series, row)
      for (const one of all)
        yield* eachRow(asked, one.id, from + 1, to, (rows) => {
          for (const row of rows) push(one.id, row)
          return scan(rows.length)
        })
      readings.sort((one, other) => one.time - other.time || one.id - other.id)
      const { device, sensor } = all[0]!
      const concerned = gaps.filter((gap) => concerns(gap, { device, sensor }))
      found.push({ device, sensor, ...durations(readings, concerned, from, to) })
    }
    return found
  })

/** Looks at all rows of a series in a stretch of time, some at a time. */
const eachRow = Effect.fnUntraced(function* (
  { store }: Asked,
  series: number,
  from: number,
  to: number,
  look: (rows: ReadonlyArray<Row>) => Effect.Effect<void, QueryRefused>
): Effect.fn.Return<void, QueryRefused | StoreFailed> {
  for (let begin = from; begin < to; ) {
    const rows = yield* store.rows({ series, from: begin, to, limit: atOnce, newestFirst: false })
    yield* look(rows)
    if (rows.length < atOnce) return
    begin = rows.at(-1)!.time + 1
  }
})
