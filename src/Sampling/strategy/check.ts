/** The faults of strategies. */
import type { Any } from "../../Sensor/index.ts"
import type { Strategy } from "./Strategy.ts"
import { byTag } from "./table.ts"

/** Returns the fault of a strategy for sensors of any type, or `undefined` if it is valid. */
export const faultOf = (strategy: Strategy): string | undefined => byTag[strategy._tag].fault(strategy)

/**
 * Returns the fault of a strategy for a sensor, or `undefined` if it is valid (Rev 5.1 §7.1, Table 9).
 *
 * @category guards
 * @since 0.1.0
 */
export const faultFor = (strategy: Strategy, { type }: Pick<Any, "type">): string | undefined => {
  if ("difference" in strategy) {
    const { sensorType } = type
    if (sensorType !== "integer" && sensorType !== "float") return onlyNumbers(sensorType ?? type.name)
    if (sensorType === "integer" && typeof strategy.difference === "number" && !Number.isInteger(strategy.difference))
      return `the difference for an integer sensor must be whole, not ${strategy.difference}`
  }
  return faultOf(strategy)
}

/** Returns the fault of a differential strategy for sensors of this type (Rev 5.1 §7.1, Table 9). */
export const onlyNumbers = (sensorType: string): string =>
  `the differential strategies are for integer and float sensors only, not for ${sensorType} ones`
