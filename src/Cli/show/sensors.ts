/** How sensors and their readings are shown. */

import { Dialect } from "../../Codec/index.ts"
import { decodeText } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Colour, Output } from "./Output.ts"
import type { Cell } from "./table.ts"

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

/** The status as a cell. */
export const statusCell = (status: Sensor.Status, paint: Output["Service"]["paint"]): Cell => ({
  text: status,
  show: (text) => paint(statusColours[status], text)
})

/** A value as it stands on the wire, which is how people know it. */
export const valueText = (sensor: Sensor.Any, value: unknown): string => {
  const text: unknown = sensor.type.encode(value, Dialect.v5)
  if (typeof text === "string") return text
  return text instanceof Uint8Array ? decodeText(text) : String(value)
}
