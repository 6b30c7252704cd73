import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/**
 * The milliseconds after which other work gets its turn. Measured: the end of a slice (encoding its text) takes up to 3
 * ms in the first text of a process, and 1 ms later, so a process is blocked for less than 10 ms.
 */
const longest = 3
/** The steps between two reads of the clock. Not measured: a step takes 2 to 15 µs, a read 0.1 µs. */
const stride = 16

/** Divides long work into slices of time, with turns for other work between them, and records the longest. */
export class Slices {
  /** The longest slice so far, in seconds, including the work at its end. */
  longest = 0
  private readonly clock: Clock.Clock
  private begun: number
  private steps = 0

  constructor(clock: Clock.Clock) {
    this.clock = clock
    this.begun = this.now()
  }

  /** Counts a step. Returns `true` if {@link turn} is due. */
  step(): boolean {
    return ++this.steps % stride === 0 && this.now() - this.begun >= longest
  }

  /** Ends a slice without a turn for other work. */
  end(): void {
    this.longest = Math.max(this.longest, (this.now() - this.begun) / 1000)
  }

  /** Ends a slice, lets other work run, and begins the next. */
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
