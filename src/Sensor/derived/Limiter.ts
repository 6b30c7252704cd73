import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** The time in milliseconds by a clock that is never set. */
export const monotonic = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** Runs an effect in a fiber of its own. */
export type Run = (effect: Effect.Effect<void>) => Fiber.Fiber<void>

/** A timer that is set from code that is no effect. One fiber while it is set, none otherwise. */
export class Timer {
  private readonly run: Run
  private readonly emit: () => void
  private fiber: Fiber.Fiber<void> | undefined = undefined

  constructor(run: Run, emit: () => void) {
    this.run = run
    this.emit = emit
  }

  get isSet(): boolean {
    return this.fiber !== undefined
  }

  set(milliseconds: number): void {
    const fire = Effect.sync(() => {
      this.fiber = undefined
      this.emit()
    })
    this.fiber = this.run(
      Effect.sleep(Math.ceil(milliseconds)).pipe(
        Effect.andThen(fire),
        // nobody set a sensor whom that would reach
        Effect.catchDefect((defect) => Effect.logError("an observer of a sensor failed", Cause.die(defect)))
      )
    )
  }

  end(): void {
    this.fiber?.interruptUnsafe()
    this.fiber = undefined
  }
}

/** Does something when asked to, but not again before a time has passed: then once, if it was asked meanwhile. */
export class Limiter {
  private readonly clock: Clock.Clock
  private readonly window: number
  private readonly emit: () => void
  private readonly timer: Timer
  private until = Number.NEGATIVE_INFINITY

  constructor(window: number, clock: Clock.Clock, run: Run, emit: () => void) {
    this.window = window
    this.clock = clock
    this.emit = emit
    this.timer = new Timer(run, () => this.now())
  }

  request(): void {
    if (this.timer.isSet) return
    const left = this.until - monotonic(this.clock)
    if (left > 0) this.timer.set(left)
    else this.now()
  }

  end(): void {
    this.timer.end()
  }

  private now(): void {
    this.until = monotonic(this.clock) + this.window
    this.emit()
  }
}
