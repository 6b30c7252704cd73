import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/**
 * Milliseconds after which others get their turn. Measured: what follows a slice (making bytes of its text) takes up to 3 ms
 * in the first text of a process, and 1 ms later, so a process is held up for less than 10 ms.
 */
const longest = 3
/** Steps between two looks at the clock. Not measured: a step takes 2 to 15 µs, a look 0.1 µs. */
const stride = 16

/** Divides long work into slices of time, between which others get their turn, and knows the longest. */
export class Slices {
  /** The longest slice so far, in seconds, with what was done at its end. */
  longest = 0
  private readonly clock: Clock.Clock
  private begun: number
  private steps = 0

  constructor(clock: Clock.Clock) {
    this.clock = clock
    this.begun = this.now()
  }

  /** Counts a step. Returns `true` if it is time for {@link turn}. */
  step(): boolean {
    return ++this.steps % stride === 0 && this.now() - this.begun >= longest
  }

  /** Ends a slice without giving others their turn. */
  end(): void {
    this.longest = Math.max(this.longest, (this.now() - this.begun) / 1000)
  }

  /** Ends a slice, gives others their turn, and begins the next. */
  readonly turn: Effect.Effect<void> = Effect.suspend(() => {
    this.end()
    return Effect.map(Effect.yieldNow, () => {
      this.begun = this.now()
    })
  })

  private now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }
}
