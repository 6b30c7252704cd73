/** The newest log records, up to a number; the rest is counted. */
import type { LogLine } from "../frames.ts"

/** A log record, with a number. */
export interface Line {
  readonly id: number
  readonly device: string
  readonly level: string
  /** In seconds since 1970. */
  readonly time: number
  readonly logger: string
  readonly text: string
}

/** The levels, worst first. */
export const levels = ["fatal", "error", "warn", "info", "debug", "trace"] as const

/** Returns `true` if a record of this level is shown when records of `least` and above are. */
export const isAtLeast = (level: string, least: string): boolean => {
  const place = levels.indexOf(level as never)
  // an unknown level is shown
  return place === -1 || least === "all" || place <= levels.indexOf(least as never)
}

/** The records. */
export class Lines {
  readonly #limit: number
  #lines: Array<Line> = []
  #nextId = 0
  /** The number of records that the gateway or the page dropped. */
  lost = 0
  /** Grows with each change. */
  version = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(lines: ReadonlyArray<LogLine>, lost: number): void {
    this.lost += lost
    for (const [device, level, time, logger, text] of lines)
      this.#lines.push({ id: this.#nextId++, device, level, time, logger, text })
    if (this.#lines.length > this.#limit) this.#lines = this.#lines.slice(-this.#limit)
    this.version++
  }

  clear(): void {
    this.#lines = []
    this.lost = 0
    this.version++
  }

  /** The records, the oldest first. */
  get all(): ReadonlyArray<Line> {
    return this.#lines
  }
}
