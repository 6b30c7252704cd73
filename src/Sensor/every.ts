import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { expectDuration } from "../Message/index.ts"
import { monotonic } from "./derived/Limiter.ts"

/**
 * Returns a schedule that recurs at multiples of an interval after its start, by the monotonic clock. A run that takes
 * longer than the interval is followed by one run at once; then the multiples continue. Unlike `Schedule.fixed`, it
 * ignores changes of the host's clock. (`Schedule.fixed` recurs at half its rate for an hour if the clock is set back
 * by an hour.) The output counts from 0. Throws a `RangeError` for an interval that is not more than 0.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Arg, Sensor } from "katcp"
 *
 * const temperature = Sensor.make("temperature", { type: Arg.Float, units: "degC" })
 *
 * export const polled = (read: Effect.Effect<number, Error>) => Sensor.poll(temperature, read, Sensor.every("1 second"))
 * ```
 *
 * @category schedules
 * @since 0.1.0
 */
export const every = (interval: Duration.Input): Schedule.Schedule<number> => {
  const window = typeof interval === "number" ? interval : Duration.toMillis(expectDuration("Sensor.every", interval))
  if (!(window > 0)) throw new RangeError(`an interval must be more than 0 ms, got ${window} ms`)
  return Schedule.fromStepWithMetadata(
    Clock.clockWith((clock) => {
      let start = 0
      /** The next multiple. */
      let next = 0
      return Effect.succeed(({ attempt }: { readonly attempt: number }) =>
        Effect.sync(() => {
          const now = monotonic(clock)
          if (attempt === 1) {
            start = now
            next = 0
          }
          const late = start + (next + 1) * window - now
          next = late < 0 ? Math.floor((now - start) / window) : next + 1
          return [attempt - 1, Duration.millis(Math.max(0, late))] as [number, Duration.Duration]
        })
      )
    })
  )
}
