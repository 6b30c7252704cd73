import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ExpectationFailed } from "./ExpectationFailed.ts"
import { Signal } from "./Signal.ts"

/**
 * The limit of a wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface WithinOptions {
  /** The time limit, by the Clock. Default 5 seconds. */
  readonly within?: Duration.Input | undefined
}

/** Fails if an effect takes longer. */
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
 * A record of events in order, which a test can read and wait for.
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

  /** Created by fake devices only. */
  constructor(what: string, show: (entry: A) => string) {
    this.what = what
    this.show = show
  }

  /** All entries so far, taken or not. */
  get all(): ReadonlyArray<A> {
    return this.entries.slice()
  }

  /** Takes the entries that were not taken yet. */
  get takeAll(): Effect.Effect<ReadonlyArray<A>> {
    return Effect.sync(() => {
      const from = this.taken
      this.taken = this.entries.length
      return this.entries.slice(from)
    })
  }

  /** Waits for the next entries and takes them. Fails, and takes none, if there are too few in time. */
  take(count: number, options?: WithinOptions): Effect.Effect<ReadonlyArray<A>, ExpectationFailed> {
    return this.await(count, options, () => {
      this.taken += count
      return this.entries.slice(this.taken - count, this.taken)
    })
  }

  /** Waits until this many entries can be taken. */
  wait(count: number, options?: WithinOptions): Effect.Effect<void, ExpectationFailed> {
    return this.await(count, options, () => {})
  }

  /** @internal */
  add(entry: A): void {
    this.entries.push(entry)
    this.signal.notify()
  }

  /** Runs a function as soon as this many entries can be taken. */
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
