/** Strategies as the arguments of `?sensor-sampling`, and as text. */
import type { Dialect } from "../../Codec/index.ts"
import { formatFloat } from "../../Message/index.ts"
import type { Any } from "../../Sensor/index.ts"
import type { Strategy } from "./Strategy.ts"

const write = (
  strategy: Strategy,
  formatTime: (seconds: number) => string,
  formatDifference: (difference: number | bigint) => string
): ReadonlyArray<string> => {
  switch (strategy._tag) {
    case "None":
      return ["none"]
    case "Auto":
      return ["auto"]
    case "Event":
      return ["event"]
    case "Period":
      return ["period", formatTime(strategy.period)]
    case "Differential":
      return ["differential", formatDifference(strategy.difference)]
    case "EventRate":
      return ["event-rate", formatTime(strategy.shortest), formatTime(strategy.longest)]
    case "DifferentialRate":
      return [
        "differential-rate",
        formatDifference(strategy.difference),
        formatTime(strategy.shortest),
        formatTime(strategy.longest)
      ]
  }
}

const asFloat = (difference: number | bigint): string => formatFloat(Number(difference))
const asInteger = (difference: number | bigint): string =>
  Number.isInteger(difference) ? BigInt(difference).toString() : `${difference}`

/**
 * The arguments of a strategy on the wire, written anew: the name, then times in the unit of the dialect (`1.0`, in
 * version 4 whole milliseconds) and the difference in the form of the sensor's type (`5` or `5.0`). What stands in
 * `?sensor-sampling` and its reply behind the names (Rev 5.1 §7.2).
 *
 * @category wire
 * @since 0.1.0
 */
export const format = (
  strategy: Strategy,
  sensor: Pick<Any, "type">,
  dialect: Dialect.Dialect
): ReadonlyArray<string> =>
  write(strategy, dialect.formatTime, sensor.type.sensorType === "integer" ? asInteger : asFloat)

/**
 * A strategy as text with numbers as floats, so that equal strategies give equal text: `event-rate 1.0 5.0`. Only whole
 * differences that a float does not hold exactly stay whole.
 *
 * @category text
 * @since 0.1.0
 */
export const toText = (strategy: Strategy): string =>
  write(strategy, formatFloat, (difference) =>
    typeof difference === "bigint" && BigInt(Number(difference)) !== difference
      ? asInteger(difference)
      : asFloat(difference)
  ).join(" ")
