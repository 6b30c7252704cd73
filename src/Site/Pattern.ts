import * as Result from "effect/Result"
import { RE2JS } from "re2js"
import { type Matcher, matcherOf } from "../Client/index.ts"
import * as Sensor from "../Sensor/index.ts"

/**
 * A compiled pattern of two parts: sensors of devices, or requests of devices.
 *
 * Text that begins with `/` is a regular expression of RE2 over `device/name`, with or without a `/` at its end:
 * matching takes linear time, and there is no look-around and no back-reference. Other text is a glob over the name of
 * the device, up to the first `/`, followed by a name or glob: `m000/rx.temp`, `m0?/rx.*`. A glob of a device alone
 * means all its names: `*` means everything.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pattern {
  /** The pattern as written. */
  readonly text: string
  /** The single name that the pattern matches within its devices; undefined if it can match any number. */
  readonly exact: string | undefined
  /** Returns `true` if the pattern can match names of the device; a regular expression can match any. */
  readonly mayMean: (device: string) => boolean
  /** Returns `true` if the pattern matches this name of the device. */
  readonly matches: (device: string, name: string) => boolean
}

/**
 * Compiles a pattern. Throws a `TypeError` for an empty text, or a malformed regular expression.
 *
 * @category constructors
 * @since 0.1.0
 */
export const patternOf = (pattern: string | RegExp): Pattern => {
  if (pattern instanceof RegExp) return overPaths(String(pattern), matcherOf(pattern))
  if (pattern === "")
    throw new TypeError("a pattern of a site must be device/sensor, with * and ? for any text; got an empty text")
  if (pattern.startsWith("/")) return overPaths(pattern, regularExpression(pattern))
  const slash = pattern.indexOf("/")
  const devices = matcherOf(slash === -1 ? pattern : pattern.slice(0, slash))
  const names = matcherOf(slash === -1 || slash === pattern.length - 1 ? "*" : pattern.slice(slash + 1))
  return {
    text: pattern,
    exact: names.exact,
    mayMean: devices.matches,
    matches: (device, name) => devices.matches(device) && names.matches(name)
  }
}

const overPaths = (text: string, { matches }: Matcher): Pattern => ({
  text,
  exact: undefined,
  mayMean: () => true,
  matches: (device, name) => matches(`${device}/${name}`)
})

/**
 * Users write the expression, and devices the names: RE2 takes linear time for all of them, but expressions of the
 * platform can take years.
 */
const regularExpression = (pattern: string): Matcher => {
  if (pattern === "/") throw new TypeError(`"/" is not a regular expression; write /temp/`)
  const body = pattern.endsWith("/") ? pattern.slice(1, -1) : pattern.slice(1)
  const compiled = Sensor.compilePattern(RE2JS, body)
  if (Result.isFailure(compiled))
    throw new TypeError(`${pattern} is not a regular expression: ${compiled.failure.detail}`)
  return matcherOf(compiled.success.matches)
}

/**
 * Compiles a pattern of names alone: a glob, or a regular expression. Throws a `TypeError` for a malformed expression.
 *
 * @category constructors
 * @since 0.1.0
 */
export const namesOf = (pattern: string): Matcher =>
  pattern.startsWith("/") ? regularExpression(pattern) : matcherOf(pattern)
