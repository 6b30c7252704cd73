/** Checks for mistakes that the types do not catch: code without types, and cycles of imports. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** Returns a short form of a value for messages. Never throws. */
const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)
  if (typeof value === "function") return "a function"
  if (typeof value !== "object" || value === null) return String(value)
  return Array.isArray(value) ? "a list" : "an object"
}

/**
 * Returns the options unchanged. Throws a `TypeError` if they are not an object, or if a needed option is missing. The
 * message names the call, the expected options and the value received.
 *
 * @category checks
 * @since 0.1.0
 */
export const expectOptions = <A>(call: string, options: A, needed: ReadonlyArray<string> = []): A => {
  const form = needed.length === 0 ? "" : `, as in { ${needed.map((name) => `${name}: …`).join(", ")} }`
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new TypeError(`${call}: expected an object of options${form}, got ${shown(options)}`)
  for (const name of needed)
    if ((options as Record<string, unknown>)[name] === undefined)
      throw new TypeError(`${call}: ${name} is missing in the options${form}`)
  return options
}

/**
 * Throws a `TypeError` if a value is not as expected. The message names the call, the expected form and the value
 * received. A value of `undefined` may be due to modules that import each other.
 *
 * @category checks
 * @since 0.1.0
 */
export const expectValue = (call: string, isRight: boolean, what: string, value: unknown): void => {
  if (isRight) return
  const why = value === undefined ? "; is it imported from a module that imports this one?" : ""
  throw new TypeError(`${call}: expected ${what}, got ${shown(value)}${why}`)
}

/** The keys of durations that are written as objects. */
const unit = /^(?:weeks|days|hours|minutes|seconds|milliseconds|microseconds|nanoseconds)$/

/**
 * Returns a duration. Throws a `TypeError` if a value is not a duration or is negative. The message names the call and
 * the value.
 *
 * @category checks
 * @since 0.1.0
 */
export const expectDuration = (call: string, value: Duration.Input): Duration.Duration => {
  if (typeof value === "number" && value >= 0) return Duration.millis(value)
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value) && !Duration.isDuration(value)
  const isKnown = isObject ? Object.keys(value).every((key) => unit.test(key)) : !Number.isNaN(value)
  const duration = isKnown && value !== undefined && value !== null ? Duration.fromInput(value) : Option.none()
  if (Option.isNone(duration) || Duration.isNegative(duration.value))
    throw new TypeError(`${call}: expected a duration like "5 seconds", or milliseconds, got ${shown(value)}`)
  return duration.value
}
