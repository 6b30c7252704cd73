/** Readings with their device and sensor: the output forms of all commands. */
import type * as Sensor from "../../Sensor/index.ts"
import { codeOf, readingJson as formOf, type ReadingJson } from "../../Site/index.ts"
import { ageText } from "./age.ts"
import type { Rows } from "./printing.ts"
import { valueText } from "./sensors.ts"
import type { Cell, Fields } from "./Template.ts"
import { timeText, type Zone } from "./time.ts"

/** A sensor of a device with its reading, if it has a valid one. */
export interface Shown {
  /** The device: its name, or its address. */
  readonly device: string
  readonly sensor: Sensor.Any
  readonly reading: Sensor.Reading<unknown> | undefined
  /** The time of arrival, in seconds since 1970, by this machine's clock. */
  readonly received: number
}

/** Returns a sensor with its reading as JSON. Without a reading, the fields of the reading are absent. */
export const readingJson = ({ device, reading, received, sensor }: Shown): ReadingJson =>
  formOf({ device, definition: sensor, reading: reading && { ...reading, received } })

const nothing: Cell = { text: "" }
const number = (value: number): Cell => ({ text: `${value}`, number: value })

/** The fields of a reading in templates and CSV; empty for a malformed reading. */
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

/** Returns readings with the descriptions of their sensors. */
export const sensorRows = (zone: Zone): Rows<Shown> => ({
  json: (shown) => ({ ...readingJson(shown), doc: shown.sensor.doc }),
  fields: readingFields(zone),
  columns: [...columns, "doc"]
})
