import { Arg, type Dialect, type ParsedMessage } from "../../Codec/index.ts"
import { type LiveSensor, statuses } from "../../Sensor/index.ts"
import type { RemoteReading } from "./RemoteReading.ts"

const status = Arg.Discrete(...statuses)

/** What becomes of the readings of an inform. */
export interface ReadingSink {
  /** The sensor whose name is an argument of the inform; undefined where it is not of interest. */
  readonly find: (message: ParsedMessage, at: number) => LiveSensor<unknown> | undefined
  readonly take: (sensor: LiveSensor<unknown>, reading: RemoteReading<unknown>) => void
  /** Something that makes no sense; the rest still counts. */
  readonly bad: (sensor: string, detail: string) => void
}

/**
 * Takes the readings out of `#sensor-status` or `#sensor-value`: timestamp, count, then name, status and value of each
 * sensor (Rev 5.1 §7.2, P-253). One that makes no sense does not lose the others (P-256). `received` is in seconds.
 */
export const takeReadings = (
  message: ParsedMessage,
  dialect: Dialect.Dialect,
  received: number,
  sink: ReadingSink
): void => {
  const { length } = message
  const count = length < 2 ? -1 : message.decode(1, Arg.Int, dialect)
  if (length - 2 !== 3 * Number(count))
    return sink.bad(message.text(2) ?? "", `count and arguments do not agree: ${message}`)
  const timestamp = message.decode(0, Arg.Timestamp, dialect)
  if (timestamp instanceof Arg.Invalid) return sink.bad(message.text(2) ?? "", `timestamp: ${timestamp.message}`)
  for (let at = 2; at < length; at += 3) {
    const sensor = sink.find(message, at)
    if (sensor === undefined) continue
    const reading = readingAt(message, at, sensor, timestamp, received, dialect)
    if (typeof reading === "string") sink.bad(sensor.name, reading)
    else sink.take(sensor, reading)
  }
}

/** The reading that begins at an argument, or what is wrong with it. */
const readingAt = (
  message: ParsedMessage,
  at: number,
  sensor: LiveSensor<unknown>,
  timestamp: number,
  received: number,
  dialect: Dialect.Dialect
): RemoteReading<unknown> | string => {
  const known = message.decode(at + 1, status, dialect)
  if (known instanceof Arg.Invalid) return `status: ${known.message}`
  const value: unknown = message.decode(at + 2, sensor.definition.type, dialect)
  if (!(value instanceof Arg.Invalid)) return { timestamp, status: known, value, received }
  // a status without a valid value need not bring one: the last one stays
  return known === "unknown" || known === "unreachable" || known === "inactive" || known === "failure"
    ? { timestamp, status: known, value: sensor.value, received }
    : `value: ${value.message}`
}
