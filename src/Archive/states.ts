import { isValid } from "../Sensor/index.ts"
import { type Gap, hides } from "./model/Gap.ts"
import type { ArchivedReading } from "./model/Reading.ts"
import { seconds } from "./model/Reading.ts"
import type { Value } from "./model/Value.ts"

/**
 * How long a sensor was in a state.
 *
 * @category models
 * @since 0.1.0
 */
export interface StateDuration {
  readonly state: Value
  /** How long, in seconds. */
  readonly seconds: number
  /** How often the state was entered, the one at the beginning among them. */
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
   * How long the state was not known, in seconds: before the first reading, while the device was away or the archive off,
   * and while the status was unknown, failure, unreachable or inactive.
   */
  readonly unknown: number
}

/** Types whose values are states. */
export const hasStates = (type: string): boolean =>
  type === "discrete" || type === "boolean" || type === "lru" || type === "string"

/**
 * Adds up how long each state lasted. `readings` are in order of time; the first may lie before the beginning. Times in
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
  /** The state that was last added to: it is entered anew only after another, or after none was known. */
  let last: Value | undefined
  const edges = [...new Set(gaps.flatMap((gap) => [gap.from, gap.to ?? to]))].sort((one, other) => one - other)
  let edge = 0
  const spend = (until: number): void => {
    while (time < until) {
      while (edge < edges.length && edges[edge]! <= time) edge++
      const end = Math.min(until, edges[edge] ?? until)
      const state = gaps.some((gap) => hides(gap, time)) ? undefined : current
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
