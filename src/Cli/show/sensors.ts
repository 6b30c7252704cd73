/** How sensors and their readings are shown. */

import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { Dialect } from "../../Codec/index.ts"
import { decodeText } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Colour, Output } from "./Output.ts"
import type { Cell } from "./table.ts"

/** The colour of each status. */
export const statusColours: Readonly<Record<Sensor.Status, Colour>> = {
  unknown: "grey",
  nominal: "green",
  warn: "yellow",
  error: "red",
  failure: "red",
  unreachable: "magenta",
  inactive: "grey"
}

/** The status as a cell. */
export const statusCell = (status: Sensor.Status, paint: Output["Service"]["paint"]): Cell => ({
  text: status,
  show: (text) => paint(statusColours[status], text)
})

/** A value as it stands on the wire, which is how people know it. */
export const valueText = (sensor: Sensor.Any, value: unknown): string => {
  const text: unknown = sensor.type.encode(value, Dialect.v5)
  if (typeof text === "string") return text
  return text instanceof Uint8Array ? decodeText(text) : String(value)
}

/** Seconds by which clocks may differ: a time that is so much ahead counts as now. */
const skew = 1
/** From two years on spans are told in years. */
const year = 31_557_600

const spanText = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`
  if (seconds < 2 * year) return `${Math.round(seconds / 86400)} d`
  return `${Math.round(seconds / year)} y`
}

/** How long ago, in the largest unit that fits: `0.4 s`, `12 s`, `5 min`, `3 h`, `9 d`, `3 y`; what is to come as `in 3 h`. */
export const ageText = (seconds: number): string => {
  if (Number.isNaN(seconds)) return ""
  return seconds < -skew ? `in ${spanText(-seconds)}` : spanText(Math.max(0, seconds))
}

const halfDay = 43_200

/**
 * A time in UTC, with milliseconds: the time of day of what is at most half a day old, else with its date. What is to
 * come is marked as such, and what is no time stands as it is.
 */
export const timeText = (seconds: number, now: number): string =>
  Option.match(DateTime.make(seconds * 1000), {
    onNone: () => `${seconds} (no time)`,
    onSome: (time) => {
      const [date = "", clock = ""] = DateTime.formatIso(time).replace(/Z$/, "").split("T")
      const age = now - seconds
      if (age < -skew) return `${age > -halfDay ? "" : `${date} `}${clock} (${ageText(age)})`
      return age < halfDay ? clock : `${date} ${clock}`
    }
  })
