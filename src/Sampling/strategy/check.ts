/** What makes no sense in a strategy. */
import type { Any } from "../../Sensor/index.ts"
import type { Strategy } from "./Strategy.ts"

/**
 * The shortest period, and the shortest of the longest times between reports, in seconds: what timers resolve. Shorter
 * ones are refused, since a device would do nothing else.
 *
 * @category constants
 * @since 0.1.0
 */
export const shortestPeriod = 0.001

/**
 * The longest period in seconds: ten years.
 *
 * @category constants
 * @since 0.1.0
 */
export const longestPeriod = 315_576_000

const periodFault = (period: number): string | undefined =>
  period >= shortestPeriod && period <= longestPeriod
    ? undefined
    : `the period must be from ${shortestPeriod} to ${longestPeriod} seconds, not ${period}`

const differenceFault = (difference: number | bigint): string | undefined =>
  difference > 0 && difference !== Number.POSITIVE_INFINITY
    ? undefined
    : `the difference must be more than 0 and finite, not ${difference}`

const ratesFault = (shortest: number, longest: number): string | undefined => {
  if (!(shortest >= 0 && shortest <= longestPeriod))
    return `the shortest period must be from 0 to ${longestPeriod} seconds, not ${shortest}`
  if (!(longest >= shortestPeriod && longest !== Number.POSITIVE_INFINITY))
    return `the longest period must be at least ${shortestPeriod} seconds and finite, not ${longest}`
  return shortest <= longest ? undefined : `the shortest period ${shortest} is longer than the longest ${longest}`
}

/** What makes no sense in a strategy, whatever the sensor; undefined where nothing does. */
export const faultOf = (strategy: Strategy): string | undefined => {
  switch (strategy._tag) {
    case "None":
    case "Auto":
    case "Event":
      return undefined
    case "Period":
      return periodFault(strategy.period)
    case "Differential":
      return differenceFault(strategy.difference)
    case "EventRate":
      return ratesFault(strategy.shortest, strategy.longest)
    case "DifferentialRate":
      return differenceFault(strategy.difference) ?? ratesFault(strategy.shortest, strategy.longest)
  }
}

/**
 * What is wrong with a strategy for a sensor, as text; undefined where nothing is (Rev 5.1 §7.1, Table 9).
 *
 * @category guards
 * @since 0.1.0
 */
export const faultFor = (strategy: Strategy, { type }: Pick<Any, "type">): string | undefined => {
  if (strategy._tag === "Differential" || strategy._tag === "DifferentialRate") {
    const { sensorType } = type
    if (sensorType !== "integer" && sensorType !== "float") return onlyNumbers(sensorType ?? type.name)
    if (sensorType === "integer" && typeof strategy.difference === "number" && !Number.isInteger(strategy.difference))
      return `the difference for an integer sensor must be whole, not ${strategy.difference}`
  }
  return faultOf(strategy)
}

/** The differential strategies do not fit sensors of this type (Rev 5.1 §7.1, Table 9). */
export const onlyNumbers = (sensorType: string): string =>
  `the differential strategies are for integer and float sensors only, not for ${sensorType} ones`
