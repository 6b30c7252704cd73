import * as Effect from "effect/Effect"
import { nearest } from "../../Message/index.ts"
import { QueryRefused, type StoreFailed } from "../errors.ts"
import { maxGaps } from "../model/bounds.ts"
import type { Gap } from "../model/Gap.ts"
import { nameOf, type Series } from "../model/Series.ts"
import { bounded, type Limits, type Sensors, senseless, shortened } from "../queries.ts"
import type { Store } from "../Store.ts"
import { matcherOf } from "../select.ts"
import { Weight } from "./Weight.ts"

/** Given by double precision: beyond all times in a store, and still an exact integer. */
export const ever = 9e15

/** The common part of all queries: the store, the limits, the series and the gaps. */
export class Asked {
  readonly store: Store["Service"]
  readonly limits: Limits

  constructor(store: Store["Service"], limits: Limits) {
    this.store = store
    this.limits = limits
  }

  /** Returns the series that match patterns, by name, older ones first. */
  series(sensors?: Sensors): Effect.Effect<ReadonlyArray<Series>, QueryRefused | StoreFailed> {
    const patterns = sensors === undefined ? ["*"] : typeof sensors === "string" ? [sensors] : sensors
    if (patterns.length === 0)
      return senseless("name the sensors: device/sensor, with * and ? for any text; got an empty list")
    return Effect.gen({ self: this as Asked }, function* () {
      const matches = yield* Effect.fromResult(matcherOf(patterns))
      const all = orderedOf(yield* this.store.series)
      const found = all.filter(({ device, sensor }) => matches(device, sensor))
      if (found.length === 0 && sensors !== undefined)
        return yield* new QueryRefused({ why: "unknown", message: unknown(patterns, all) })
      yield* bounded("sensors", found.length, this.limits.sensors, "name fewer of them")
      return found
    })
  }

  /** Returns a counter for the text of one answer. */
  weight(): Weight {
    return new Weight(this.limits.text)
  }

  /** Returns the gaps that overlap a stretch of time, in microseconds. */
  gaps(from: number, to: number): Effect.Effect<ReadonlyArray<Gap>, QueryRefused | StoreFailed> {
    return Effect.flatMap(this.store.gaps(from, to), (gaps) =>
      Effect.as(bounded("gaps or more", gaps.length, maxGaps - 1, "ask for a shorter time"), gaps)
    )
  }
}

/** Series in the order of their names. A store returns the same list until it changes: it is sorted once. */
const ordered = new WeakMap<ReadonlyArray<Series>, ReadonlyArray<Series>>()
const orderedOf = (series: ReadonlyArray<Series>): ReadonlyArray<Series> => {
  const known = ordered.get(series)
  if (known !== undefined) return known
  const named = series.map((one) => ({ name: nameOf(one), one }))
  named.sort((one, other) => compare(one.name, other.name) || one.one.id - other.one.id)
  const sorted = named.map(({ one }) => one)
  ordered.set(series, sorted)
  return sorted
}

/** Characters of a name for which similar ones are looked for. Not measured: longer ones are seldom typed. */
const longestName = 200
/** Names of a device up to which similar ones are looked for. Measured: 2,000 take 20 to 70 ms, in which nobody is served. */
const manyNames = 200

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

const unknown = (patterns: ReadonlyArray<string>, all: ReadonlyArray<Series>): string => {
  const names = [...new Set(all.map(nameOf))]
  const asked = patterns.join(" ")
  const ofDevice = names.filter((name) => name.startsWith(asked.slice(0, asked.indexOf("/") + 1)))
  const isFew = asked.length <= longestName && ofDevice.length <= manyNames
  const similar = isFew ? nearest(asked, ofDevice) : []
  const some = names.slice(0, 5).map(shortened).join(", ")
  const there =
    names.length === 0
      ? "the archive is empty"
      : similar.length > 0
        ? `did you mean ${similar.map(shortened).join(", ")}?`
        : `it has ${some}${names.length > 5 ? `, and ${names.length - 5} more` : ""}`
  return `the archive has no readings of ${shortened(asked)}: ${there}`
}
