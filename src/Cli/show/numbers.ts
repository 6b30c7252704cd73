import type * as Sensor from "../../Sensor/index.ts"

/** Returns the number by which a value is drawn: 0 and 1 for a boolean, NaN for what is no number. */
export const numberOf = (value: unknown): number => {
  if (typeof value === "number") return value
  if (typeof value === "boolean" || typeof value === "bigint") return Number(value)
  return Number.NaN
}

/** Returns `true` for sensors whose course is a line: integers, floats and booleans. */
export const hasCourse = ({ type: { sensorType } }: Sensor.Any): boolean =>
  sensorType === "integer" || sensorType === "float" || sensorType === "boolean"
