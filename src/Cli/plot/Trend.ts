import type { Charset } from "../show/charset.ts"

/** So many cells, each of so many seconds: one minute. */
const [cells, cellSeconds] = [12, 5]

const levels: Readonly<Record<Charset, string>> = {
  braille: "▁▂▃▄▅▆▇█",
  // the console of Linux has half blocks, and no eighths
  blocks: "_.-~=+*#",
  ascii: "_.-~=+*#"
}

/**
 * The course of a number over the last minute, in twelve cells. Each cell has the value at the end of its five seconds; a value
 * holds until the next one. The memory is the same however many values come.
 */
export class Trend {
  private readonly values = new Float64Array(cells).fill(Number.NaN)
  /** When the first cell began, in seconds. */
  private readonly start: number
  private newest = 0

  constructor(now: number) {
    this.start = now
  }

  /** Takes a value; NaN if there is none now. */
  add(now: number, value: number): void {
    this.advance(now)
    this.values[this.newest % cells] = value
  }

  /** Returns the cells with the newest last; blank if there was no value. A clock that goes back stops the trend meanwhile. */
  text(now: number, charset: Charset): string {
    this.advance(now)
    const ordered = Array.from({ length: cells }, (_, at) => this.values[(this.newest + 1 + at) % cells]!)
    const finite = ordered.filter(Number.isFinite)
    const least = Math.min(...finite)
    // halves, since the difference of two numbers may be beyond all numbers
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
