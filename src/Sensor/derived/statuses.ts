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

/** What follows from the worst status alone, whatever the readings are. */
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
 * The worst status of the inputs, by `severities`, as value and as status; `unknown` of none. Give it a discrete sensor
 * of `statuses`. An update costs the same however many inputs there are.
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
 * where one is `error`, `unreachable` or `failure`; else `degraded` where one is `warn` or `unknown`; else `ok`.
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
 * How many inputs have a reading of which a function says so; by default how many have a valid one. The function is
 * asked again when the reading goes, and has to say the same. An update costs the same however many inputs there are.
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
