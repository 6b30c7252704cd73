/**
 * The data of a plot: the history from the archive, then the live readings, without a gap.
 *
 * History ends where the live readings begin: later data of the archive are omitted, so nothing counts twice. An
 * archive writes a moment late; the page requests it again from time to time, and then has the readings between.
 *
 * A sensor that does not change may send nothing: its value is valid until the next reading, so lines are stairs up to
 * the present. Only a reading without a fresh value, or a gap of the archive, ends a line.
 */
import type { Value } from "../frames.ts"
import type { Ring } from "./Ring.ts"
import { isFresh } from "./status.ts"

/** A stretch of time without data in the archive. */
export interface Gap {
  readonly from: number
  /** Null while it lasts. */
  readonly to: number | null
  readonly reason: string
}

/** The history of a sensor: readings, or buckets of several. Times in seconds since 1970. */
export interface History {
  /** The width of a bucket; 0 if each entry is a reading. */
  readonly width: number
  readonly t: ReadonlyArray<number>
  readonly min: ReadonlyArray<number | null>
  readonly max: ReadonlyArray<number | null>
  readonly mean: ReadonlyArray<number | null>
  readonly last: ReadonlyArray<Value | null>
  /** The code of the worst status. */
  readonly worst: ReadonlyArray<number>
  readonly gaps: ReadonlyArray<Gap>
}

/** No history. */
export const noHistory: History = { width: 0, t: [], min: [], max: [], mean: [], last: [], worst: [], gaps: [] }

/** A line of a plot: `null` ends it. */
export interface Line {
  readonly x: Array<number>
  readonly y: Array<number | null>
  readonly low: Array<number | null>
  readonly high: Array<number | null>
}

/** A stretch of time in one state. */
export interface Run {
  readonly from: number
  to: number
  readonly code: number
  /** The state, for a sensor with states. */
  readonly text: string
}

/** The data of a sensor for a plot. */
export interface Source {
  readonly history: History
  readonly ring: Ring | undefined
  /** The beginning of the plot. */
  readonly from: number
  /** The end of the data: the present, or the end of the plot. */
  readonly until: number
  /** The smallest width of a bucket of live readings, in seconds: a plot has few pixels. */
  readonly width: number
}

/** The first time of the live readings in the plot. */
const cutOf = ({ ring }: Source): number => ring?.since ?? Number.POSITIVE_INFINITY

const hides = ({ reason }: Gap): boolean => reason !== "lost"

/** Returns the line of a sensor of numbers. */
export const lineOf = (source: Source): Line => {
  const { history, ring, until } = source
  const line: Line = { x: [], y: [], low: [], high: [] }
  const cut = cutOf(source)
  const gaps = history.gaps.filter(hides)
  let gap = 0
  const add = (time: number, y: number | null, low: number | null, high: number | null) => {
    const last = line.x.length - 1
    if (last >= 0 && line.x[last]! >= time) {
      // the last bucket of the archive and the first of the live readings are the same stretch of time
      if (y === null) line.y[last] = line.low[last] = line.high[last] = null
      else {
        line.y[last] = y
        line.low[last] = Math.min(line.low[last] ?? low!, low!)
        line.high[last] = Math.max(line.high[last] ?? high!, high!)
      }
      return
    }
    line.x.push(time)
    line.y.push(y)
    line.low.push(low)
    line.high.push(high)
  }
  const endAtGaps = (time: number) => {
    for (; gap < gaps.length && gaps[gap]!.from <= time; gap++) add(gaps[gap]!.from, null, null, null)
  }
  for (let at = 0; at < history.t.length; at++) {
    const time = history.t[at]!
    if (time >= cut) break
    endAtGaps(time)
    const mean = history.mean[at] ?? null
    add(time, mean, mean === null ? null : (history.min[at] ?? mean), mean === null ? null : (history.max[at] ?? mean))
  }
  endAtGaps(Math.min(cut, until))
  if (ring !== undefined) fold(source, add)
  const last = line.y.at(-1)
  // the value is valid until now
  if (last !== undefined && last !== null && line.x.at(-1)! < until) add(until, last, last, last)
  return line
}

