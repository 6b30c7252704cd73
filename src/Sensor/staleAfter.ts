import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { expectDuration } from "../Message/index.ts"
import { type Follower, Following, type Input } from "./derived/Following.ts"
import { monotonic, type Run, Timer } from "./derived/Limiter.ts"
import { checkSource, type From, type Inputs, inputsOf } from "./derived/source.ts"
import type { Reading } from "./Reading.ts"
import { isValid, type Status } from "./Status.ts"

/** Sensors in the order of their last update, with one timer for the first. */
class Staleness implements Follower<unknown> {
  readonly following: Following<unknown>
  private readonly due = new Map<Input<unknown>, number>()
  private readonly clock: Clock.Clock
  private readonly after: number
  private readonly status: Status
  private readonly timer: Timer
  /** The input that is being marked as stale: its next reading is the mark. */
  private marking: Input<unknown> | undefined = undefined

  constructor(source: Inputs<unknown>, after: number, status: Status, clock: Clock.Clock, run: Run) {
    this.clock = clock
    this.after = after
    this.status = status
    this.timer = new Timer(run, () => this.look())
    this.following = new Following(source, this)
  }

  added(input: Input<unknown>): void {
    this.due.set(input, monotonic(this.clock) + this.after)
    if (!this.timer.isSet) this.timer.set(this.after)
  }

  updated(input: Input<unknown>, _previous: Reading<unknown>): void {
    if (this.marking === input) {
      this.marking = undefined
      return
    }
    this.due.delete(input)
    this.added(input)
  }

  removed(input: Input<unknown>): void {
    this.due.delete(input)
  }

  settled(): void {}

  end(): void {
    this.following.end()
    this.timer.end()
  }

  private look(): void {
    const now = monotonic(this.clock)
    const late: Array<Input<unknown>> = []
    for (const [input, time] of this.due) {
      if (time > now) {
        this.timer.set(time - now)
        break
      }
      late.push(input)
    }
    let failure: { readonly thrown: unknown } | undefined
    for (const input of late) {
      try {
        this.mark(input, now)
      } catch (thrown) {
        failure ??= { thrown }
      }
    }
    if (failure !== undefined) throw failure.thrown
  }

  private mark(input: Input<unknown>, now: number): void {
    // an observer of a sensor marked before may have set or removed this one
    const time = this.due.get(input)
    if (time === undefined || time > now) return
    this.due.delete(input)
    const { status, value } = input.sensor.reading
    if (!isValid(status)) return
    this.marking = input
    try {
      input.sensor.setUnsafe(value, this.status, this.clock.currentTimeMillisUnsafe() / 1000)
    } finally {
      this.marking = undefined
    }
  }
}

/**
 * Watches sensors until the Scope ends. A valid sensor that is not set for a time keeps its value and gets another
 * status, by default `unknown`, with the current time. It is watched again once it is set. The cost of an update does
 * not depend on the number of sensors, and one timer serves all of them.
 *
 * @example
 * ```ts
 * import { Sensor } from "katcp"
 *
 * // everything that the weather station tells must be new every minute
 * export const watch = (set: Sensor.SensorSet) =>
 *   Sensor.staleAfter(
 *     Sensor.Inputs.fromSet(set, ({ name }) => name.startsWith("weather.")),
 *     "1 minute",
 *     "failure"
 *   )
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const staleAfter = (
  from: From<unknown>,
  after: Duration.Input,
  status: Status = "unknown"
): Effect.Effect<void, never, Scope.Scope> => {
  checkSource("Sensor.staleAfter", from)
  const limit = Duration.toMillis(expectDuration("Sensor.staleAfter", after))
  return Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const clock = Context.get(context, Clock.Clock)
    const run = Effect.runForkWith(context)
    const staleness = yield* Effect.acquireRelease(
      Effect.sync(() => new Staleness(inputsOf(from), limit, status, clock, run)),
      (staleness) => Effect.sync(() => staleness.end())
    )
    yield* Effect.sync(() => staleness.following.start())
  })
}
