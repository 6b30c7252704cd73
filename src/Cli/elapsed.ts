import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Starts a stopwatch: a function that returns the seconds since, by the clock that nobody sets. */
export const stopwatch: Effect.Effect<() => number> = Clock.clockWith((clock) =>
  Effect.sync(() => {
    const began = clock.monotonicTimeNanosUnsafe()
    return () => Number(clock.monotonicTimeNanosUnsafe() - began) / 1e9
  })
)
