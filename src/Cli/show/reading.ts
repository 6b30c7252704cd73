/** Readings with the device and the sensor that they belong to: the form that every command prints. */
import * as Sensor from "../../Sensor/index.ts"
import { valueText } from "./sensors.ts"

/** A sensor of a device with its reading, if there is one that makes sense. */
export interface Shown {
  /** The device: its name, or its address. */
  readonly device: string
  readonly sensor: Sensor.Any
  readonly reading: Sensor.Reading<unknown> | undefined
  /** When the reading came here, in seconds since 1970, by the clock of this machine. */
  readonly received: number
}

const codes: ReadonlyMap<Sensor.Status, number> = new Map(Sensor.statuses.map((status, code) => [status, code]))

/** Returns the number of a status, as the specification orders them: 0 is `unknown`, 1 `nominal`, 6 `inactive`. */
const codeOf = (status: Sensor.Status): number => codes.get(status)!

/** Returns a sensor with its reading as JSON. Without a reading, the fields of the reading are absent. */
export const readingJson = ({ device, reading, received, sensor }: Shown): Record<string, unknown> => ({
  // scripts cut fields by their place: new ones stand behind those that were there first
  name: sensor.name,
  type: sensor.type.sensorType,
  ...(sensor.units === "" ? {} : { units: sensor.units }),
  ...(reading === undefined
    ? { device }
    : {
        value: jsonValue(sensor, reading.value),
        status: reading.status,
        timestamp: reading.timestamp,
        device,
        code: codeOf(reading.status),
        received
      })
})

/** Numbers, booleans and text as such; other values as they stand on the wire. */
const jsonValue = (sensor: Sensor.Any, value: unknown): unknown =>
  typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" || typeof value === "string"
    ? value
    : valueText(sensor, value)
