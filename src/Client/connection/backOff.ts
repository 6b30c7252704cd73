import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { milliseconds } from "./milliseconds.ts"

/**
 * Returns a Schedule with exponential back-off and jitter. The delay is `initial` (default half a second), then twice
 * as long each time up to `longest` (default a minute). Each delay is randomly chosen between half of it and all of it,
 * which spreads the reconnections of many clients.
 *
 * @category schedules
 * @since 0.1.0
 */
export const backOff = (options?: {
  readonly initial?: Duration.Input | undefined
  readonly longest?: Duration.Input | undefined
}): Schedule.Schedule<unknown> => {
  const longest = milliseconds(options?.longest ?? "1 minute")
  return Schedule.exponential(options?.initial ?? "500 millis").pipe(
    Schedule.modifyDelay(({ duration }) =>
      Effect.map(Random.next, (random) =>
        Duration.millis(Math.min(Duration.toMillis(duration), longest) * (0.5 + random / 2))
      )
    )
  )
}

/**
 * The default Schedule of reconnecting: {@link backOff} with its defaults.
 *
 * @category schedules
 * @since 0.1.0
 */
export const reconnectSchedule: Schedule.Schedule<unknown> = backOff()
