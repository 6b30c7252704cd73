/** The times of strategies as Schedules. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Sensor from "../../Sensor/index.ts"
import type { DifferentialRate, EventRate, Period } from "./Strategy.ts"
import { longestPeriod } from "./table.ts"

/** Times above the longest period mean for ever. */
const milliseconds = (seconds: number): number =>
  seconds > longestPeriod ? Number.POSITIVE_INFINITY : Math.round(seconds * 1e9) / 1e6

/** The times of the strategies with rates. */
const rates = ({ longest, shortest }: EventRate | DifferentialRate): Schedule.Schedule<number, boolean> => {
  const early = milliseconds(shortest)
  const late = milliseconds(longest)
  return Schedule.fromStep(
    Clock.clockWith((clock) => {
      let reports = 0
      let reportedAt = 0
      return Effect.succeed((_: number, changed: boolean) =>
        Effect.sync(() => {
          const now = Number(clock.monotonicTimeNanosUnsafe()) / 1e6
          if (!changed || reports === 0) {
            reports++
            reportedAt = now
          }
          const due = reportedAt + (changed ? early : late)
          return [reports, Duration.millis(Math.max(0, due - now))] as [number, Duration.Duration]
        })
      )
    })
  )
}

/**
 * Returns the times of a strategy as a Schedule, by the monotonic clock: for code with its own polling or reporting.
 * `Sampling.stream` runs on these Schedules.
 *
 * - `period`: the times at which to report: a grid that begins at the start, without a burst after a delay. The output
 *   counts from 0.
 * - `event-rate`, `differential-rate`: the delay until the next report. The input is `false` after a report, and `true`
 *   after a change that is not reported yet. So the delay is the longest time at first. After a change, it is the rest
 *   of the shortest time since the last report. Take steps with `Schedule.toStep`, and stop waiting when a change
 *   arrives. The output is the number of reports.
 *
 * @example
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { Sampling } from "katcp"
 *
 * const { Strategy } = Sampling
 * const program = Effect.gen(function* () {
 *   const step = yield* Schedule.toStep(Strategy.schedule(Strategy.eventRate("1 second", "10 seconds")))
 *   const [, untilRepeated] = yield* step(0, false)
 *   const [, untilReported] = yield* step(0, true)
 *   return [untilRepeated, untilReported].map(String)
 * })
 * export const delays = await Effect.runPromise(program)
 * ```
 *
 * @category schedules
 * @since 0.1.0
 */
export const schedule: {
  (strategy: Period): Schedule.Schedule<number>
  (strategy: EventRate | DifferentialRate): Schedule.Schedule<number, boolean>
  (strategy: Period | EventRate | DifferentialRate): Schedule.Schedule<number, boolean>
} = (strategy: Period | EventRate | DifferentialRate): Schedule.Schedule<number> =>
  (strategy._tag === "Period"
    ? Sensor.every(Duration.seconds(strategy.period))
    : rates(strategy)) as Schedule.Schedule<number>
