import * as Option from "effect/Option"
import { Address } from "../Codec/index.ts"

/** The form of a datatype on the wire (Rev 5.1 §3, table 6). */
export interface Format {
  /** A description for people. */
  readonly expected: string
  readonly holds: (text: string, parameters: ReadonlyArray<string>) => boolean
}

const float =
  /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN]))$/
const timestamp = /^\d+(?:\.\d+)?$/

/** Returns `true` for an integer in the form of `printf("%d")`. */
const isInteger = (text: string): boolean => /^(?:0|-?[1-9]\d*)$/.test(text)

/** Returns `true` for a decimal float that `strtod` reads, including infinities and NaN. */
export const isFloat = (text: string): boolean => float.test(text)

/** Returns the number of a numeric text, including infinities. */
export const numberOf = (text: string): number => {
  const [, sign, infinity] = /^([+-]?)(inf(?:inity)?)$/i.exec(text) ?? []
  if (infinity === undefined) return Number(text)
  return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** Returns `true` for a time: seconds or milliseconds with or without a fraction. */
export const isTimestamp = (text: string): boolean => timestamp.test(text)

/** Returns `true` for an address, with a port if one is required. */
export const isAddress = (text: string, port = false): boolean => {
  const address = Address.parse(text)
  return Option.isSome(address) && (!port || address.value.port !== undefined)
}

/** The datatypes of sensors. */
export const formats: Readonly<Record<string, Format>> = {
  integer: { expected: "an integer as printf %d writes it", holds: isInteger },
  float: { expected: "a decimal float", holds: isFloat },
  boolean: { expected: "1 or 0", holds: (text) => text === "1" || text === "0" },
  lru: { expected: "nominal or error", holds: (text) => text === "nominal" || text === "error" },
  timestamp: { expected: "a time: digits, optionally with a fraction", holds: isTimestamp },
  discrete: { expected: "one of the sensor's options", holds: (text, options) => options.includes(text) },
  address: {
    expected: "an IPv4 address or an IPv6 address in brackets, optionally with a port",
    holds: (text) => isAddress(text)
  },
  string: { expected: "any bytes", holds: () => true }
}

/** Returns the types of a version: addresses are new in 5 (Rev 5.1 §3, Rev 4 §3). */
export const typesOf = (major: number): ReadonlyArray<string> =>
  Object.keys(formats).filter((type) => major >= 5 || type !== "address")

/** Returns the statuses of a version (Rev 5.1 §7, table 8; Rev 4 §6, table 8). */
export const statusesOf = (major: number): ReadonlyArray<string> => [
  ...["unknown", "nominal", "warn", "error", "failure"],
  ...(major >= 5 ? ["unreachable", "inactive"] : [])
]

/** The levels of the log, the most verbose first (Rev 5.1 §6.2). */
export const logLevels = ["all", "trace", "debug", "info", "warn", "error", "fatal", "off"] as const

/** Returns `true` for human-readable text: printable ASCII, tabs and line ends (Rev 5.1 §2). */
export const isHumanReadable = (text: string): boolean => /^[ -~\t\n\r]*$/.test(text)

/**
 * Given by the calendar: from here on, seconds are taken for milliseconds, because the year 5138 is far, and in
 * milliseconds it is March 1973.
 */
const tooLarge = 1e11

/** Returns `true` if a time is in the unit of the version: seconds, or milliseconds in version 4. Zero fits both. */
export const isInUnit = (text: string, major: number): boolean =>
  Number(text) === 0 || Number(text) < tooLarge === major >= 5
