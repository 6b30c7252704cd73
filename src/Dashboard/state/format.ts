/** Values, times and ages as text for people. Texts from devices are escaped if they could mislead a reader. */
import type { Text, Value } from "../frames.ts"
import { isFresh } from "./status.ts"

/**
 * Control characters, invisible characters, and characters that change the direction of text: a device must not be able
 * to hide or reorder text. Emoji that are joined by U+200D are shown separately.
 */
const confusing =
  /\u034f|\u17b4|\u17b5|\u180b|\u180c|\u180d|\u180e|\u180f|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu

/** Returns a text with its confusing characters escaped: `\u{202e}`. */
export const visible = (text: string): string =>
  text.replace(confusing, (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`)

/** Bytes that are not UTF-8, as text: bytes beyond ASCII as `\xff`. */
const bytesText = (base64: string): string => {
  try {
    return visible(atob(base64)).replace(
      /[\u0080-\u00ff]/g,
      (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`
    )
  } catch {
    return visible(base64)
  }
}

/** Formats a text of a frame for people, up to a number of characters. */
export const textOf = (text: Text, maxLength: number): string => {
  if (typeof text !== "string") return bytesText(text.base64.slice(0, Math.ceil(maxLength / 3) * 4))
  return text.length <= maxLength ? visible(text) : `${visible(text.slice(0, maxLength))}…`
}

/**
 * The significant digits of a float in a table. Given by single precision: more digits are noise of most instruments.
 */
const digits = 7

/** Returns a number of at most seven significant digits. */
const shortNumber = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(4)
  return String(Number(value.toPrecision(digits)))
}

/** Options of formatting a value. */
export interface ValueStyle {
  readonly type: string
  readonly zone: Zone
  /** The number of characters of a text; default 200. */
  readonly maxLength?: number
  /** `true` for all digits of a number. */
  readonly exact?: boolean
}

/** Formats a value for people; empty without a value. */
export const valueText = (value: Value | null, { exact = false, maxLength = 200, type, zone }: ValueStyle): string => {
  if (value === null) return ""
  if (typeof value === "boolean") return value ? "true" : "false"
  if (typeof value === "number") {
    if (type === "timestamp") return timeText(value, zone, "ms")
    return exact ? String(value) : shortNumber(value)
  }
  return textOf(value, maxLength)
}

/** `true` if values of the type are numbers that can be plotted. */
export const isNumeric = (type: string): boolean => type === "integer" || type === "float" || type === "timestamp"

/** `true` if a reading's value is current. */
export const isCurrent = (row: { readonly code: number; readonly live: boolean }): boolean =>
  row.live && isFresh(row.code)

/** The zone of times on the page. */
export type Zone = "utc" | "local"

const pad = (number: number, width = 2): string => String(number).padStart(width, "0")

/** Formats a time as `2026-11-29 16:04:05`, optionally with milliseconds or without the date. */
export const timeText = (seconds: number, zone: Zone, style: "s" | "ms" | "clock" = "s"): string => {
  // @effect-diagnostics-next-line globalDate:off
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return "no time"
  const utc = zone === "utc"
  const [year, month, day, hour, minute, second] = utc
    ? [
        date.getUTCFullYear(),
        date.getUTCMonth(),
        date.getUTCDate(),
        date.getUTCHours(),
        date.getUTCMinutes(),
        date.getUTCSeconds()
      ]
    : [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()]
  const clock = `${pad(hour!)}:${pad(minute!)}:${pad(second!)}`
  if (style === "clock") return clock
  const milliseconds = style === "ms" ? `.${pad(date.getMilliseconds(), 3)}` : ""
  return `${pad(year!, 4)}-${pad(month! + 1)}-${pad(day!)} ${clock}${milliseconds}`
}

/** Formats a length of time in its two largest units: `now`, `12 s`, `3 min`, `4 h 12 min`, `3 d 4 h`. */
export const ageText = (seconds: number): string => {
  if (!(seconds >= 2)) return "now"
  return lengthWords(seconds)
}

/** Formats a length of time in words, also a short one. */
export const lengthWords = (seconds: number): string => {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return minutes < 10 && whole % 60 !== 0 ? `${minutes} min ${whole % 60} s` : `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 || days > 30 ? `${days} d` : `${days} d ${hours % 24} h`
}

const thousands = new Intl.NumberFormat("en-GB")

/** Returns a count: `12,345`. */
export const countText = (count: number): string => thousands.format(count)

/** Returns a count with its noun: `1 sensor`, `12 sensors`. */
export const counted = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? "" : "s"}`
