import { Arg } from "../../Codec/index.ts"
import { Protocol } from "../../Message/index.ts"
import type { Any } from "../../Sensor/index.ts"
import { parse } from "./parse.ts"
import type { Strategy } from "./Strategy.ts"

const v5 = Protocol.make(5, 1)
/** By definition, so each is parsed once. */
const known = new WeakMap<object, Strategy | Arg.Invalid>()

/**
 * Returns the effective strategy for a sensor: for `auto` the sensor's `autoStrategy`, if it has one (Rev 5.1 §7.1,
 * Table 9), otherwise the strategy itself. Returns `Invalid` if the `autoStrategy` is invalid for the sensor.
 *
 * @category strategies
 * @since 0.1.0
 */
export const resolve = (strategy: Strategy, sensor: Pick<Any, "type" | "autoStrategy">): Strategy | Arg.Invalid => {
  if (strategy._tag !== "Auto") return strategy
  const named = sensor.autoStrategy
  if (named === undefined) return strategy
  let own = known.get(sensor)
  if (own === undefined) {
    own = parse([named.name, ...(named.parameters ?? [])], sensor, v5)
    if (own instanceof Arg.Invalid) own = new Arg.Invalid(`the sensor's autoStrategy: ${own.message}`)
    known.set(sensor, own)
  }
  return own
}
