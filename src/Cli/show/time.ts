/** The appearance of times: with date and zone, in this machine's zone or in UTC. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { ageText, skew } from "./age.ts"

/** A time zone. */
export interface Zone {
  /** Returns the minutes by which the zone is east of UTC at a time in seconds since 1970. */
  readonly offsetAt: (seconds: number) => number
  /** Returns the zone's suffix of a time: `Z`, or the offset as `+02:00`. */
  readonly mark: (seconds: number) => string
}

/** Coordinated Universal Time. */
export const utc: Zone = { offsetAt: () => 0, mark: () => "Z" }

/** Given by time zones: their offsets change only at full quarters of an hour. In seconds. */
const quarter = 900

/** Returns this machine's zone, or that of `TZ`. */
export const local = (): Zone => {
  const timeZone = DateTime.zoneMakeLocal()
  // the lookup takes 8 µs, and consecutive readings have close times
  let block = Number.NaN
  let offset = 0
  const offsetAt = (seconds: number): number => {
    const other = Math.floor(seconds / quarter)
    if (other !== block) {
      block = other
      const time = DateTime.makeZoned(seconds * 1000, { timeZone })
      offset = Option.isSome(time) ? Math.round(DateTime.zonedOffset(time.value) / 60_000) : 0
    }
    return offset
  }
  return {
    offsetAt,
    mark: (seconds) => {
      const offset = offsetAt(seconds)
      const size = Math.abs(offset)
      return `${offset < 0 ? "-" : "+"}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`
    }
  }
}

const twoDigits = (number: number): string => String(number).padStart(2, "0")

/** Returns the zone selected by `--utc`. */
export const zoneOf = (input: { readonly utc: boolean }): Zone => (input.utc ? utc : local())

/** The parts of a time in a zone. */
interface Moment {
  /** The date, as `2026-09-21`. */
  readonly date: string
  /** The time with milliseconds, as `16:13:20.250`. */
  readonly clock: string
}

/** Returns the date and the time of day in a zone, or `undefined` if the number is not a time. */
const momentOf = (seconds: number, zone: Zone): Moment | undefined => {
  // rounded, because the product may be a little less than the millisecond
  const shifted = DateTime.make(Math.round(seconds * 1000) + zone.offsetAt(seconds) * 60_000)
  if (Option.isNone(shifted)) return undefined
  const [date = "", clock = ""] = DateTime.formatIso(shifted.value).split("T")
  return { date, clock: clock.slice(0, -1) }
}

/**
 * Returns a time with milliseconds, date and zone: `2026-09-21 16:13:20.250+02:00`. For a time ahead of `now`, adds the
 * difference. A number that is not a time is returned unchanged.
 */
export const timeText = (seconds: number, zone: Zone, now = Number.POSITIVE_INFINITY): string => {
  const moment = momentOf(seconds, zone)
  if (moment === undefined) return `${seconds} (no time)`
  const ahead = seconds > now + skew ? ` (${ageText(now - seconds)})` : ""
  return `${moment.date} ${moment.clock}${zone.mark(seconds)}${ahead}`
}
