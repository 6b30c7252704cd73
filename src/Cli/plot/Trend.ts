import type { Charset } from "../show/charset.ts"

/** The number of cells, and the seconds of each: one minute. */
const [cells, cellSeconds] = [12, 5]

const levels: Readonly<Record<Charset, string>> = {
  braille: "▁▂▃▄▅▆▇█",
  // the Linux console has half blocks, but no eighths
  blocks: "_.-~=+*#",
  ascii: "_.-~=+*#"
}

/**
 * The trend of a number over the last minute, in twelve cells. Each cell has the value at the end of its five seconds;
 * a value holds until the next one. The memory does not depend on the number of values.
 */
export class Trend {
  private readonly values = new Float64Array(cells).fill(Number.NaN)
  /** The start of the first cell, in seconds. */
  private readonly start: number
  private newest = 0

  constructor(now: number) {
    this.start = now
  }

  /** Adds a value; NaN if there is no value now. */
  add(now: number, value: number): void {
    this.advance(now)
    this.values[this.newest % cells] = value
  }

  /** Returns the cells with the newest last; blank without a value. A clock that goes back pauses the trend. */
  text(now: number, charset: Charset): string {
    this.advance(now)
    const ordered = Array.from({ length: cells }, (_, at) => this.values[(this.newest + 1 + at) % cells]!)
    const finite = ordered.filter(Number.isFinite)
    const least = Math.min(...finite)
    // halves, because the difference of two numbers may overflow
    const range = Math.max(...finite) / 2 - least / 2
    const glyphs = levels[charset]
    const last = glyphs.length - 1
    return ordered
      .map((value) => {
        if (Number.isNaN(value)) return " "
        if (!Number.isFinite(value)) return glyphs[value > 0 ? last : 0]!
        return glyphs[range === 0 ? last >> 1 : Math.round(((value / 2 - least / 2) / range) * last)]!
      })
      .join("")
  }

  private advance(now: number): void {
    const to = Math.floor((now - this.start) / cellSeconds)
    const held = this.values[this.newest % cells]!
    for (let at = Math.max(this.newest, to - cells); at < to; at++) this.values[(at + 1) % cells] = held
    this.newest = Math.max(this.newest, to)
  }
}
