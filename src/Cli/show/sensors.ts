/** The appearance of sensors and their readings. */

import { Dialect } from "../../Codec/index.ts"
import { decodeText } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import { ageText, skew } from "./age.ts"
import type { Colour, Output } from "./Output.ts"
import type { Cell, Column } from "./table.ts"
import { timeText, type Zone } from "./time.ts"

/** The colour of each status. */
export const statusColours: Readonly<Record<Sensor.Status, Colour>> = {
  unknown: "grey",
  nominal: "green",
  warn: "yellow",
  error: "red",
  failure: "red",
  unreachable: "magenta",
  inactive: "grey"
}

/** Returns the status as a cell. */
export const statusCell = (status: Sensor.Status, paint: Output["Service"]["paint"]): Cell => ({
  text: status,
  show: (text) => paint(statusColours[status], text)
})

/** Returns a value in its wire form, which users know. */
export const valueText = (sensor: Sensor.Any, value: unknown): string => {
  const text: unknown = sensor.type.encode(value, Dialect.v5)
  if (typeof text === "string") return text
  return text instanceof Uint8Array ? decodeText(text) : String(value)
}

/** The columns of both times of a reading. */
export const timeColumns: ReadonlyArray<Column> = [{ title: "time" }, { title: "received" }]

/** The cells of both times of a reading. */
export const timeCells = (reading: Sensor.Reading<unknown>, received: number, zone: Zone): ReadonlyArray<Cell> => [
  { text: timeText(reading.timestamp, zone, received) },
  { text: timeText(received, zone) }
]

/**
 * Returns the delay between a reading's time and its arrival, for the end of a line, if it exceeds the tolerance of
 * clocks: the reading is old, or the device's clock is behind.
 */
export const delayText = (reading: Sensor.Reading<unknown>, received: number): string => {
  const delay = received - reading.timestamp
  return delay > skew ? `received ${ageText(delay)} later` : ""
}
