import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Returns the time in milliseconds by the monotonic clock. */
export const monotonic = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** Runs an effect in a new fiber. */
export type Run = (effect: Effect.Effect<void>) => Fiber.Fiber<void>

/** A timer that synchronous code sets. It has one fiber while it is set, and otherwise none. */
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
        // the timer set the sensor, so there is no caller to receive the exception
        Effect.catchDefect((defect) => Effect.logError("an observer of a sensor failed", Cause.die(defect)))
      )
    )
  }

  end(): void {
    this.fiber?.interruptUnsafe()
    this.fiber = undefined
  }
}

/**
 * Runs an action on request, but at most once per interval. Requests within the interval run the action once at its
 * end.
 */
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
