import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { Agenda, type Timer, tolerance } from "./Agenda.ts"

/**
 * Timers that are woken in one turn of the event loop. Waking one costs 0.2 to 1.4 µs (measured, `bench/sampling.ts`), so
 * a turn takes at most 0.7 ms besides the reports themselves.
 */
const slice = 500
/** The time of waking while nobody is woken: before all times. */
const idle = Number.NEGATIVE_INFINITY

/**
 * The deadlines of many samplers: one of these serves a whole server. There is one fiber that sleeps until the earliest
 * deadline, and none while there is nothing to wait for. It tells time by the clock's monotonic time, so that setting the
 * system's clock disturbs nothing; deadlines are met to the millisecond, and not early. Where many are due at once, the
 * event loop turns between every 500 of them.
 *
 * @category models
 * @since 0.1.0
 */
export class Timers {
  private agenda = new Agenda()
  private readonly clock: Clock.Clock
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private fiber: Fiber.Fiber<void> | undefined = undefined
  /** Until when the fiber sleeps. */
  private until = Number.POSITIVE_INFINITY
  /** The time of those that are woken right now, or {@link idle}. */
  private waking = idle
  private over = false

  private constructor(clock: Clock.Clock, run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) {
    this.clock = clock
    this.run = run
  }

  /** Timers that stop when the scope closes. */
  static readonly make: Effect.Effect<Timers, never, Scope.Scope> = Effect.acquireRelease(
    Effect.map(
      Effect.context<never>(),
      (context) => new Timers(Context.get(context, Clock.Clock), Effect.runForkWith(context))
    ),
    (timers) => Effect.sync(() => timers.close())
  )

  /** How many timers wait. */
  get size(): number {
    return this.agenda.size
  }

  /** The time in milliseconds, of a clock that never goes back. */
  now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  /** @internal wakes the timer at a time, and not at the one that it was set to before; `Infinity` for never */
  set(timer: Timer, time: number): void {
    if (this.over) return
    this.agenda.remove(timer)
    if (time === Number.POSITIVE_INFINITY) return this.rest()
    // what is woken now is not woken again in the same millisecond
    this.agenda.add(timer, Math.max(time, Math.floor(this.waking) + 1))
    if (this.waking === idle && this.agenda.at < this.until) this.start()
  }

  /** @internal wakes the timer at a time, if that is sooner than what it was set to before */
  wakeEarlier(timer: Timer, time: number): void {
    if (timer.at > time) this.set(timer, time)
  }

  /** @internal the timer is woken no more */
  cancel(timer: Timer): void {
    if (this.over) return
    this.agenda.remove(timer)
    this.rest()
  }

  /** Sleeps until the first one is due, wakes all that are due, and so on, until there is none. */
  private readonly loop: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    while (this.agenda.size > 0) {
      this.until = this.agenda.at
      // at least a little, so that nobody is woken from within what set the timer
      yield* Effect.sleep(Math.max(1, Math.ceil(this.until - this.now() - tolerance)))
      while (this.agenda.at <= this.now()) {
        const failures = this.wakeSome(this.now())
        for (const failure of failures) yield* Effect.logError("a report of a sensor failed", Cause.die(failure))
        yield* Effect.yieldNow
      }
    }
    this.fiber = undefined
    this.until = Number.POSITIVE_INFINITY
  })

  /** Wakes one slice of those that are due. Gives what they threw: one that throws holds up no other. */
  private wakeSome(now: number): ReadonlyArray<unknown> {
    const failures: Array<unknown> = []
    this.waking = now
    for (let count = 0; count < slice; count++) {
      const timer = this.agenda.take(now)
      if (timer === undefined) break
      try {
        timer.wake(now)
      } catch (thrown) {
        failures.push(thrown)
      }
    }
    this.waking = idle
    return failures
  }

  private start(): void {
    this.fiber?.interruptUnsafe()
    this.fiber = this.run(this.loop)
  }

  /** Where there is nothing to wait for, nobody waits. */
  private rest(): void {
    if (this.agenda.size > 0 || this.waking !== idle) return
    this.fiber?.interruptUnsafe()
    this.fiber = undefined
    this.until = Number.POSITIVE_INFINITY
  }

  private close(): void {
    this.over = true
    this.agenda = new Agenda()
    this.rest()
  }
}
