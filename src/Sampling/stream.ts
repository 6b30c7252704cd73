import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import { dual } from "effect/Function"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Arg } from "../Codec/index.ts"
import type { Reading } from "../Sensor/index.ts"
import type { Sampled } from "./Machine.ts"
import { Sampler, type Source } from "./Sampler.ts"
import { isScheduled, report } from "./scheduled.ts"
import { resolve } from "./strategy/auto.ts"
import { faultFor } from "./strategy/check.ts"
import type { Numeric, Strategy, StrategyFor } from "./strategy/Strategy.ts"
import { Timers } from "./Timers.ts"

/**
 * The options of a stream of reports.
 *
 * @category models
 * @since 0.1.0
 */
export interface StreamOptions {
  /**
   * Timers that many streams share. By default each stream has its own fiber, and `period` and the rates run on their
   * Schedules (`Strategy.schedule`). The reports are equal. Shared timers cost less from a few thousand streams on.
   */
  readonly timers?: Timers | undefined
  /**
   * The number of reports by which a slow reader may fall behind before it loses the oldest. Default 1024: 90 KB of
   * numbers (88 bytes each, measured).
   */
  readonly bufferSize?: number | undefined
}

/**
 * The comparison of a stream's readings.
 *
 * @category models
 * @since 0.1.0
 */
export interface SampleOptions<in A> extends StreamOptions {
  /**
   * Returns `true` if two values are equal. `Equal.equals` by default: NaN equals NaN, −0 equals 0, records are
   * compared by content.
   */
  readonly equals?: ((one: A, other: A) => boolean) | undefined
}

const buffered = ({ bufferSize = 1024 }: StreamOptions) => ({ bufferSize, strategy: "sliding" }) as const

const timersOf = ({ timers }: StreamOptions): Effect.Effect<Timers, never, Scope.Scope> =>
  timers === undefined ? Timers.make : Effect.succeed(timers)

/** Runs a sampler that reports to a queue until the scope closes. */
const sampling = <A, E>(
  queue: Queue.Queue<Reading<A>, E | Cause.Done>,
  make: (receiver: {
    readonly timers: Timers
    readonly report: (source: Source<A>, reading: Reading<unknown>) => void
    readonly ended: () => void
  }) => Sampler<Source<A>>,
  timers: Timers
): Effect.Effect<Sampler<Source<A>>, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      make({
        timers,
        report: (_, reading) => Queue.offerUnsafe(queue, reading as Reading<A>),
        ended: () => Queue.endUnsafe(queue)
      })
    ),
    (sampler) => Effect.sync(() => sampler.stop())
  )

/**
 * Emits the reports that a client would receive for a sensor by this strategy: first the current reading, then by the
 * strategy (Rev 5.1 §7.1). Ends when the sensor ends. A strategy that does not fit the sensor is a defect
 * (`TypeError`); the types prevent it.
 *
 * @example
 * ```ts
 * import { Sampling, Sensor } from "katcp"
 *
 * export const everySecond = (azimuth: Sensor.LiveSensor<number>) =>
 *   Sampling.stream(azimuth, Sampling.Strategy.period("1 second"))
 * ```
 *
 * @category streams
 * @since 0.1.0
 */
export const stream = <A>(
  source: Source<A>,
  strategy: StrategyFor<A>,
  options: StreamOptions = {}
): Stream.Stream<Reading<A>> =>
  Stream.callback<Reading<A>>(
    Effect.fnUntraced(function* (queue) {
      const resolved = resolve(strategy, source.definition)
      if (options.timers === undefined && isScheduled(resolved) && faultFor(resolved, source.definition) === undefined)
        yield* report(queue, source, resolved, buffered(options).bufferSize)
      else {
        const timers = yield* timersOf(options)
        const sampler = yield* sampling(
          queue,
          (receiver) => Sampler.make<Source<A>>(source, strategy, receiver),
          timers
        )
        sampler.start()
      }
    }),
    buffered(options)
  )

/** The readings of a stream as a source to sample. */
class Relay<A> implements Source<A> {
  readonly definition: Sampled
  reading: Reading<A>
  readonly ended = false
  private observer: { readonly update: (reading: Reading<A>) => void } | undefined = undefined

  constructor(first: Reading<A>, equals: (one: A, other: A) => boolean) {
    this.definition = { type: Arg.Float, equals, autoStrategy: undefined }
    this.reading = first
  }

  attach(observer: { readonly update: (reading: Reading<A>) => void }): void {
    this.observer = observer
  }

  detach(): void {
    this.observer = undefined
  }

  update(reading: Reading<A>): void {
    this.reading = reading
    this.observer?.update(reading)
  }
}

/** The types of values that a strategy can sample. */
type Samples<S extends Strategy> = [Extract<S, Numeric>] extends [never] ? unknown : number | bigint

/**
 * Samples any stream of readings: reports the first one at once and the others by the strategy (Rev 5.1 §7.1). When the
 * stream ends, a change that is held back is emitted before the end.
 *
 * @category streams
 * @since 0.1.0
 */
export const sample: {
  <S extends Strategy, A extends Samples<S>>(
    strategy: S,
    options?: SampleOptions<A>
  ): <E, R>(readings: Stream.Stream<Reading<A>, E, R>) => Stream.Stream<Reading<A>, E, R>
  <A, E, R>(
    readings: Stream.Stream<Reading<A>, E, R>,
    strategy: StrategyFor<A>,
    options?: SampleOptions<A>
  ): Stream.Stream<Reading<A>, E, R>
} = dual(
  (args) => Stream.isStream(args[0]),
  <A, E, R>(
    readings: Stream.Stream<Reading<A>, E, R>,
    strategy: StrategyFor<A>,
    options: SampleOptions<A> = {}
  ): Stream.Stream<Reading<A>, E, R> =>
    Stream.callback<Reading<A>, E, R>(
      Effect.fnUntraced(function* (queue) {
        const timers = yield* timersOf(options)
        let relay: Relay<A> | undefined
        let sampler: Sampler<Source<A>> | undefined
        yield* Stream.runForEach(readings, (reading) => {
          if (relay !== undefined) return Effect.sync(() => relay?.update(reading))
          const source = new Relay(reading, options.equals ?? Equal.equals)
          relay = source
          return Effect.map(
            sampling(queue, (receiver) => Sampler.make<Source<A>>(source, strategy, receiver), timers),
            (made) => {
              sampler = made
              made.start()
            }
          )
        })
        if (relay !== undefined && sampler?.holds === true) Queue.offerUnsafe(queue, relay.reading)
        Queue.endUnsafe(queue)
      }),
      buffered(options)
    )
)
