import { spanText } from "../show/age.ts"

/**
 * Seconds by which the clock of a device may be ahead. Not measured: synchronised hosts are within a fraction of one.
 */
const maxAhead = 2
/** Seconds by which it may be behind. Not measured: a reading may wait that long in a device that is busy. */
const maxBehind = 10
/** Readings needed to report a fault. Not measured: a single late reading proves nothing. */
const enough = 3

/** Detects a wrong clock of a device by the timestamps of its readings and their times of arrival. */
export class ClockWatch {
  private ahead = 0
  private least = Number.POSITIVE_INFINITY
  private count = 0

  /**
   * Processes a reading. `isNew` is `true` if it is a new reading, not a repeated or the first one, which may be old.
   */
  take(timestamp: number, received: number, isNew: boolean): void {
    this.ahead = Math.max(this.ahead, timestamp - received)
    if (!isNew) return
    this.count++
    this.least = Math.min(this.least, received - timestamp)
  }

  /** The fault, as `3 h ahead`; `undefined` without one. */
  get fault(): string | undefined {
    if (this.ahead > maxAhead) return `${spanText(this.ahead)} ahead`
    return this.count >= enough && this.least > maxBehind ? `${spanText(this.least)} behind` : undefined
  }
}
