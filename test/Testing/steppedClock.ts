import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The clock of a test, with a function that sets its time of day by some milliseconds. Timers and the other clock go on. */
export const steppedClock = Effect.map(Clock.Clock, (clock) => {
  let ahead = 0
  const currentTimeMillisUnsafe = () => clock.currentTimeMillisUnsafe() + ahead
  const currentTimeNanosUnsafe = () => clock.currentTimeNanosUnsafe() + BigInt(ahead) * 1_000_000n
  const stepped: Clock.Clock = {
    ...clock,
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
    currentTimeNanosUnsafe,
    currentTimeNanos: Effect.sync(currentTimeNanosUnsafe)
  }
  const step = (milliseconds: number): void => {
    ahead += milliseconds
  }
  return { clock: stepped, step }
})
