import { Arg, type Dialect, type ParsedMessage } from "../../Codec/index.ts"
import { isValid, type LiveSensor, statuses } from "../../Sensor/index.ts"
import { ArrivedReading, type RemoteReading } from "./RemoteReading.ts"
import { arrive, arrived, WireReading } from "./WireReading.ts"
import { anew, other, timeForm } from "./wireTime.ts"

const status = Arg.Discrete(...statuses)

/** Receives the readings of an inform. */
export interface ReadingSink {
  /** Returns the sensor named by an argument of the inform, or `undefined` if it is of no interest. */
  readonly find: (message: ParsedMessage, at: number) => LiveSensor<unknown> | undefined
  readonly take: (sensor: LiveSensor<unknown>, reading: RemoteReading<unknown>) => void
  /** Called with a fault. The other readings of the inform still count. */
  readonly bad: (sensor: string, detail: string) => void
  /** `true` if readings keep their bytes: see {@link WireReading}. */
  readonly keepsBytes?: boolean
}

/**
 * Extracts the readings from `#sensor-status` or `#sensor-value`: timestamp, count, then name, status and value of each
 * sensor (Rev 5.1 §7.2, P-253). A bad reading does not affect the others (P-256). `received` is in seconds.
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
  const keepsBytes = sink.keepsBytes === true
  const form = keepsBytes ? (message.decode(0, timeForm, dialect) as number) : anew
  const time = form === other ? message.latin1(0) : undefined
  for (let at = 2; at < length; at += 3) {
    const sensor = sink.find(message, at)
    if (sensor === undefined) continue
    const reading = keepsBytes
      ? wireReadingAt(message, at, sensor, timestamp, received, dialect, form, time)
      : readingAt(message, at, sensor, timestamp, received, dialect)
    try {
      if (typeof reading === "string") sink.bad(sensor.name, reading)
      else sink.take(sensor, reading)
    } finally {
      arrived()
    }
  }
}

/** Returns the reading that begins at an argument, or its fault. */
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
  if (!(value instanceof Arg.Invalid)) return new ArrivedReading(timestamp, known, value, received)
  // with such a status the value may be invalid: the last value stays
  return isValid(known) ? `value: ${value.message}` : new ArrivedReading(timestamp, known, sensor.value, received)
}

/** Returns the reading with the bytes of its value, which are only checked against the sensor's type. */
const wireReadingAt = (
  message: ParsedMessage,
  at: number,
  sensor: LiveSensor<unknown>,
  timestamp: number,
  received: number,
  dialect: Dialect.Dialect,
  form: number,
  time: string | undefined
): WireReading | string => {
  const known = message.decode(at + 1, status, dialect)
  if (known instanceof Arg.Invalid) return `status: ${known.message}`
  const { definition, reading } = sensor
  // any bytes are text
  const value: unknown = definition.type === Arg.Text ? null : message.decode(at + 2, definition.type, dialect)
  if (!(value instanceof Arg.Invalid)) {
    const latin1 = message.latin1(at + 2)
    const arriving = new WireReading(definition, timestamp, known, received, latin1, dialect, value, time)
    arrive(arriving, message, at + 2, form !== anew)
    return arriving
  }
  if (isValid(known)) return `value: ${value.message}`
  if (!(reading instanceof WireReading))
    return new WireReading(definition, timestamp, known, received, undefined, dialect)
  const sameTime = reading.dialect === dialect ? time : undefined
  return new WireReading(definition, timestamp, known, received, reading.latin1, reading.dialect, undefined, sameTime)
}
