import { type LogLevel, reports, type Severity } from "../../Interface/index.ts"

/** Records that wait for a page. Not measured: some screens full. */
const most = 500
/** Characters of records that wait for a page. Not measured: 500 records of a usual length have a tenth of it. */
const mostCharacters = 262_144
/** Characters of a record's text that a page is sent. Not measured: nobody reads longer ones in a list. */
const longestText = 4096
/** Milliseconds between two frames of records. Not measured: eyes see no delay of it. */
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

/** The log records that wait for one page. If there are too many, the oldest ones make room, and are counted. */
export class LogQueue {
  /** From this level up. */
  level: LogLevel = "off"
  /** When the next frame may go, in milliseconds. */
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
    while (this.waiting.length > most || this.characters > mostCharacters) {
      this.characters -= this.waiting.shift()!.length
      this.lost++
    }
  }

  /** When a frame may go; `Infinity` if no record waits. */
  get due(): number {
    return this.waiting.length === 0 ? Number.POSITIVE_INFINITY : this.next
  }

  /** Gives the records that wait as a frame. */
  take(now: number): string {
    const frame = `{"logs":[${this.waiting.join(",")}],"lost":${this.lost}}`
    this.waiting = []
    this.characters = 0
    this.lost = 0
    this.next = now + every
    return frame
  }
}
