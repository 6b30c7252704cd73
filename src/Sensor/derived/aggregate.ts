import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import { derive, type Pace, type Rule, type Target } from "./Derivation.ts"
import type { From } from "./source.ts"

/**
 * How {@link aggregate} deals with its inputs.
 *
 * @category models
 * @since 0.1.0
 */
export interface AggregateOptions<in In> extends Pace {
  /** Which readings are added. By default the valid ones: `nominal`, `warn` and `error`. Depends on the reading only. */
  readonly counts?: ((reading: Reading<In>) => boolean) | undefined
}

/**
 * A sensor by a rule of one's own, which is made anew for it. The rule is told of each reading that comes, changes or
 * goes, and then asked for what follows; where it throws when asked, the sensor goes to `failure`, and the log says why.
 * The time of the sensor is that of the update, or now where inputs came or went, and never goes back.
 *
 * As with all that are derived: inputs that are the sensor itself, or are derived from it, are left out; and it ends with
 * its Scope, the sensor keeping its last reading.
 *
 * @example
 * ```ts
 * import { Arg, Sensor } from "katcp"
 *
 * // the product of some gains
 * export const gain = (inputs: Iterable<Sensor.LiveSensor<number>>) =>
 *   Sensor.Derived.aggregate(Sensor.make("total-gain", { type: Arg.Float, units: "dB" }), inputs, () => {
 *     let decibels = 0
 *     return {
 *       add: ({ value }) => {
 *         decibels += 10 * Math.log10(value)
 *       },
 *       remove: ({ value }) => {
 *         decibels -= 10 * Math.log10(value)
 *       },
 *       compute: ({ valid }) => (valid === 0 ? { status: "unknown" } : { value: decibels })
 *     }
 *   })
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const aggregate = <In, A>(
  target: Target<A>,
  from: From<In>,
  rule: () => Rule<In, A>,
  options?: AggregateOptions<In>
): Effect.Effect<LiveSensor<A>, never, Scope.Scope> => derive(target, from, rule, options)
