import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { TestClock } from "effect/testing"

/** The clock of a test, whose wall time can be set without moving its monotonic time: as a host's clock is set. */
export class SetClock implements Clock.Clock {
  private readonly clock: TestClock.TestClock
  private offset = 0

  constructor(clock: TestClock.TestClock) {
    this.clock = clock
  }

  /** Sets the wall time forward, or back by a negative number of milliseconds. */
  shift(milliseconds: number): void {
    this.offset += milliseconds
  }

  /** Moves both times, as `TestClock.adjust` does. */
  adjust(duration: Duration.Input): Effect.Effect<void> {
    return this.clock.adjust(duration)
  }

  currentTimeMillisUnsafe(): number {
    return this.clock.currentTimeMillisUnsafe() + this.offset
  }
  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  currentTimeNanosUnsafe(): bigint {
    return this.clock.currentTimeNanosUnsafe() + BigInt(this.offset) * 1_000_000n
  }
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  monotonicTimeNanosUnsafe(): bigint {
    return this.clock.monotonicTimeNanosUnsafe()
  }
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())
  sleep: Clock.Clock["sleep"] = (duration) => this.clock.sleep(duration)
}

/** Runs an effect with a clock that can be set; for tests that have a TestClock. */
export const withSetClock = <A, E, R>(use: (clock: SetClock) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) => {
    const set = new SetClock(clock as TestClock.TestClock)
    return Effect.provideService(use(set), Clock.Clock, set)
  })
