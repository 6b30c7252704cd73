/** Strategies as the arguments of `?sensor-sampling`, and as text. */
import type { Dialect } from "../../Codec/index.ts"
import { formatFloat } from "../../Message/index.ts"
import type { Any } from "../../Sensor/index.ts"
import type { Strategy } from "./Strategy.ts"
import { byTag, type ParameterKind } from "./table.ts"

type Format = (value: number | bigint) => string

const write = (strategy: Strategy, forms: Readonly<Record<ParameterKind, Format>>): ReadonlyArray<string> => {
  const { name, parameters } = byTag[strategy._tag]
  const values = strategy as unknown as Readonly<Record<string, number | bigint>>
  return [name, ...parameters.map(({ key, kind }) => forms[kind](values[key]!))]
}

const asFloat: Format = (difference) => formatFloat(Number(difference))
const asInteger: Format = (difference) =>
  Number.isInteger(difference) ? BigInt(difference).toString() : `${difference}`

/**
 * Returns the wire arguments of a strategy: the name, then times in the unit of the dialect (`1.0`, in version 4 whole
 * milliseconds) and the difference in the form of the sensor's type (`5` or `5.0`). They follow the names in
 * `?sensor-sampling` and its reply (Rev 5.1 §7.2).
 *
 * @category wire
 * @since 0.1.0
 */
export const format = (
  strategy: Strategy,
  sensor: Pick<Any, "type">,
  dialect: Dialect.Dialect
): ReadonlyArray<string> =>
  write(strategy, {
    time: (seconds) => dialect.formatTime(Number(seconds)),
    difference: sensor.type.sensorType === "integer" ? asInteger : asFloat
  })

/**
 * Returns a strategy as text with numbers as floats, so equal strategies give equal text: `event-rate 1.0 5.0`. Whole
 * differences that a float cannot hold exactly stay whole.
 *
 * @category text
 * @since 0.1.0
 */
export const toText = (strategy: Strategy): string =>
  write(strategy, {
    time: asFloat,
    difference: (difference) =>
      typeof difference === "bigint" && BigInt(Number(difference)) !== difference
        ? asInteger(difference)
        : asFloat(difference)
  }).join(" ")
