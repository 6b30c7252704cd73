import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * A clock that is moved by hand, and can jump past the ends of sleeps as it does when the event loop is held up: who
 * slept wakes late then. It tells how many sleep.
 */
export class ManualClock implements Clock.Clock {
  private millis = 0
  private readonly sleepers = new Set<{ readonly until: number; readonly resume: () => void }>()

  /** How many fibers sleep. */
  get sleeping(): number {
    return this.sleepers.size
  }

  /** Moves the clock, and wakes all who should have woken by then, or `early` milliseconds later. Then lets them run. */
  jump(millis: number, early = 0): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.millis += millis
      for (const sleeper of [...this.sleepers]) {
        if (sleeper.until > this.millis + early) continue
        this.sleepers.delete(sleeper)
        sleeper.resume()
      }
      return this.settle
    })
  }

  /** Lets other fibers run. */
  readonly settle = Effect.forEach([1, 2, 3, 4], () => Effect.yieldNow, { discard: true })

  currentTimeMillisUnsafe(): number {
    return this.millis
  }
  currentTimeNanosUnsafe(): bigint {
    return BigInt(Math.round(this.millis * 1e6))
  }
  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }
  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = this.currentTimeNanos
  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const sleeper = { until: this.millis + Duration.toMillis(duration), resume: () => resume(Effect.void) }
      this.sleepers.add(sleeper)
      return Effect.sync(() => {
        this.sleepers.delete(sleeper)
      })
    })
  }
}
