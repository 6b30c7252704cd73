import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Health, statusOfHealth } from "../deviceStatus.ts"
import type { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import type { Numeric } from "../ranges.ts"
import { isValid, rankOf, type Status } from "../Status.ts"
import { type Computed, derive, type Pace, type Rule, type Target } from "./Derivation.ts"
import type { From } from "./source.ts"
import type { Tally } from "./Tally.ts"

type Derived<A> = Effect.Effect<LiveSensor<A>, never, Scope.Scope>

/** A rule that depends on the worst status only, not on the readings. */
class FromWorst<out A> implements Rule<unknown, A> {
  private readonly computed: (worst: Status | undefined) => Computed<A>

  constructor(computed: (worst: Status | undefined) => Computed<A>) {
    this.computed = computed
  }

  add(): void {}

  remove(): void {}

  compute({ worst }: Tally): Computed<A> {
    return this.computed(worst)
  }
}

/**
 * The worst status of the inputs, by `severities`, as value and as status, or `unknown` without inputs. The sensor
 * should be discrete with the options `statuses`. The cost of an update does not depend on the number of inputs.
 *
 * @category combinators
 * @since 0.1.0
 */
export const worst = (target: Target<Status>, from: From<unknown>, pace?: Pace): Derived<Status> =>
  derive(target, from, () => new FromWorst((status = "unknown") => ({ value: status, status })), pace)

const healthOf = (worst: Status | undefined): Health => {
  if (worst === undefined || rankOf(worst) <= rankOf("nominal")) return "ok"
  return rankOf(worst) <= rankOf("warn") ? "degraded" : "fail"
}

/**
 * The health of a device from the worst status of its sensors, for {@link deviceStatus} (Rev 5.1 appendix B.2): `fail`
 * if one is `error`, `unreachable` or `failure`; otherwise `degraded` if one is `warn` or `unknown`; otherwise `ok`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const deviceStatus = (target: Target<Health>, from: From<unknown>, pace?: Pace): Derived<Health> =>
  derive(
    target,
    from,
    () =>
      new FromWorst((status) => {
        const value = healthOf(status)
        return { value, status: statusOfHealth[value] }
      }),
    pace
  )

class Count<in In> implements Rule<In, Numeric> {
  private readonly wanted: (reading: Reading<In>) => boolean
  private readonly big: boolean
  private count = 0

  constructor(target: LiveSensor<Numeric>, wanted: (reading: Reading<In>) => boolean) {
    this.big = typeof target.definition.type.initial === "bigint"
    this.wanted = wanted
  }

  add(reading: Reading<In>): void {
    if (this.wanted(reading)) this.count++
  }

  remove(reading: Reading<In>): void {
    if (this.wanted(reading)) this.count--
  }

  compute(): Computed<Numeric> {
    return { value: this.big ? BigInt(this.count) : this.count }
  }
}

/**
 * The number of inputs whose reading satisfies a predicate, by default of those with a valid reading. The predicate is
 * called again when the reading is removed, and must give the same result. The cost of an update does not depend on the
 * number of inputs.
 *
 * @category combinators
 * @since 0.1.0
 */
export const count = <In, A extends Numeric>(
  target: Target<A>,
  from: From<In>,
  wanted: (reading: Reading<In>) => boolean = ({ status }) => isValid(status),
  pace?: Pace
): Derived<A> =>
  derive(target, from, (live) => new Count(live, wanted) as Rule<In, Numeric> as Rule<In, A>, {
    ...pace,
    counts: () => true
  })
