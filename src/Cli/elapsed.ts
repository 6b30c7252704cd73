import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Starts a stopwatch. Returns a function that returns the seconds since, by the monotonic clock. */
export const stopwatch: Effect.Effect<() => number> = Clock.clockWith((clock) =>
  Effect.sync(() => {
    const began = clock.monotonicTimeNanosUnsafe()
    return () => Number(clock.monotonicTimeNanosUnsafe() - began) / 1e9
  })
)
