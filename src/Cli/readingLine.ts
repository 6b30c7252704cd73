/** Readings as JSON objects, one a line: `katcp export ndjson`, `katcp monitor --json` and `katcp history --raw --json` print them. */
import { decodeText } from "../Message/index.ts"
import { isStatus, type Status } from "../Sensor/index.ts"

/** A value that a line of JSON can hold. */
type LineValue = number | bigint | boolean | string

/** The reading of a line. */
export interface ReadingLine {
  readonly device: string | undefined
  readonly name: string
  /** The type as on the wire. */
  readonly type: string
  readonly units: string
  readonly status: Status
  /** When it was read, by the clock of the device, in seconds since 1970. */
  readonly timestamp: number
  /** When it came, in seconds since 1970; the timestamp if the line does not say so. */
  readonly received: number
  /** The value; `undefined` if the sensor had none. */
  readonly value: LineValue | undefined
}

/** Returns the object of a line of JSON; `undefined` if the line holds none. */
export const objectOf = (line: string): Record<string, unknown> | undefined => {
  try {
    const json: unknown = JSON.parse(line)
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Returns the reading of an object, `undefined` if it has none, or the fault of a malformed reading. */
export const readingOf = (line: Record<string, unknown>): ReadingLine | string | undefined => {
  const { name, received, status, timestamp, type } = line
  if (typeof name !== "string" || status === undefined) return undefined
  if (typeof timestamp !== "number" || typeof type !== "string") return "a reading has a timestamp and a type"
  if (typeof status !== "string" || !isStatus(status)) return `${JSON.stringify(status)} is not a status`
  const value = line.value === undefined ? undefined : valueOf(type, line.value)
  if (value === undefined && line.value !== undefined)
    return `${JSON.stringify(line.value)} is not a value of a sensor of type ${type}`
  return {
    device: typeof line.device === "string" ? line.device : undefined,
    name,
    type,
    units: typeof line.units === "string" ? line.units : "",
    status,
    timestamp,
    received: typeof received === "number" ? received : timestamp,
    value
  }
}

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY
}

const valueOf = (type: string, value: unknown): LineValue | undefined => {
  switch (type) {
    case "float":
    case "timestamp":
      return typeof value === "number" ? value : typeof value === "string" ? special[value] : undefined
    case "integer":
      if (typeof value === "string" && /^[+-]?\d+$/.test(value)) return BigInt(value)
      return typeof value === "number" && Number.isInteger(value) ? value : undefined
    case "boolean":
      return typeof value === "boolean" ? value : undefined
    default: {
      if (typeof value === "string") return value
      const base64 = (value as { readonly base64?: unknown } | null)?.base64
      if (typeof base64 !== "string") return undefined
      return decodeText(new Uint8Array(Buffer.from(base64, "base64")))
    }
  }
}
