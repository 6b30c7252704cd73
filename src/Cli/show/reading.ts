/** Readings with the device and the sensor that they belong to: the forms in which every command prints them. */
import * as Sensor from "../../Sensor/index.ts"
import { ageText } from "./age.ts"
import type { Rows } from "./printing.ts"
import { valueText } from "./sensors.ts"
import type { Cell, Fields } from "./Template.ts"
import { timeText, type Zone } from "./time.ts"

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
export const codeOf = (status: Sensor.Status): number => codes.get(status)!

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

const nothing: Cell = { text: "" }
const number = (value: number): Cell => ({ text: `${value}`, number: value })

/** The fields of a reading in templates and CSV; those of a reading that makes no sense are empty. */
const readingFields = (zone: Zone): Fields<Shown> => {
  const of =
    (cell: (reading: Sensor.Reading<unknown>, shown: Shown) => Cell) =>
    (shown: Shown): Cell =>
      shown.reading === undefined ? nothing : cell(shown.reading, shown)
  return {
    device: ({ device }) => ({ text: device }),
    name: ({ sensor }) => ({ text: sensor.name }),
    type: ({ sensor }) => ({ text: sensor.type.sensorType ?? sensor.type.name }),
    units: ({ sensor }) => ({ text: sensor.units }),
    value: of(({ value }, { sensor }) => ({
      text: valueText(sensor, value),
      number: typeof value === "number" ? value : undefined
    })),
    status: of(({ status }) => ({ text: status })),
    code: of(({ status }) => number(codeOf(status))),
    timestamp: of(({ timestamp }) => number(timestamp)),
    received: of((_, { received }) => number(received)),
    time: of(({ timestamp }) => ({ text: timeText(timestamp, zone) })),
    "received-time": of((_, { received }) => ({ text: timeText(received, zone) })),
    age: of(({ timestamp }, { received }) => ({ text: ageText(received - timestamp), number: received - timestamp })),
    doc: ({ sensor }) => ({ text: sensor.doc })
  }
}

const columns = ["device", "name", "type", "units", "value", "status", "code", "timestamp", "received"]

/** Returns readings in the forms for programs. */
export const readingRows = (zone: Zone): Rows<Shown> => ({ json: readingJson, fields: readingFields(zone), columns })

/** Returns the same with the description of each sensor. */
export const sensorRows = (zone: Zone): Rows<Shown> => ({
  json: (shown) => ({ ...readingJson(shown), doc: shown.sensor.doc }),
  fields: readingFields(zone),
  columns: [...columns, "doc"]
})
