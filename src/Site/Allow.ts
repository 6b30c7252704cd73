/**
 * Lists of the requests that a site passes on to its devices.
 *
 * @since 0.1.0
 */
import { type RequestRole, roleNeeded } from "../Interface/index.ts"
import { isNeverPassed } from "./neverPassed.ts"
import { patternOf } from "./Pattern.ts"

/**
 * A list of the requests that are passed on. All others are refused.
 *
 * @category models
 * @since 0.1.0
 */
export interface Allow {
  /** The patterns, as written. */
  readonly patterns: ReadonlyArray<string>
  /**
   * Returns `true` if the request is passed on to the device. `role` is the role of the request in the device's
   * contract, if known.
   */
  readonly permits: (device: string, request: string, role?: RequestRole | undefined) => boolean
  /**
   * Returns `true` if records must not show the arguments of the request: see {@link withholding}. Default: records show
   * them all.
   */
  readonly withholds?: ((device: string, request: string) => boolean) | undefined
}

/**
 * Allows the requests that patterns name: `m000/track`, `m0*\/track`, `*\/watchdog`, or a regular expression over
 * `device/request` (text that begins with `/`).
 *
 * A request of role `admin` (`halt`, `restart`, `log-level` and the like, and those with that role in the contract) is
 * allowed only by a pattern with its full name: no `*`, `?` or regular expression ever covers it. No pattern allows a
 * request that changes the site's own connection, such as `sensor-sampling`. Throws a `TypeError` for a malformed
 * pattern.
 *
 * @category constructors
 * @since 0.1.0
 */
export const only = (...patterns: ReadonlyArray<string>): Allow => {
  const compiled = patterns.map(patternOf)
  return {
    patterns,
    permits: (device, request, role) => {
      if (isNeverPassed(request)) return false
      const isAdmin = roleNeeded({ name: request, role }) === "admin"
      return compiled.some(({ exact, matches }) => (!isAdmin || exact === request) && matches(device, request))
    }
  }
}

/**
 * Keeps the arguments of some requests out of all records: `m000/login`, `*\/set-password`. Their records also have no
 * reason of an outcome, because it can repeat an argument. Requests that are refused have such records too. Throws a
 * `TypeError` for a malformed pattern.
 *
 * @example
 * ```ts
 * import { Allow } from "katcp/Site"
 *
 * export const allow = Allow.withholding(Allow.only("*\/track", "*\/set-password"), "*\/set-password")
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const withholding = (allow: Allow, ...patterns: ReadonlyArray<string>): Allow => {
  const compiled = patterns.map(patternOf)
  return {
    patterns: allow.patterns,
    permits: (device, request, role) => allow.permits(device, request, role),
    withholds: (device, request) =>
      allow.withholds?.(device, request) === true || compiled.some(({ matches }) => matches(device, request))
  }
}

/**
 * Returns the fault of an entry that a user wrote, or `undefined`. An entry without `/` would allow all requests of a
 * device; users who write it mean a request. `*` stays: it can only mean everything. An entry for a request that is
 * never passed on would have no effect.
 *
 * @category constructors
 * @since 0.1.0
 */
export const faultIn = (pattern: string): string | undefined => {
  const fault = namelessIn(pattern)
  return fault !== undefined || pattern === "*" || pattern.startsWith("/") ? fault : unpassableIn(pattern)
}

/**
 * Returns the fault of an entry without a request, or `undefined`. Users who write a device alone mean a request, but
 * `*` can only mean everything.
 *
 * @category constructors
 * @since 0.1.0
 */
export const namelessIn = (pattern: string): string | undefined =>
  pattern === "*" || pattern.startsWith("/") || /\/./.test(pattern)
    ? undefined
    : `${JSON.stringify(pattern)} names no request: write DEVICE/REQUEST, like m000/track or */track`

/**
 * Returns the reason why a pattern has no effect: it names a request that is never passed on. Otherwise `undefined`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const unpassableIn = (pattern: string): string | undefined =>
  isNeverPassed(patternOf(pattern).exact ?? "")
    ? `${pattern} cannot be allowed: it would change the site's own connection to the device, which all clients share`
    : undefined

/**
 * Allows no request: the default everywhere.
 *
 * @category constants
 * @since 0.1.0
 */
export const none: Allow = only()
