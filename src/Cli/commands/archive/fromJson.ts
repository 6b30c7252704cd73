/** Readings as commands print them with `--json`. */
import type { ForeignReading, Value } from "../../../Archive/index.ts"
import { decodeText } from "../../../Message/index.ts"
import { isStatus, statuses } from "../../../Sensor/index.ts"

/** Returns the reading of a line, none if it has none, or what is wrong with it. */
export const fromJson = (
  line: Record<string, unknown>,
  device: string | undefined
): ReadonlyArray<ForeignReading> | string => {
  const { name, status, timestamp, type } = line
  if (typeof name !== "string" || status === undefined || line.value === undefined) return []
  if (typeof timestamp !== "number" || typeof type !== "string") return "a reading has a timestamp and a type"
  if (typeof status !== "string" || !isStatus(status)) return `${JSON.stringify(status)} is no status`
  const value = valueOf(type, line.value)
  if (value === undefined) return `${JSON.stringify(line.value)} is no value of a sensor of type ${type}`
  return [
    {
      device: device ?? (typeof line.device === "string" ? line.device : "device"),
      sensor: name,
      type,
      units: typeof line.units === "string" ? line.units : "",
      timestamp,
      received: typeof line.received === "number" ? line.received : timestamp,
      code: statuses.indexOf(status),
      value
    }
  ]
}

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY
}

const valueOf = (type: string, value: unknown): Value | undefined => {
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
