/**
 * Watches a sensor go from one value to the next.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Reading } from "../Sensor/index.ts"
import { ExpectationFailed } from "./ExpectationFailed.ts"
import { type WithinOptions, within } from "./Journal.ts"
import { type AnySensor, readingsOf, shownReading, shownValue } from "./readings.ts"

/**
 * An expected value, or a predicate of the value and its reading.
 *
 * @category models
 * @since 0.1.0
 */
export type Step<A> = A | ((value: A, reading: Reading<A>) => boolean)

/**
 * The comparison of values.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<in A> {
  /**
   * Returns `true` if two values are equal. `Equal.equals` by default: NaN equals NaN, −0 equals 0, records are
   * compared by content.
   */
  readonly equals?: ((one: A, other: A) => boolean) | undefined
}

/**
 * A watched sequence of values.
 *
 * @category models
 * @since 0.1.0
 */
export interface Watch<out A> {
  /** All readings so far, including repeated values. */
  readonly readings: ReadonlyArray<Reading<A>>
  /**
   * Waits until all steps were seen, and returns the readings that made them. Fails at the first reading that is
   * neither the current step nor the next one, and if the steps take longer than `within`, 5 seconds by default.
   */
  readonly done: (options?: WithinOptions) => Effect.Effect<ReadonlyArray<Reading<A>>, ExpectationFailed>
}

/** Follows the steps. */
class Walk<A> {
  readonly readings: Array<Reading<A>> = []
  readonly begun = Deferred.makeUnsafe<void>()
  readonly over = Deferred.makeUnsafe<ReadonlyArray<Reading<A>>, ExpectationFailed>()
  private readonly reached: Array<Reading<A>> = []
  private readonly what: string
  private readonly steps: ReadonlyArray<Step<A>>
  private readonly equals: (one: A, other: A) => boolean

  constructor(what: string, steps: ReadonlyArray<Step<A>>, { equals = Equal.equals }: Options<A>) {
    this.what = what
    this.steps = steps
    this.equals = equals
  }

  take(reading: Reading<A>): void {
    this.readings.push(reading)
    Deferred.doneUnsafe(this.begun, Exit.void)
    const { reached, steps } = this
    const before = reached.length
    // one reading may match several steps
    while (reached.length < steps.length && this.is(steps[reached.length]!, reading)) reached.push(reading)
    if (reached.length === steps.length) Deferred.doneUnsafe(this.over, Exit.succeed(reached))
    else if (reached.length === before && !(before > 0 && this.is(steps[before - 1]!, reading)))
      this.fail(`${shownReading(reading)} came`)
  }

  fail(reason: string): void {
    Deferred.doneUnsafe(this.begun, Exit.void)
    Deferred.doneUnsafe(this.over, Exit.fail(this.failure(reason)))
  }

  failure(reason: string): ExpectationFailed {
    const { reached, readings, steps } = this
    return new ExpectationFailed({
      what: `${this.what}: ${reached.length} of ${steps.length} steps were seen, then ${reason}`,
      expected: steps.map(shownStep).join(", "),
      actual: readings.map(shownReading).join(", ") || "no reading"
    })
  }

  private is(step: Step<A>, reading: Reading<A>): boolean {
    return typeof step === "function"
      ? (step as (value: A, reading: Reading<A>) => boolean)(reading.value, reading)
      : this.equals(reading.value, step)
  }
}

const shownStep = (step: unknown): string =>
  typeof step !== "function" ? shownValue(step) : step.name === "" ? "<a condition>" : `<${step.name}>`

/** The timeout of the first reading of a sensor. Not measured: the timeout of a request by default. */
const startTimeout = "5 seconds"

/**
 * Watches a sensor from now on. Waits for the current reading, so the effects of the test's next action are not missed.
 * The first step is the current value. A repeated value is not a step; one that is neither the current step nor the
 * next is an error.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Arg, Interface, Sensor } from "katcp"
 * import { FakeDevice, Transitions } from "katcp/Testing"
 *
 * class Antenna extends Interface.make("antenna").add(
 *   Sensor.make("mode", { type: Arg.Discrete("stow", "slew", "track"), initial: "stow" })
 * ) {}
 *
 * const test = Effect.gen(function* () {
 *   const { client, fake } = yield* FakeDevice.connect(Antenna)
 *   const seen = yield* Transitions.watch(client.sensor.mode, ["stow", "slew", "track"])
 *   for (const mode of ["slew", "slew", "track"] as const) yield* fake.sensors.mode.set(mode)
 *   yield* seen.done()
 * })
 * await Effect.runPromise(Effect.scoped(test))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const watch = <A>(
  sensor: AnySensor<A>,
  steps: ReadonlyArray<Step<NoInfer<A>>>,
  options?: Options<NoInfer<A>>
): Effect.Effect<Watch<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const walk = yield* start(`sensor ${sensor.name}`, readingsOf(sensor), steps, options)
    yield* Effect.timeoutOption(Deferred.await(walk.begun), startTimeout)
    return watchOf(walk)
  })

/**
 * Watches any stream of readings, which runs until all steps were seen.
 *
 * @category constructors
 * @since 0.1.0
 */
export const watchStream = <A, E, R>(
  readings: Stream.Stream<Reading<A>, E, R>,
  steps: ReadonlyArray<Step<NoInfer<A>>>,
  options?: Options<NoInfer<A>>
): Effect.Effect<Watch<A>, never, R | Scope.Scope> => Effect.map(start("readings", readings, steps, options), watchOf)

const start = <A, E, R>(
  what: string,
  readings: Stream.Stream<Reading<A>, E, R>,
  steps: ReadonlyArray<Step<A>>,
  options: Options<A> = {}
): Effect.Effect<Walk<A>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const walk = new Walk(what, steps, options)
    yield* Stream.runForEachWhile(readings, (reading) =>
      Effect.sync(() => {
        walk.take(reading)
        return !Deferred.isDoneUnsafe(walk.over)
      })
    ).pipe(
      Effect.matchCause({
        onFailure: (cause) => walk.fail(`it failed: ${String(cause)}`),
        onSuccess: () => walk.fail("it ended")
      }),
      Effect.forkScoped({ startImmediately: true })
    )
    return walk
  })

const watchOf = <A>(walk: Walk<A>): Watch<A> => ({
  get readings() {
    return walk.readings.slice()
  },
  done: (options) => within(Deferred.await(walk.over), options, (after) => walk.failure(`none within ${after}`))
})
