import type { WireReading } from "../../Client/index.ts"
import type { Change, Row } from "../../Site/index.ts"
import { codeOf } from "../../Site/index.ts"
import type { LineForm } from "../LineForm.ts"
import { type Kind, kindOf, numberOf, shownText, textOf } from "../value.ts"

/**
 * The contents of Influx lines.
 *
 * @category models
 * @since 0.1.0
 */
export interface InfluxOptions {
  /** The name of the measurement. Default `katcp`. */
  readonly measurement?: string | undefined
  /**
   * Writes text fields: `status`, `svalue` and `special`. Default `true`. Set `false` for VictoriaMetrics, which would
   * keep each of them as a series of zeros.
   */
  readonly strings?: boolean | undefined
}

/** The beginning of a sensor's lines, and `true` if a part of it was replaced. */
interface Head {
  readonly text: string
  readonly altered: boolean
  readonly kind: Kind
}

/**
 * Characters that tags cannot hold: control characters, and a backslash at the end or before a character that it would
 * escape. InfluxDB reads `\\,` as a backslash and a comma, VictoriaMetrics as a backslash and the end of the tag.
 */
const forbidden = /[\x00-\x1f\x7f]|\\(?=[\\,= ]|$)/g

/** Returns text as a tag or the name of a measurement, and `true` if a part of it was replaced. */
const tagOf = (text: string): { readonly tag: string; readonly altered: boolean } => {
  const shown = shownText(text)
  const held = shown.replace(forbidden, "_")
  return { tag: held.replace(/[,= ]/g, "\\$&"), altered: held !== text }
}

const headOf = (measurement: string, row: Row): Head => {
  const { definition, device, name } = row
  const sensor = tagOf(name)
  const units = tagOf(definition.units)
  // sorted by name, which is the fastest order for the engine
  const tags = `device=${tagOf(device).tag},sensor=${sensor.tag},type=${definition.type.sensorType}`
  return {
    text: `${measurement},${tags}${units.tag === "" ? "" : `,units=${units.tag}`} `,
    altered: sensor.altered || units.altered,
    kind: kindOf(row)
  }
}

/** Text as a field. Readers that ignore quotes would treat line ends as new lines. */
const field = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`

/** The range of an integer field. Given by the form: 64 bits with a sign. */
const largest = 2n ** 63n - 1n

const special = (value: number): string => (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf")

/** The nanoseconds of a time in the range of the engine: from 1677 to 2262. */
const nanosOf = (seconds: number): string | undefined => {
  if (!(Math.abs(seconds) < 9.2e9)) return undefined
  const micros = Math.round(seconds * 1e6)
  return micros === 0 ? "0" : `${micros}000`
}

/** Returns the fields of the value, with a comma before each, and `true` if a part was replaced. */
const valueFields = (
  kind: Kind,
  reading: WireReading,
  strings: boolean
): readonly [fields: string, altered: boolean] => {
  const latin1 = reading.latin1!
  switch (kind) {
    case "boolean":
      return [latin1 === "1" ? ",bvalue=true" : ",bvalue=false", false]
    case "integer": {
      const value = reading.value as number | bigint
      if (typeof value === "number" || (value <= largest && value >= -largest - 1n)) return [`,ivalue=${value}i`, false]
      return strings ? [`,svalue="${value}",special="big"`, false] : ["", true]
    }
    case "float":
    case "timestamp": {
      const value = numberOf(kind, reading)
      if (Number.isFinite(value)) return [`,value=${Object.is(value, -0) ? "-0" : value}`, false]
      return strings ? [`,special="${special(value)}"`, false] : ["", true]
    }
    default: {
      if (!strings) return ["", false]
      const text = textOf(reading)
      const held = shownText(text).replace(/[\x00\n\r]/g, "_")
      return [`,svalue=${field(held)}`, held !== text]
    }
  }
}

/**
 * Returns the form of Influx's line protocol: a point for each reading, with the tags `device`, `sensor`, `type` and `units`, and
 * the time of the reading by the device's clock in nanoseconds. Fields:
 *
 * - `code`, an integer, always: 0 unknown, 1 nominal, 2 warn, 3 error, 4 failure, 5 unreachable, 6 inactive; `status`, its word;
 * - the value, if the status is nominal, warn or error: `value` (float, timestamp), `ivalue` (integer), `bvalue` (boolean) or
 *   `svalue` (discrete, lru, address, string), so no field ever changes its type;
 * - `special` instead of a value that the engine cannot hold: `nan`, `inf`, `-inf`; `big` beside an integer of more
 *   than 64 bits, whose digits are in `svalue`.
 *
 * Control characters in tags, a backslash at the end of a tag or before a backslash, comma, equals sign or space, and NUL and line
 * ends in text become `_`. They are counted as altered. Bytes that are not UTF-8 are shown as `\xff`. A time before 1677 or after 2262 is replaced by that of the arrival.
 *
 * @category forms
 * @since 0.1.0
 */
export const influxLines = ({ measurement = "katcp", strings = true }: InfluxOptions = {}): LineForm => {
  const heads = new WeakMap<Row, Head>()
  const name = tagOf(measurement).tag
  const headFor = (row: Row): Head => {
    let head = heads.get(row)
    if (head === undefined) {
      head = headOf(name, row)
      heads.set(row, head)
    }
    return head
  }
  const statusFields = (reading: WireReading): string => {
    const code = codeOf(reading.status)
    return strings ? `code=${code}i,status="${reading.status}"` : `code=${code}i`
  }
  const lines = (changes: ReadonlyArray<Change>) => {
    let text = ""
    let readings = 0
    let altered = 0
    for (const change of changes) {
      if (change._tag !== "Reading") continue
      const { reading, row } = change
      const head = headFor(row)
      const isFresh = reading.status === "nominal" || reading.status === "warn" || reading.status === "error"
      const [value, replaced] =
        isFresh && reading.latin1 !== undefined ? valueFields(head.kind, reading, strings) : (["", false] as const)
      const time = nanosOf(reading.timestamp)
      text += `${head.text}${statusFields(reading)}${value} ${time ?? nanosOf(reading.received)}\n`
      readings++
      if (replaced || head.altered || time === undefined) altered++
    }
    return { text, readings, altered }
  }
  return { name: "influx", contentType: "text/plain; charset=utf-8", head: () => "", lines, gap: () => "" }
}
