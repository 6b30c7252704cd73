/** Records of the logs of devices, in the forms for programs. */
import type { Rows } from "./printing.ts"
import { timeText, type Zone } from "./time.ts"

/** A record of the log of a device. */
export interface LogRecord {
  /** The device: its name, or its address. */
  readonly device: string
  /** As the device has written it. */
  readonly level: string
  /** When it was logged, in seconds since 1970, by the clock of the device. */
  readonly timestamp: number
  /** The part of the device that logs. */
  readonly name: string
  readonly message: string
}

const columns = ["device", "level", "timestamp", "name", "message"]

/** Returns a record as JSON. */
export const recordJson = ({ device, level, message, name, timestamp }: LogRecord) => ({
  // scripts cut fields by their place: new ones stand behind those that were there first
  level,
  timestamp,
  name,
  message,
  device
})

/** Returns records in the forms for programs. */
export const logRows = (zone: Zone): Rows<LogRecord> => ({
  json: recordJson,
  columns,
  fields: {
    device: ({ device }) => ({ text: device }),
    level: ({ level }) => ({ text: level }),
    timestamp: ({ timestamp }) => ({ text: `${timestamp}`, number: timestamp }),
    time: ({ timestamp }) => ({ text: timeText(timestamp, zone) }),
    name: ({ name }) => ({ text: name }),
    message: ({ message }) => ({ text: message })
  }
})
