import * as Effect from "effect/Effect"
import type { Archive } from "../Archive.ts"
import { concerns } from "../model/Gap.ts"
import { type ArchivedReading, micros, readingOf } from "../model/Reading.ts"
import type { Row } from "../model/Row.ts"
import { nameOf, type Series } from "../model/Series.ts"
import { bounded, ordered, senseless } from "../queries.ts"
import { durations, hasStates, type States } from "../states.ts"
import type { Asked } from "./Asked.ts"
import { latestOf, rowsOf } from "./pieces.ts"

const instead = "ask for a shorter time, or for fewer sensors"

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
    const weight = asked.weight()
    for (const all of names.values()) {
      if (!all.some(({ type }) => hasStates(type))) continue
      const readings: Array<ArchivedReading & { readonly id: number }> = []
      const byId = new Map(all.map((one) => [one.id, one]))
      const push = (id: number, row: Row) => {
        const one = byId.get(id)!
        const reading = readingOf(one, row)
        // numbers of a sensor that had another type are not states
        readings.push({ ...reading, id, status: hasStates(one.type) ? reading.status : "unknown" })
      }
      for (const { row, series } of yield* latestOf(asked, all, from)) push(series, row)
      for (const one of all) {
        const stretch = { from: from + 1, to, limit: asked.limits.scanned - scanned + 1, newestFirst: false }
        const { rows } = yield* rowsOf(asked, one, stretch, weight)
        scanned += rows.length
        yield* bounded("readings or more", scanned, asked.limits.scanned, instead)
        yield* weight.check(instead)
        for (const row of rows) push(one.id, row)
      }
      readings.sort((one, other) => one.time - other.time || one.id - other.id)
      const { device, sensor } = all[0]!
      const concerned = gaps.filter((gap) => concerns(gap, { device, sensor }))
      found.push({ device, sensor, ...durations(readings, concerned, from, to) })
    }
    return found
  })
