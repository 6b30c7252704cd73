import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type { KatcpError } from "../../Message/index.ts"

/**
 * Returns the milliseconds to wait, or `undefined` at the end of the schedule. The schedule counts elapsed time by the
 * monotonic clock: changes of the host's clock have no effect.
 */
export const delayOf = (
  step: Effect.Success<ReturnType<typeof Schedule.toStep<unknown, KatcpError, never, never>>>,
  error: KatcpError
): Effect.Effect<number | undefined> =>
  Effect.flatMap(Clock.monotonicTimeNanos, (now) =>
    Effect.match(step(Number(now) / 1e6, error), {
      onFailure: () => undefined,
      onSuccess: ([, delay]) => Duration.toMillis(delay)
    })
  )
