/**
 * The differences between the protocol versions on the wire, in one value (Rev 4, Rev 5.1).
 *
 * @since 0.1.0
 */
import type { Protocol } from "../Message/index.ts"
import type { SensorType } from "./arg/Arg.ts"

/**
 * The facts of a protocol version that codecs, servers and clients depend on. There are three values: {@link v4},
 * {@link v5} and {@link v4FiveStatuses}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Dialect {
  /** The major version. */
  readonly major: 4 | 5
  /**
   * Formats a time (seconds since 1970) or a duration in seconds. Version 5 writes the shortest decimal of seconds that
   * has a fraction, of at most six places. Version 4 writes whole milliseconds, rounded. Neither writes an exponent.
   * NaN and the infinities give 0.
   */
  readonly formatTime: (seconds: number) => string
  /**
   * Formats a time with all digits: in seconds, the shortest decimal that reads back as the same double. Typed values
   * are written this way. {@link Dialect.formatTime} writes the timestamps of readings and of the log.
   */
  readonly formatExactTime: (seconds: number) => string
  /** Converts a time in the wire's unit to seconds. */
  readonly toSeconds: (time: number) => number
  /**
   * `true` if versions are announced by `#version-connect` and listed by `?version-list`, `false` if by `#version` and
   * `#build-state`.
   */
  readonly versionConnect: boolean
  /** `true` if `#interface-changed` exists. */
  readonly interfaceChanged: boolean
  /** `true` if an argument may be `now` instead of a timestamp. */
  readonly now: boolean
  /**
   * `true` if sensors have warning limits beside the nominal ones. Version 4 has only a lower and an upper limit
   * (P-312).
   */
  readonly warnLimits: boolean
  /** Returns the wire name of a sensor type. Version 4 has no addresses: they are strings there (P-315). */
  readonly sensorType: (type: SensorType) => SensorType
  /** Returns the wire name of a status. */
  readonly status: (status: string) => string
}

const same = <A>(value: A): A => value

/** Returns the shortest decimal of at most six places, with a fraction and without an exponent. */
const formatSeconds = (seconds: number): string => {
  const text = `${seconds}`
  const point = text.indexOf(".")
  // NaN and the infinities are not times
  if (seconds - seconds !== 0) return "0.0"
  if (text.indexOf("e") !== -1) return Math.abs(seconds) < 1 ? inPlaces(seconds) : `${BigInt(seconds)}.0`
  if (point === -1) return `${text}.0`
  return text.length - point <= 7 ? text : inPlaces(seconds)
}

/** Returns the decimal with six places, without trailing zeros. */
const inPlaces = (seconds: number): string => {
  const text = seconds.toFixed(6)
  let end = text.length
  while (text.charCodeAt(end - 1) === 0x30 && text.charCodeAt(end - 2) !== 0x2e) end--
  const trimmed = text.slice(0, end)
  return trimmed === "-0.0" ? "0.0" : trimmed
}

/** Returns the shortest decimal that reads back as the same double, with a fraction and without an exponent. */
const formatExactSeconds = (seconds: number): string => {
  // NaN and the infinities are not times
  if (seconds - seconds !== 0) return "0.0"
  const text = `${seconds}`
  const exponent = text.indexOf("e")
  if (exponent === -1) return text.includes(".") ? text : `${text}.0`
  if (Math.abs(seconds) >= 1) return `${BigInt(seconds)}.0`
  const [, sign, digits] = /^(-?)(.*)$/.exec(text.slice(0, exponent).replace(".", ""))!
  return `${sign}0.${"0".repeat(-Number(text.slice(exponent + 1)) - 1)}${digits}`
}

/** Whole milliseconds. */
const formatMilliseconds = (seconds: number): string => {
  const milliseconds = Math.round(seconds * 1000)
  if (Math.abs(milliseconds) < 1e21) return `${milliseconds}`
  return seconds - seconds === 0 ? `${BigInt(seconds)}000` : "0"
}

/**
 * KATCP 5.0 and 5.1: times in seconds, `#version-connect`, ids (Rev 5.1).
 *
 * @category constants
 * @since 0.1.0
 */
export const v5: Dialect = {
  major: 5,
  formatTime: formatSeconds,
  formatExactTime: formatExactSeconds,
  toSeconds: (time) => time,
  versionConnect: true,
  interfaceChanged: true,
  now: true,
  warnLimits: true,
  sensorType: same,
  status: same
}

/**
 * KATCP 4: times in milliseconds, `#version` and `#build-state` (Rev 4).
 *
 * @category constants
 * @since 0.1.0
 */
export const v4: Dialect = {
  major: 4,
  formatTime: formatMilliseconds,
  formatExactTime: formatMilliseconds,
  toSeconds: (time) => time / 1000,
  versionConnect: false,
  interfaceChanged: false,
  now: false,
  warnLimits: false,
  sensorType: (type) => (type === "address" ? "string" : type),
  status: same
}

/**
 * {@link v4} for clients that know only the five statuses of Rev 4. The statuses `unreachable` and `inactive`, which
 * {@link v4} sends unchanged, are sent as `unknown`.
 *
 * @category constants
 * @since 0.1.0
 */
export const v4FiveStatuses: Dialect = {
  ...v4,
  status: (status) => (status === "unreachable" || status === "inactive" ? "unknown" : status)
}

/**
 * Returns the dialect of a protocol version: {@link v4} up to major version 4, otherwise {@link v5}.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (protocol: Protocol): Dialect => (protocol.major < 5 ? v4 : v5)
