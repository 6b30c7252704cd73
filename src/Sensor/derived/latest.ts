import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import { type Status, worseOf } from "../Status.ts"
import { type Computed, derive, type Rule, type Target } from "./Derivation.ts"
import { Heap } from "./Heap.ts"
import type { Options } from "./Options.ts"
import type { From, Inputs } from "./source.ts"
import type { Tally } from "./Tally.ts"

type Derived<A> = Effect.Effect<LiveSensor<A>, never, Scope.Scope>

interface Ordered<out A> {
  readonly reading: Reading<A>
  readonly order: number
}

const isNewer = (one: Ordered<unknown>, other: Ordered<unknown>): boolean =>
  one.reading.timestamp === other.reading.timestamp
    ? one.order > other.order
    : one.reading.timestamp > other.reading.timestamp

/** The newest valid reading, converted. */
class Newest<in out In, out A> implements Rule<In, A> {
  private readonly heap = new Heap<LiveSensor<In>, Ordered<In>>(isNewer)
  private readonly convert: (reading: Reading<In>) => Computed<A>
  private order = 0

  constructor(convert: (reading: Reading<In>) => Computed<A>) {
    this.convert = convert
  }

  add(reading: Reading<In>, sensor: LiveSensor<In>): void {
    this.heap.set(sensor, { reading, order: this.order++ })
  }

  replace(reading: Reading<In>, _: Reading<In>, sensor: LiveSensor<In>): void {
    this.add(reading, sensor)
  }

  remove(_: Reading<In>, sensor: LiveSensor<In>): void {
    this.heap.delete(sensor)
  }

  compute({ gap }: Tally): Computed<A> {
    const { first } = this.heap
    if (first === undefined) return { status: gap ?? "unknown" }
    return this.convert(first.reading)
  }
}

/** Builds a conversion whose status is the worse of the reading's status and the target's status for the value. */
const converted =
  <In, A>(target: LiveSensor<A>, convert: (value: In, reading: Reading<In>) => A) =>
  (reading: Reading<In>): Computed<A> => {
    const value = convert(reading.value, reading)
    const own: Status = target.definition.statusOf(value)
    return { value, status: worseOf(reading.status, own) }
  }

const identity = <A>(value: A): A => value

/**
 * The newest valid reading of the inputs, by timestamp, updated with every reading. If no input is valid, it has the
 * status of the missing inputs. The status is that of the reading, or the result of the sensor's `statusFrom` if that
 * is worse. An update costs the logarithm of the number of inputs.
 *
 * @category combinators
 * @since 0.1.0
 */
export const latest = <A>(target: Target<A>, from: From<A>, pace?: Pick<Options, "atMostEvery">): Derived<A> =>
  derive(target, from, (live) => new Newest(converted(live, identity<A>)), { ...pace, missing: "skip", every: true })

/**
 * Another sensor's value converted by a function, at every update, with its timestamp. The status is that of the
 * reading, or the result of the sensor's `statusFrom` if that is worse. Readings without a valid value change only the
 * status. To follow a sensor of a set by name, use `Inputs.named`. If the function throws, the sensor becomes
 * `failure`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const map = <In, A>(
  target: Target<A>,
  source: LiveSensor<In> | Inputs<In>,
  convert: (value: In, reading: Reading<In>) => A,
  pace?: Pick<Options, "atMostEvery">
): Derived<A> =>
  derive(target, source instanceof LiveSensor ? [source] : source, (live) => new Newest(converted(live, convert)), {
    ...pace,
    missing: "skip",
    every: true
  })

/**
 * Another sensor's readings, at most one per interval. The newest reading within an interval is shown at its end.
 *
 * @category combinators
 * @since 0.1.0
 */
export const rateLimited = <A>(
  target: Target<A>,
  source: LiveSensor<A> | Inputs<A>,
  atMostEvery: Duration.Input
): Derived<A> => map(target, source, identity<A>, { atMostEvery })
