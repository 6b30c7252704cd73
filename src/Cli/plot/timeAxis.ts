/** The time axis: ticks at round times of the zone, labels with the clock and, below, the date and the zone. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { Zone } from "../show/time.ts"

/** A tick. */
export interface TimeTick {
  /** In seconds since 1970. */
  readonly time: number
  /** The time of day, or the date if ticks are a day apart or more. */
  readonly label: string
  /** The date, if it differs from that of the previous tick. */
  readonly date: string
}

const [minute, hour, day] = [60, 3600, 86_400]
const seconds = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
  ...[1, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute],
  ...[hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day]
]
/** A month on average. Given by the calendar. */
const month = 30.44 * day
const months = [1, 3, 6, ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000].map((years) => 12 * years)]

/** Columns between labels. Not measured: with one they look like one label. */
const space = 2
/** The largest number of ticks. Not measured: more than fit in a terminal of 400 columns. */
const maxTicks = 200

/** Returns the ticks between two times on an axis of this many columns. */
export const timeTicks = (from: number, to: number, columns: number, zone: Zone): ReadonlyArray<TimeTick> => {
  const isRoom = (step: number, width: number) => ((to - from) / step) * (width + space) <= columns
  const step = seconds.find((one) => isRoom(one, clockWidth(one)))
  if (step !== undefined) return labelled(evenTicks(from, to, step, zone), step, zone)
  const count = months.find((one) => isRoom(one * month, one < 12 ? 7 : 4)) ?? months.at(-1)!
  return monthTicks(from, to, count, zone)
}

const clockWidth = (step: number): number => {
  if (step >= day) return 10
  if (step >= minute) return 5
  return step >= 1 ? 8 : 9 + decimals(step)
}

const decimals = (step: number): number => (step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3)

/** Returns the times at which the zone's clock shows a multiple of the step. */
const evenTicks = (from: number, to: number, step: number, zone: Zone): ReadonlyArray<number> => {
  const found: Array<number> = []
  const offset = (time: number) => zone.offsetAt(time) * minute
  for (let place = Math.ceil((from + offset(from)) / step - 1e-6); found.length < maxTicks; place++) {
    const guess = place * step - offset(from)
    // summer time may begin or end in between
    const time = place * step - offset(guess)
    if (time > to) break
    if (time >= from - 1e-6) found.push(time)
  }
  return found
}

const labelled = (times: ReadonlyArray<number>, step: number, zone: Zone): ReadonlyArray<TimeTick> => {
  let before = ""
  return times.map((time) => {
    const [date = "", clock = ""] = isoIn(zone, time)
    const isNew = date !== before
    before = date
    if (step >= day) return { time, label: date, date: "" }
    return { time, label: clock.slice(0, clockWidth(step)), date: isNew ? date : "" }
  })
}

const monthTicks = (from: number, to: number, count: number, zone: Zone): ReadonlyArray<TimeTick> => {
  const found: Array<TimeTick> = []
  const first = DateTime.make(from * 1000)
  if (Option.isNone(first)) return found
  const { month: begun, year } = DateTime.toPartsUtc(first.value)
  for (let place = Math.ceil((year * 12 + begun - 1) / count); found.length < maxTicks; place++) {
    const [years, rest] = [Math.floor((place * count) / 12), (((place * count) % 12) + 12) % 12]
    const there = DateTime.make({ year: years, month: rest + 1, day: 1 })
    if (Option.isNone(there)) break
    const time = there.value.epochMilliseconds / 1000 - zone.offsetAt(there.value.epochMilliseconds / 1000) * minute
    if (time > to) break
    const label = count < 12 ? `${years}-${String(rest + 1).padStart(2, "0")}` : `${years}`
    if (time >= from) found.push({ time, label, date: "" })
  }
  return found
}

/** Returns the date and the time of day in a zone; empty for a number that is not a time. */
const isoIn = (zone: Zone, time: number): ReadonlyArray<string> => {
  const shifted = DateTime.make(Math.round(time * 1000) + zone.offsetAt(time) * 60_000)
  return Option.isNone(shifted) ? [] : DateTime.formatIso(shifted.value).slice(0, -1).split("T")
}

/** Returns the name of the zone at a time: `UTC` or `UTC+02:00`. */
export const zoneName = (zone: Zone, time: number): string => {
  const mark = zone.mark(time)
  return mark === "Z" ? "UTC" : `UTC${mark}`
}