/** Adds the live readings, merging those that are closer than the width. */
const fold = (
  { from, history, ring, until, width }: Source,
  add: (time: number, y: number | null, low: number | null, high: number | null) => void
): void => {
  const step = Math.max(width, history.width)
  const origin = history.t[0] ?? 0
  let bucket = Number.NaN
  let sum = 0
  let count = 0
  let low = 0
  let high = 0
  const flush = () => {
    if (count > 0) add(bucket, sum / count, low, high)
    count = 0
  }
  ring!.each(from, (time, value, code) => {
    if (time > until) return
    const begin = step === 0 ? time : origin + Math.floor((time - origin) / step) * step
    if (!isFresh(code) || Number.isNaN(value)) {
      flush()
      add(time, null, null, null)
      bucket = Number.NaN
      return
    }
    if (begin !== bucket) {
      flush()
      bucket = begin
      sum = 0
      low = Number.POSITIVE_INFINITY
      high = Number.NEGATIVE_INFINITY
    }
    sum += value
    count++
    low = Math.min(low, value)
    high = Math.max(high, value)
  })
  flush()
}

/**
 * Returns the stretches of time with one status, and one state if `stateOf` names the states (for a value of the
 * archive, or a number in the ring).
 */
export const runsOf = (
  source: Source,
  stateOf?: (value: Value | number | null, fromRing: boolean) => string
): ReadonlyArray<Run> => {
  const { from, history, ring, until } = source
  const runs: Array<Run> = []
  const cut = cutOf(source)
  const gaps = history.gaps.filter(hides)
  let gap = 0
  const begin = (time: number, code: number, text: string) => {
    const last = runs.at(-1)
    if (last !== undefined) last.to = Math.max(last.from, Math.min(last.to, time))
    if (last !== undefined && last.code === code && last.text === text && last.to === time) last.to = until
    else runs.push({ from: time, to: until, code, text })
  }
  const beginGaps = (time: number) => {
    for (; gap < gaps.length && gaps[gap]!.from <= time; gap++) {
      const { from: start, reason, to } = gaps[gap]!
      begin(Math.max(from, start), reason === "away" ? unreachable : unknown, gapWords[reason] ?? reason)
      if (to !== null) runs.at(-1)!.to = Math.min(until, to)
    }
  }
  const reading = (time: number, code: number, value: Value | number | null, fromRing: boolean) =>
    begin(time, code, stateOf !== undefined && isFresh(code) ? stateOf(value, fromRing) : "")
  for (let at = 0; at < history.t.length; at++) {
    const time = history.t[at]!
    if (time >= cut) break
    beginGaps(time)
    reading(Math.max(from, time), history.worst[at]!, history.last[at] ?? null, false)
  }
  beginGaps(Math.min(cut, until))
  ring?.each(from, (time, value, code) => {
    if (time <= until) reading(time, code, value, true)
  })
  return runs.filter((run) => run.to > run.from)
}

/** A code: the status of a lost device. */
const unreachable = 5
/** A code: the status of an unknown time. */
const unknown = 0

/** The reasons for missing readings, in words. */
const gapWords: Readonly<Record<string, string>> = {
  away: "disconnected",
  removed: "sensor removed",
  off: "archive off"
}

/** Aligns lines on one axis of time: `undefined` where a line has no point, and continues. */
export const aligned = (
  lines: ReadonlyArray<Line>
): {
  readonly x: Array<number>
  readonly columns: ReadonlyArray<{ readonly [K in "y" | "low" | "high"]: Array<number | null | undefined> }>
} => {
  const [only] = lines
  if (lines.length === 1) return { x: only!.x, columns: [only!] }
  const x = [...new Set(lines.flatMap((line) => line.x))].sort((one, other) => one - other)
  const columns = lines.map((line) => {
    let at = 0
    const column = { y: [], low: [], high: [] } as {
      readonly [K in "y" | "low" | "high"]: Array<number | null | undefined>
    }
    for (const time of x) {
      const has = line.x[at] === time
      for (const name of ["y", "low", "high"] as const) column[name].push(has ? line[name][at] : undefined)
      if (has) at++
    }
    return column
  })
  return { x, columns }
}
