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
/**
 * Grids that begin in one millisecond. Measured with 1,000 sensors by `period 0.1`, set in one request: what the reports
 * of a turn allocate makes V8 collect within that turn, so all 1,000 are late together: by 4.2 ms (99th percentile).
 * With 256 in a turn it is 2.6 ms, for 0.4 µs of CPU more for each report; with 64 the writes and wake-ups cost 2.2 µs
 * for each.
 */
const together = 256
/**
 * Milliseconds over which grids that are set at once are spread; if there are more of them, more begin in each. Not
 * measured: 32,768 grids, which a server can hardly report in this time.
 */
const spread = 128
/** The time of waking while no timer is being woken: before all times. */
const idle = Number.NEGATIVE_INFINITY

/**
 * The deadlines of many samplers: one instance serves a whole server. One fiber sleeps until the earliest deadline, and
 * without deadlines there is no fiber. It uses the monotonic clock, so changes of the system's clock have no effect.
 * Deadlines are met to the millisecond, and never early. If many are due at once, the event loop turns after every 500.
 *
 * @category models
 * @since 0.1.0
 */
export class Timers {
  private agenda = new Agenda()
  private readonly clock: Clock.Clock
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private fiber: Fiber.Fiber<void> | undefined = undefined
  /** The time until which the fiber sleeps. */
  private until = Number.POSITIVE_INFINITY
  /** The time of the timers that are being woken, or {@link idle}. */
  private waking = idle
  private over = false
  /** The millisecond in which the last grid began, and how many began in it. */
  private beginning = 0
  private beginners = 0

  private constructor(clock: Clock.Clock, run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) {
    this.clock = clock
    this.run = run
  }

  /** Creates timers that stop when the scope closes. */
  static readonly make: Effect.Effect<Timers, never, Scope.Scope> = Effect.acquireRelease(
    Effect.map(Effect.context<never>(), (context) => Timers.makeUnsafe(context)),
    (timers) => Effect.sync(() => timers.close())
  )

  /** @internal creates timers without an effect: {@link close} stops them */
  static makeUnsafe(context: Context.Context<never>): Timers {
    return new Timers(Context.get(context, Clock.Clock), Effect.runForkWith(context))
  }

  /** The number of waiting timers. */
  get size(): number {
    return this.agenda.size
  }

  /** The time in milliseconds of a monotonic clock. */
  now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  /** @internal returns the milliseconds by which a grid that is set now begins later, so few are due in one turn */
  stagger(now: number): number {
    const at = Math.floor(now)
    if (this.beginning < at) {
      this.beginning = at
      this.beginners = 0
    } else if (this.beginners === together) {
      this.beginning = this.beginning + 1 < at + spread ? this.beginning + 1 : at
      this.beginners = 0
    }
    this.beginners++
    return this.beginning - at
  }

  /** @internal sets the time of a timer, replacing the earlier one; `Infinity` for never */
  set(timer: Timer, time: number): void {
    if (this.over) return
    this.agenda.remove(timer)
    if (time === Number.POSITIVE_INFINITY) return this.rest()
    // a timer that is woken now is not woken again in the same millisecond
    this.agenda.add(timer, Math.max(time, Math.floor(this.waking) + 1))
    if (this.waking === idle && this.agenda.at < this.until) this.start()
  }

  /** @internal sets the time of a timer if it is earlier than its current one */
  wakeEarlier(timer: Timer, time: number): void {
    if (timer.at > time) this.set(timer, time)
  }

  /** @internal stops a timer */
  cancel(timer: Timer): void {
    if (this.over) return
    this.agenda.remove(timer)
    this.rest()
  }

  /** Sleeps until the first timer is due, wakes all that are due, and repeats until there are no timers. */
  private static readonly loop = Effect.fnUntraced(function* (self: Timers) {
    while (self.agenda.size > 0) {
      self.until = self.agenda.at
      // sleeps at least a little, so no timer is woken synchronously by the code that set it
      yield* Effect.sleep(Math.max(1, Math.ceil(self.until - self.now() - tolerance)))
      while (self.agenda.at <= self.now()) {
        const failures = self.wakeSome(self.now())
        for (const failure of failures) yield* Effect.logError("a report of a sensor failed", Cause.die(failure))
        yield* Effect.yieldNow
      }
    }
    self.fiber = undefined
    self.until = Number.POSITIVE_INFINITY
  })

  /** Wakes one slice of the due timers. Returns their exceptions: an exception does not stop the others. */
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
    this.fiber = this.run(Timers.loop(this))
  }

  /** Stops the fiber if no timer waits. */
  private rest(): void {
    if (this.agenda.size > 0 || this.waking !== idle) return
    this.fiber?.interruptUnsafe()
    this.fiber = undefined
    this.until = Number.POSITIVE_INFINITY
  }

  /** @internal stops all timers, and ignores new ones */
  close(): void {
    this.over = true
    this.agenda = new Agenda()
    this.rest()
  }
}
