/** Readings in the form of `--json`. */
import type { ForeignReading } from "../../../Archive/index.ts"
import { statuses } from "../../../Sensor/index.ts"
import { readingOf } from "../../readingLine.ts"

/** Returns the reading of a line, `undefined` without one, or the fault of the line. */
export const fromJson = (
  line: Record<string, unknown>,
  device: string | undefined
): ReadonlyArray<ForeignReading> | string => {
  const reading = readingOf(line)
  if (typeof reading === "string") return reading
  if (reading?.value === undefined) return []
  const { name, received, status, timestamp, type, units, value } = reading
  return [
    {
      device: device ?? reading.device ?? "device",
      sensor: name,
      type,
      units,
      timestamp,
      received,
      code: statuses.indexOf(status),
      value
    }
  ]
}
