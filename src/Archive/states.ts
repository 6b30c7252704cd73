import { isValid } from "../Sensor/index.ts"
import type { Gap } from "./model/Gap.ts"
import type { ArchivedReading } from "./model/Reading.ts"
import { seconds } from "./model/Reading.ts"
import type { Value } from "./model/Value.ts"

/**
 * The time of a sensor in a state.
 *
 * @category models
 * @since 0.1.0
 */
export interface StateDuration {
  readonly state: Value
  /** The time, in seconds. */
  readonly seconds: number
  /** The number of times that the state was entered, including the one at the beginning. */
  readonly entered: number
}

/**
 * The states of a sensor in a stretch of time, the longest first.
 *
 * @category models
 * @since 0.1.0
 */
export interface States {
  readonly device: string
  readonly sensor: string
  readonly states: ReadonlyArray<StateDuration>
  /**
   * The time without a known state, in seconds: before the first reading, while the device was away or the archive off,
   * and while the status was unknown, failure, unreachable or inactive.
   */
  readonly unknown: number
}

/** Types whose values are states. */
export const hasStates = (type: string): boolean =>
  type === "discrete" || type === "boolean" || type === "lru" || type === "string"

/**
 * Adds up the time of each state. `readings` are in order of time; the first may be before the beginning. Times are in
 * microseconds.
 */
export const durations = (
  readings: Iterable<ArchivedReading>,
  gaps: ReadonlyArray<Gap>,
  from: number,
  to: number
): Pick<States, "states" | "unknown"> => {
  const found = new Map<Value, { micros: number; entered: number }>()
  let unknown = 0
  let current: Value | undefined
  let time = from
  /** The last counted state: it is entered again only after another one, or after an unknown time. */
  let last: Value | undefined
  const hidden = hiddenOf(gaps, to)
  let place = 0
  const spend = (until: number): void => {
    while (time < until) {
      while (place < hidden.length && hidden[place]![1] <= time) place++
      const [begins, ends] = hidden[place] ?? [until, until]
      const isHidden = begins <= time
      const end = Math.min(until, isHidden ? ends : begins)
      const state = isHidden ? undefined : current
      if (state === undefined) unknown += end - time
      else {
        const entry = found.get(state) ?? { micros: 0, entered: 0 }
        found.set(state, entry)
        entry.micros += end - time
        if (last !== state) entry.entered++
      }
      last = state
      time = end
    }
  }
  for (const reading of readings) {
    spend(Math.min(Math.max(Math.round(reading.time * 1e6), from), to))
    current = isValid(reading.status) ? reading.value : undefined
  }
  spend(to)
  return {
    states: [...found]
      .map(([state, { entered, micros }]) => ({ state, seconds: seconds(micros), entered }))
      .sort((one, other) => other.seconds - one.seconds || (String(one.state) < String(other.state) ? -1 : 1)),
    unknown: seconds(unknown)
  }
}

/** The stretches of time with a state hidden by gaps: in order, without overlaps. */
const hiddenOf = (gaps: ReadonlyArray<Gap>, to: number): ReadonlyArray<readonly [from: number, to: number]> => {
  const found: Array<[from: number, to: number]> = []
  for (const gap of [...gaps].sort((one, other) => one.from - other.from)) {
    const end = gap.to ?? to
    if (gap.reason === "lost" || end <= gap.from) continue
    const before = found.at(-1)
    if (before !== undefined && gap.from <= before[1]) before[1] = Math.max(before[1], end)
    else found.push([gap.from, end])
  }
  return found
}
