/** Log records of devices, in the forms for programs. */
import type { Rows } from "./printing.ts"
import { timeText, type Zone } from "./time.ts"

/** A record of the log of a device. */
export interface LogRecord {
  /** The device: its name, or its address. */
  readonly device: string
  /** The level, in the device's spelling. */
  readonly level: string
  /** The time in seconds since 1970, by the device's clock. */
  readonly timestamp: number
  /** The logger of the device. */
  readonly name: string
  readonly message: string
}

const columns = ["device", "level", "timestamp", "name", "message"]

/** Returns a record as JSON. */
export const recordJson = ({ device, level, message, name, timestamp }: LogRecord) => ({
  // scripts select fields by position: new fields follow the original ones
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
