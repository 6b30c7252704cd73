import { spanText } from "../show/age.ts"

/** Seconds by which the clock of a device may be ahead. Not measured: hosts that keep their time are within a fraction of one. */
const maxAhead = 2
/** Seconds by which it may be behind. Not measured: a reading may wait that long in a device that is busy. */
const maxBehind = 10
/** Readings that have to say so. Not measured: one late reading says nothing. */
const enough = 3

/** Finds out that the clock of a device is wrong, by the times of its readings and those when they come. */
export class ClockWatch {
  private ahead = 0
  private least = Number.POSITIVE_INFINITY
  private count = 0

  /** Takes a reading: `isNew` if the sensor was read since the reading before, and is not the first one, which may be old. */
  take(timestamp: number, received: number, isNew: boolean): void {
    this.ahead = Math.max(this.ahead, timestamp - received)
    if (!isNew) return
    this.count++
    this.least = Math.min(this.least, received - timestamp)
  }

  /** What is wrong, as `3 h ahead`; `undefined` if nothing is. */
  get fault(): string | undefined {
    if (this.ahead > maxAhead) return `${spanText(this.ahead)} ahead`
    return this.count >= enough && this.least > maxBehind ? `${spanText(this.least)} behind` : undefined
  }
}
