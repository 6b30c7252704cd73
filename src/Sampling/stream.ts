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
 * How a stream of reports is made.
 *
 * @category models
 * @since 0.1.0
 */
export interface StreamOptions {
  /**
   * Timers that many streams share. By default each stream has a fiber of its own, in which `period` and the rates run on
   * their Schedules (`Strategy.schedule`). The reports are the same; shared timers cost less from some thousand streams.
   */
  readonly timers?: Timers | undefined
  /**
   * How many reports a slow reader may be behind before it loses the oldest of them. Default 1024: 90 KB of numbers (88
   * bytes each, measured).
   */
  readonly bufferSize?: number | undefined
}

/**
 * How the readings of a stream are compared.
 *
 * @category models
 * @since 0.1.0
 */
export interface SampleOptions<in A> extends StreamOptions {
  /** Whether two values are the same. `Equal.equals` by default: NaN equals NaN, −0 equals 0, records by content. */
  readonly equals?: ((one: A, other: A) => boolean) | undefined
}

const buffered = ({ bufferSize = 1024 }: StreamOptions) => ({ bufferSize, strategy: "sliding" }) as const

const timersOf = ({ timers }: StreamOptions): Effect.Effect<Timers, never, Scope.Scope> =>
  timers === undefined ? Timers.make : Effect.succeed(timers)

/** Runs a sampler that reports to a queue for as long as the scope is open. */
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
 * What a client would be told of a sensor by this strategy, as a Stream: the present reading first, then as the strategy
 * says (Rev 5.1 §7.1). Ends when the sensor does. A strategy that does not fit the sensor, which only code that evades the
 * types can give, is a defect (`TypeError`).
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

/** The readings of a stream as something to sample. */
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

/** The values that a strategy can sample. */
type Samples<S extends Strategy> = [Extract<S, Numeric>] extends [never] ? unknown : number | bigint

/**
 * Samples any stream of readings: the first one is reported at once, the further ones as the strategy says (Rev 5.1
 * §7.1). When the stream ends, a change that is still held back goes out, and the end follows.
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
