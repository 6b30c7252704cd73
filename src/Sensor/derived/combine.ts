import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { expectOptions, expectValue } from "../../Message/index.ts"
import type { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import { worseOf } from "../Status.ts"
import { type Computed, checkTarget, derive, type Pace, type Rule, type Target } from "./Derivation.ts"
import type { Tally } from "./Tally.ts"

/**
 * The record of values of a record of sensors.
 *
 * @category models
 * @since 0.1.0
 */
export type Values<Sensors> = { readonly [K in keyof Sensors]: Sensors[K] extends LiveSensor<infer A> ? A : never }

class Combined<in out Sensors extends { readonly [key: string]: LiveSensor<unknown> }, in out A>
  implements Rule<unknown, A>
{
  private readonly target: LiveSensor<A>
  private readonly sensors: ReadonlyArray<readonly [key: string, sensor: LiveSensor<unknown>]>
  private readonly convert: (values: Values<Sensors>) => A
  private readonly values = new Map<LiveSensor<unknown>, unknown>()

  constructor(target: LiveSensor<A>, sensors: Sensors, convert: (values: Values<Sensors>) => A) {
    this.target = target
    this.sensors = Object.entries(sensors)
    this.convert = convert
  }

  add({ value }: Reading<unknown>, sensor: LiveSensor<unknown>): void {
    this.values.set(sensor, value)
  }

  remove(_: Reading<unknown>, sensor: LiveSensor<unknown>): void {
    this.values.delete(sensor)
  }

  compute({ gap, worst }: Tally): Computed<A> {
    const { sensors, values } = this
    const missing = sensors.find(([, sensor]) => !values.has(sensor))
    if (missing !== undefined) {
      const [, sensor] = missing
      // an input that ended or was left out is not in the tally
      return { status: gap ?? (sensor.status === "inactive" ? "inactive" : "unknown") }
    }
    const value = this.convert(
      Object.fromEntries(sensors.map(([key, sensor]) => [key, values.get(sensor)])) as Values<Sensors>
    )
    const own = this.target.definition.statusOf(value)
    return { value, status: worst === undefined ? own : worseOf(worst, own) }
  }
}

/**
 * Combines a few sensors into one value by a function. All must have a valid reading. Otherwise the sensor keeps its
 * value and has the status of the missing input. The status is the worst of the inputs' statuses, or the result of the
 * sensor's `statusFrom` if that is worse. If the function throws, the sensor becomes `failure`.
 *
 * @example
 * ```ts
 * import { Arg, Sensor } from "katcp"
 *
 * const margin = Sensor.make("pump.margin", { type: Arg.Float, units: "kPa", nominal: [0, 100], statusFrom: "ranges" })
 *
 * export const kept = (pressure: Sensor.LiveSensor<number>, limit: Sensor.LiveSensor<number>) =>
 *   Sensor.Derived.combine(margin, { pressure, limit }, ({ limit, pressure }) => limit - pressure)
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const combine = <const Sensors extends { readonly [key: string]: LiveSensor<unknown> }, A>(
  target: Target<A>,
  sensors: Sensors,
  convert: (values: Values<Sensors>) => A,
  pace?: Pace
): Effect.Effect<LiveSensor<A>, never, Scope.Scope> => {
  checkTarget("Derived.combine", target)
  expectOptions("Derived.combine", sensors)
  expectValue("Derived.combine", typeof convert === "function", "a function of the values", convert)
  return derive(
    target,
    Object.values<LiveSensor<unknown>>(sensors),
    (live) => new Combined(live, sensors, convert),
    pace
  )
}
