/** Rows of the table in the form of the API. */
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

/** Text of a device can have bytes that are not UTF-8. JSON for people replaces them. */
const wellFormed = (text: string): string => text.toWellFormed()

const texts = new WeakMap<WireReading, string>()

/** The same as text. It is formatted once for each reading, for any number of streams. */
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
