import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type { KatcpError } from "../Message/index.ts"

/** How many milliseconds to wait; undefined where the schedule has come to its end. */
export const delayOf = (
  step: Effect.Success<ReturnType<typeof Schedule.toStep<unknown, KatcpError, never, never>>>,
  error: KatcpError
): Effect.Effect<number | undefined> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.match(step(now, error), {
      onFailure: () => undefined,
      onSuccess: ([, delay]) => Duration.toMillis(delay)
    })
  )
