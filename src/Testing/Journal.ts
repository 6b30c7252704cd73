import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ExpectationFailed } from "./ExpectationFailed.ts"
import { Signal } from "./Signal.ts"

/**
 * How long something is waited for.
 *
 * @category models
 * @since 0.1.0
 */
export interface WithinOptions {
  /** How long, by the Clock. Default 5 seconds. */
  readonly within?: Duration.Input | undefined
}

/** Fails where an effect takes longer. */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  options: WithinOptions | undefined,
  late: (after: string) => ExpectationFailed
): Effect.Effect<A, E | ExpectationFailed, R> => {
  const duration = Duration.fromInputUnsafe(options?.within ?? "5 seconds")
  return Effect.timeoutOrElse(effect, {
    duration,
    orElse: () => Effect.suspend(() => Effect.fail(late(Duration.format(duration))))
  })
}

/**
 * What happened, in its order, for a test to look at and wait for.
 *
 * @category models
 * @since 0.1.0
 */
export class Journal<A> {
  private readonly entries: Array<A> = []
  private taken = 0
  private readonly signal = new Signal()
  private readonly what: string
  private readonly show: (entry: A) => string

  /** Made by fake devices only. */
  constructor(what: string, show: (entry: A) => string) {
    this.what = what
    this.show = show
  }

  /** All so far, taken or not. */
  get all(): ReadonlyArray<A> {
    return this.entries.slice()
  }

  /** Takes those that were not taken yet. */
  get takeAll(): Effect.Effect<ReadonlyArray<A>> {
    return Effect.sync(() => {
      const from = this.taken
      this.taken = this.entries.length
      return this.entries.slice(from)
    })
  }

  /** Takes the next ones, waited for. Fails where so many do not come in time; then none is taken. */
  take(count: number, options?: WithinOptions): Effect.Effect<ReadonlyArray<A>, ExpectationFailed> {
    return this.await(count, options, () => {
      this.taken += count
      return this.entries.slice(this.taken - count, this.taken)
    })
  }

  /** Waits until there are so many that were not taken yet; they can be taken then. */
  wait(count: number, options?: WithinOptions): Effect.Effect<void, ExpectationFailed> {
    return this.await(count, options, () => {})
  }

  /** @internal */
  add(entry: A): void {
    this.entries.push(entry)
    this.signal.notify()
  }

  /** Does something as soon as there are so many that were not taken. */
  private await<B>(count: number, options: WithinOptions | undefined, then: () => B) {
    const there = () => this.entries.slice(this.taken)
    const waiting: Effect.Effect<B> = Effect.suspend(() =>
      this.entries.length - this.taken >= count ? Effect.succeed(then()) : Effect.andThen(this.signal.changed, waiting)
    )
    return within(
      waiting,
      options,
      (after) =>
        new ExpectationFailed({
          what: this.what,
          expected: `${count} within ${after}`,
          actual: [`${there().length}`, ...there().map(this.show)].join("\n")
        })
    )
  }
}
