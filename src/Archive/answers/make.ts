import * as Effect from "effect/Effect"
import type { Archive } from "../Archive.ts"
import { concerns } from "../model/Gap.ts"
import { micros } from "../model/Reading.ts"
import type { Series } from "../model/Series.ts"
import { limitsOf, ordered, type QueryLimits } from "../queries.ts"
import type { Store } from "../Store.ts"
import { Asked } from "./Asked.ts"
import { at } from "./at.ts"
import { buckets } from "./buckets.ts"
import { last, raw } from "./raw.ts"
import { states } from "./states.ts"

/** Makes the queries of a store. */
export const make = (store: Store["Service"], limits: QueryLimits): Archive["Service"] => {
  const asked = new Asked(store, limitsOf(limits))
  const gaps: Archive["Service"]["gaps"] = Effect.fnUntraced(function* (query) {
    const [from, to] = [micros(query.from), micros(query.to)]
    yield* ordered(from, to)
    const found = yield* asked.gaps(from, to)
    if (query.sensors === undefined) return found
    const all = yield* asked.series(query.sensors)
    const byDevice = new Map<string, Array<Series>>()
    for (const one of all) byDevice.set(one.device, [...(byDevice.get(one.device) ?? []), one])
    return found.filter((gap) =>
      (gap.device === "" ? all : (byDevice.get(gap.device) ?? [])).some((one) => concerns(gap, one))
    )
  })
  return {
    series: (sensors) => asked.series(sensors),
    raw: raw(asked),
    buckets: buckets(asked),
    at: at(asked),
    last: last(asked),
    states: states(asked),
    gaps,
    state: store.state,
    writer: Effect.undefined
  }
}
