import { Arg } from "../../Codec/index.ts"
import { Protocol } from "../../Message/index.ts"
import type { Any } from "../../Sensor/index.ts"
import { parse } from "./parse.ts"
import type { Strategy } from "./Strategy.ts"

const v5 = Protocol.make(5, 1)
/** By definition, so that it is read once. */
const known = new WeakMap<object, Strategy | Arg.Invalid>()

/**
 * What a strategy comes to with a sensor: for `auto` what the sensor's `autoStrategy` names, if there is one (Rev 5.1
 * §7.1, Table 9); else itself. `Invalid` where what it names makes no sense for the sensor.
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
