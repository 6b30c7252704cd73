import type * as Sensor from "../../Sensor/index.ts"

/** Returns the number that represents a value in plots: 0 and 1 for a boolean, NaN for a value that is not a number. */
export const numberOf = (value: unknown): number => {
  if (typeof value === "number") return value
  if (typeof value === "boolean" || typeof value === "bigint") return Number(value)
  return Number.NaN
}

/** Returns `true` for sensors that are drawn as lines: integers, floats and booleans. */
export const hasCourse = ({ type: { sensorType } }: Sensor.Any): boolean =>
  sensorType === "integer" || sensorType === "float" || sensorType === "boolean"
