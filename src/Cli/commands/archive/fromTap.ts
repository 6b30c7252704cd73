/** Readings in recordings of `katcp tap`. */

import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { ForeignReading, Value } from "../../../Archive/index.ts"
import { Arg, Dialect, decode } from "../../../Codec/index.ts"
import { decodeText, type Message } from "../../../Message/index.ts"
import * as Sensor from "../../../Sensor/index.ts"
import { bytesOf, decodeEntries } from "../../recording.ts"

/** The state of a connection: the sensors that the device has described. */
export interface TapSession {
  dialect: Dialect.Dialect
  readonly sensors: Map<string, Sensor.Any>
}

/** Returns the readings of a line, or its fault. */
export const fromTap = (
  line: string,
  sessions: Map<number, TapSession>,
  device: string
): ReadonlyArray<ForeignReading> | string => {
  const entries = decodeEntries(`${line}\n`)
  if (Result.isFailure(entries)) return "the line is not an entry of a recording"
  const entry = entries.success[0]!
  const bytes = bytesOf(entry)
  if (bytes === undefined || entry.from !== "device") return []
  const found = Effect.runSyncExit(decode(bytes))
  if (Exit.isFailure(found)) return []
  const message = found.value
  const session = sessions.get(entry.connection) ?? { dialect: Dialect.v5, sensors: new Map() }
  sessions.set(entry.connection, session)
  if (message.kind !== "inform") return []
  if (message.name === "version-connect" && message.text(0) === "katcp-protocol" && message.text(1)?.startsWith("4"))
    session.dialect = Dialect.v4
  else if (message.name === "sensor-list") {
    const sensor = Sensor.parseDescription(message, session.dialect)
    if (!(sensor instanceof Arg.Invalid)) session.sensors.set(sensor.name, sensor)
  } else if (message.name === "sensor-status" || message.name === "sensor-value")
    return readingsOf(message, session, device, entry.time)
  return []
}

/**
 * The readings in `#sensor-status` and `#sensor-value`: the time, their number, then name, status and value of each.
 */
const readingsOf = (
  message: Message,
  { dialect, sensors }: TapSession,
  device: string,
  received: number
): ReadonlyArray<ForeignReading> => {
  const found: Array<ForeignReading> = []
  const timestamp = message.bytes(0)
  for (let at = 2; timestamp !== undefined && at + 2 < message.length; at += 3) {
    const name = message.text(at)!
    // without a description the value is the text of the wire
    const sensor = sensors.get(name) ?? Sensor.remote(name, { type: Arg.Text })
    const reading = Sensor.parseReading(sensor, [timestamp, message.bytes(at + 1)!, message.bytes(at + 2)!], dialect)
    if (reading instanceof Arg.Invalid) continue
    found.push({
      device,
      sensor: name,
      type: sensor.type.sensorType!,
      units: sensor.units,
      timestamp: reading.timestamp,
      received,
      code: Sensor.statuses.indexOf(reading.status),
      value: plain(sensor, reading.value, message.bytes(at + 2)!)
    })
  }
  return found
}

const plain = (sensor: Sensor.Any, value: unknown, bytes: Uint8Array): Value => {
  const type = sensor.type.sensorType
  return type === "integer" || type === "float" || type === "boolean" || type === "timestamp"
    ? (value as Value)
    : decodeText(bytes)
}
