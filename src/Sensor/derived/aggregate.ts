import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import { derive, type Pace, type Rule, type Target } from "./Derivation.ts"
import type { From } from "./source.ts"

/**
 * The options of {@link aggregate}.
 *
 * @category models
 * @since 0.1.0
 */
export interface AggregateOptions<in In> extends Pace {
  /**
   * Returns `true` if a reading counts. By default the valid ones do: `nominal`, `warn` and `error`. The result must
   * depend on the reading only.
   */
  readonly counts?: ((reading: Reading<In>) => boolean) | undefined
}

/**
 * Derives a sensor by a custom rule, built separately for each sensor. The rule receives each reading that is added,
 * changed or removed, and is then asked for the result. If it throws then, the sensor becomes `failure` and the log has
 * the reason. The timestamp is that of the update, or now if inputs were added or removed, and never goes back.
 *
 * As for all derived sensors, inputs that are the sensor itself or are derived from it are left out. It ends with its
 * Scope, and the sensor keeps its last reading.
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
