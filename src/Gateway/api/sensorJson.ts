/** Rows of the table as the API shows them. */
import type { WireReading } from "../../Client/index.ts"
import { type Row, readingJson } from "../../Site/index.ts"
import type { SensorJson } from "./schemas.ts"

/** A sensor with its newest reading, as JSON. */
export const sensorJson = (row: Row): SensorJson => {
  const { doc, parameters } = row.definition
  return {
    ...readingJson(row),
    ...(doc === "" ? {} : { description: wellFormed(doc) }),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(wellFormed) })
  }
}

/** Text of a device may have bytes that are no UTF-8. JSON for people shows them as such. */
const wellFormed = (text: string): string => text.toWellFormed()

const texts = new WeakMap<WireReading, string>()

/** The same as text. It is made once for each reading, however many streams send it. */
export const sensorText = (row: Row): string => {
  const { reading } = row
  if (reading === undefined) return JSON.stringify(sensorJson(row))
  let text = texts.get(reading)
  if (text === undefined) {
    text = JSON.stringify(sensorJson(row))
    texts.set(reading, text)
  }
  return text
}
