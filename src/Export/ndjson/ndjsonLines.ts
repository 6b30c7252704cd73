import type { WireReading } from "../../Client/index.ts"
import { type Change, codeOf, type Row, valueJson } from "../../Site/index.ts"
import type { LineForm } from "../LineForm.ts"

/** The constant parts of a sensor's line. */
interface Head {
  /** The part before the value. */
  readonly before: string
  /** The device. */
  readonly device: string
  readonly isNumber: boolean
}

const headOf = ({ definition, device, name }: Row): Head => {
  const { sensorType } = definition.type
  const units = definition.units === "" ? "" : `,"units":${JSON.stringify(definition.units)}`
  return {
    before: `{"name":${JSON.stringify(name)},"type":"${sensorType}"${units}`,
    device: `,"device":${JSON.stringify(device)},"code":`,
    isNumber: sensorType === "float" || sensorType === "integer"
  }
}

/** The value in JSON: the same as `valueJson`, without an object for numbers. */
const valueText = ({ definition }: Row, isNumber: boolean, reading: WireReading): string => {
  if (isNumber) {
    const number = Number(reading.latin1)
    // other code handles inexact integers, and numbers that JSON does not have
    if (Number.isFinite(number) && number !== 0 && Math.abs(number) <= Number.MAX_SAFE_INTEGER) return `${number}`
  }
  return JSON.stringify(valueJson(definition, reading.value))
}

/**
 * Returns the form of NDJSON: a JSON object per line, each the reading of a sensor in the common JSON form
 * (`ReadingJson` of `katcp/Site`). A file begins with `{"katcp":1,…}`; `{"event":"lost",…}` marks missing readings,
 * `{"event":"removed",…}` a removed sensor. `katcp archive import` and `katcp replay` read it.
 *
 * @category forms
 * @since 0.1.0
 */
export const ndjsonLines = (): LineForm => {
  const heads = new WeakMap<Row, Head>()
  const headFor = (row: Row): Head => {
    let head = heads.get(row)
    if (head === undefined) {
      head = headOf(row)
      heads.set(row, head)
    }
    return head
  }
  const lines = (changes: ReadonlyArray<Change>) => {
    let text = ""
    let readings = 0
    for (const change of changes) {
      const { row } = change
      if (change._tag === "Removed")
        text += `{"event":"removed","device":${JSON.stringify(row.device)},"name":${JSON.stringify(row.name)}}\n`
      if (change._tag !== "Reading") continue
      readings++
      const { reading } = change
      const { before, device, isNumber } = headFor(row)
      const value = reading.latin1 === undefined ? "" : `,"value":${valueText(row, isNumber, reading)}`
      text += `${before}${value},"status":"${reading.status}","timestamp":${reading.timestamp}${device}${codeOf(reading.status)},"received":${reading.received}}\n`
    }
    return { text, readings, altered: 0 }
  }
  return {
    name: "ndjson",
    contentType: "application/x-ndjson",
    head: (time) => `${JSON.stringify({ katcp: 1, form: "readings", time })}\n`,
    lines,
    gap: (lost, time) => `${JSON.stringify({ event: "lost", lost, time })}\n`
  }
}
