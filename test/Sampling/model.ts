/**
 * The reports of the strategies, computed in another way than in the machine: not step by step, but which report is the next
 * one after a given one, looking at all of the script (Rev 5.1 §7.1, Table 9).
 */
import type { Strategy } from "katcp/Sampling"
import type { Reading } from "katcp/Sensor"

/** A reading that is set at a time, in milliseconds. In the same moment, later ones stand behind earlier ones. */
export interface Change {
  readonly time: number
  readonly reading: Reading<number>
}

export interface Report {
  readonly time: number
  readonly reading: Reading<number>
}

const differs = (one: Reading<number>, other: Reading<number>, difference: number): boolean =>
  one.status !== other.status ||
  (difference === 0 ? !(one.value === other.value) : Math.abs(one.value - other.value) > difference)

/** All reports up to a time, that time included. The first change is the reading at the beginning. */
export const expected = (
  strategy: Strategy.Strategy,
  changes: ReadonlyArray<Change>,
  until: number
): ReadonlyArray<Report> => {
  switch (strategy._tag) {
    case "None":
      return []
    case "Auto":
      return changes
    case "Period": {
      const period = strategy.period * 1000
      return Array.from({ length: Math.floor(until / period) + 1 }, (_, tick) => ({
        time: tick * period,
        // what is set in that very moment comes too late
        reading: changes.findLast(({ time }, at) => at === 0 || time < tick * period)!.reading
      }))
    }
    default: {
      const difference = "difference" in strategy ? Number(strategy.difference) : 0
      const shortest = "shortest" in strategy ? strategy.shortest * 1000 : 0
      const longest = "longest" in strategy ? strategy.longest * 1000 : Number.POSITIVE_INFINITY
      const reports: Array<Report> = [changes[0]!]
      /** The newest change that the last report knew of. */
      let known = 0
      for (;;) {
        const last = reports.at(-1)!
        const first = changes.findIndex(({ reading }, at) => at > known && differs(last.reading, reading, difference))
        const changed = first === -1 ? Number.POSITIVE_INFINITY : changes[first]!.time
        const early = changed < last.time + shortest
        const repetition = last.time + longest
        const time = Math.min(early ? last.time + shortest : changed, repetition)
        if (time > until || time === Number.POSITIVE_INFINITY) return reports
        known =
          !early && time < repetition ? first : changes.findLastIndex((change, at) => at <= known || change.time < time)
        reports.push({ time, reading: changes[known]!.reading })
      }
    }
  }
}
