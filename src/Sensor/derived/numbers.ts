import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Arg } from "../../Codec/index.ts"
import type { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import type { Numeric } from "../ranges.ts"
import { type Computed, derive, type Rule, type Target } from "./Derivation.ts"
import { ExactSum } from "./ExactSum.ts"
import { Heap } from "./Heap.ts"
import type { Options } from "./Options.ts"
import type { From } from "./source.ts"
import type { Tally } from "./Tally.ts"

type Derived<A> = Effect.Effect<LiveSensor<A>, never, Scope.Scope>
type NumberType = Arg.Arg<Numeric>

/**
 * Converts a number to the target's type. Throws a `RangeError` if the target is an integer and the number is not
 * whole.
 */
const inTypeOf = (type: NumberType, value: Numeric): Numeric =>
  type.sensorType === "float" ? Number(value) : typeof type.initial === "bigint" ? BigInt(value) : value

const typeOf = (target: LiveSensor<Numeric>): NumberType => target.definition.type

class Sum implements Rule<Numeric, Numeric> {
  private readonly type: NumberType
  private readonly total = new ExactSum()

  constructor(target: LiveSensor<Numeric>) {
    this.type = typeOf(target)
  }

  add({ value }: Reading<Numeric>): void {
    this.total.add(value)
  }

  remove({ value }: Reading<Numeric>): void {
    this.total.remove(value)
  }

  replace(reading: Reading<Numeric>, previous: Reading<Numeric>): void {
    if (reading.value === previous.value) return
    this.total.remove(previous.value)
    this.total.add(reading.value)
  }

  compute(tally: Tally): Computed<Numeric> {
    const { total, type } = this
    return { value: inTypeOf(type, type.sensorType === "float" ? total.float : total.integer), status: tally.gap }
  }
}

class Mean implements Rule<Numeric, number> {
  private readonly total = new ExactSum()

  add({ value }: Reading<Numeric>): void {
    this.total.add(value)
  }

  remove({ value }: Reading<Numeric>): void {
    this.total.remove(value)
  }

  compute(tally: Tally): Computed<number> {
    return tally.valid === 0
      ? { status: tally.gap ?? "unknown" }
      : { value: this.total.float / tally.valid, status: tally.gap }
  }
}

class Extreme implements Rule<Numeric, Numeric> {
  private readonly type: NumberType
  private readonly heap: Heap<LiveSensor<Numeric>, Numeric>

  constructor(target: LiveSensor<Numeric>, isBefore: (one: Numeric, other: Numeric) => boolean) {
    this.type = typeOf(target)
    this.heap = new Heap(isBefore)
  }

  add({ value }: Reading<Numeric>, sensor: LiveSensor<Numeric>): void {
    this.heap.set(sensor, value)
  }

  replace({ value }: Reading<Numeric>, _: Reading<Numeric>, sensor: LiveSensor<Numeric>): void {
    this.heap.set(sensor, value)
  }

  remove(_: Reading<Numeric>, sensor: LiveSensor<Numeric>): void {
    this.heap.delete(sensor)
  }

  compute(tally: Tally): Computed<Numeric> {
    const { first } = this.heap
    return first === undefined
      ? { status: tally.gap ?? "unknown" }
      : { value: inTypeOf(this.type, first), status: tally.gap }
  }
}

/** NaN comes first: with a NaN among the inputs, the extreme is NaN. */
const isNaN = (value: Numeric): boolean => Number.isNaN(value)
const isLess = (one: Numeric, other: Numeric): boolean => one < other || (isNaN(one) && !isNaN(other))
const isGreater = (one: Numeric, other: Numeric): boolean => one > other || (isNaN(one) && !isNaN(other))

/**
 * The sum of the inputs, or 0 without inputs. Computed exactly and rounded once, so it does not drift. The cost of an
 * update does not depend on the number of inputs. An integer sensor becomes `failure` if the sum is not an integer.
 *
 * @category combinators
 * @since 0.1.0
 */
export const sum = <A extends Numeric>(target: Target<A>, from: From<Numeric>, options?: Options): Derived<A> =>
  derive(target, from, (live) => new Sum(live) as Rule<Numeric, Numeric> as Rule<Numeric, A>, options)

/**
 * The arithmetic mean of the inputs, or `unknown` without inputs. The cost of an update does not depend on the number
 * of inputs.
 *
 * @category combinators
 * @since 0.1.0
 */
export const mean = (target: Target<number>, from: From<Numeric>, options?: Options): Derived<number> =>
  derive(target, from, () => new Mean(), options)

/**
 * The smallest of the inputs. `unknown` without inputs, NaN if one of them is NaN. An update costs the logarithm of
 * their number.
 *
 * @category combinators
 * @since 0.1.0
 */
export const min = <A extends Numeric>(target: Target<A>, from: From<Numeric>, options?: Options): Derived<A> =>
  derive(target, from, (live) => new Extreme(live, isLess) as Rule<Numeric, Numeric> as Rule<Numeric, A>, options)

/**
 * The largest of the inputs. `unknown` without inputs, NaN if one of them is NaN. An update costs the logarithm of
 * their number.
 *
 * @category combinators
 * @since 0.1.0
 */
export const max = <A extends Numeric>(target: Target<A>, from: From<Numeric>, options?: Options): Derived<A> =>
  derive(target, from, (live) => new Extreme(live, isGreater) as Rule<Numeric, Numeric> as Rule<Numeric, A>, options)
