import { type LogLevel, reports, type Severity } from "../../Interface/index.ts"

/** The number of records that wait for a page. Not measured: some full screens. */
const maxRecords = 500
/** The characters of records that wait for a page. Not measured: 500 ordinary records have a tenth of it. */
const mostCharacters = 262_144
/** The longest text of a record for a page, in characters. Not measured: nobody reads longer ones in a list. */
const longestText = 4096
/** The time between two frames of records, in milliseconds. Not measured: people do not notice this delay. */
const every = 100

/** A log record of a device. */
export interface LogRecord {
  readonly device: string
  readonly severity: Severity
  /** In seconds since 1970. */
  readonly time: number
  readonly logger: string
  readonly text: string
}

/** The log records that wait for one page. If there are too many, the oldest ones are dropped, and counted. */
export class LogQueue {
  /** The lowest level that the page wants. */
  level: LogLevel = "off"
  /** The earliest time of the next frame, in milliseconds. */
  next = 0
  private waiting: Array<string> = []
  private characters = 0
  private lost = 0

  add({ device, logger, severity, text, time }: LogRecord): void {
    if (!reports(this.level, severity)) return
    const shown = text.length <= longestText ? text : `${text.slice(0, longestText)}…`
    const record = JSON.stringify([device, severity, time, logger.slice(0, longestText), shown.toWellFormed()])
    this.waiting.push(record)
    this.characters += record.length
    while (this.waiting.length > maxRecords || this.characters > mostCharacters) {
      this.characters -= this.waiting.shift()!.length
      this.lost++
    }
  }

  /** The earliest time of a frame; `Infinity` if no record waits. */
  get due(): number {
    return this.waiting.length === 0 ? Number.POSITIVE_INFINITY : this.next
  }

  /** Returns the waiting records as a frame. */
  take(now: number): string {
    const frame = `{"logs":[${this.waiting.join(",")}],"lost":${this.lost}}`
    this.waiting = []
    this.characters = 0
    this.lost = 0
    this.next = now + every
    return frame
  }
}
