import * as Effect from "effect/Effect"
import { QueryRefused } from "./errors.ts"

/**
 * The sensors of a query: names, globs or regular expressions of `device/sensor`, as everywhere in a site. A device alone
 * means all its sensors.
 *
 * @category models
 * @since 0.1.0
 */
export type Sensors = string | ReadonlyArray<string>

/**
 * Limits of one query. A larger query is refused, with a suggestion.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueryLimits {
  /** The sensors of a query. Default 20,000. */
  readonly sensors?: number | undefined
  /** The readings of an answer. Default 100,000. */
  readonly readings?: number | undefined
  /** The buckets of an answer, of all sensors together. Default 500,000. */
  readonly buckets?: number | undefined
  /** The readings that a query of states reads. Default 1,000,000. */
  readonly scanned?: number | undefined
  /** The text of an answer, in bytes; a page of readings ends there. Default 64 MiB. */
  readonly text?: number | undefined
}

/** The limits with their defaults. */
export type Limits = { readonly [K in keyof QueryLimits]-?: number }

export const limitsOf = (limits: QueryLimits): Limits => ({
  sensors: limits.sensors ?? 20_000,
  readings: limits.readings ?? 100_000,
  buckets: limits.buckets ?? 500_000,
  scanned: limits.scanned ?? 1_000_000,
  text: limits.text ?? 67_108_864
})

/** Fails if an answer would be too large. */
export const bounded = (
  what: string,
  asked: number,
  limit: number,
  instead: string
): Effect.Effect<void, QueryRefused> =>
  asked <= limit
    ? Effect.void
    : Effect.fail(
        new QueryRefused({
          why: "large",
          message: `${asked} ${what} are more than one answer may hold (${limit}): ${instead}`
        })
      )

/** Fails unless the times are in order. */
export const ordered = (from: number, to: number): Effect.Effect<void, QueryRefused> => {
  if (Number.isNaN(from) || Number.isNaN(to)) return senseless("a time is not a number")
  return from < to ? Effect.void : senseless("the end must be after the beginning")
}

/** Fails for a number that is not a whole number from 1 on. */
export const counted = (what: string, number: number): Effect.Effect<void, QueryRefused> =>
  Number.isInteger(number) && number >= 1
    ? Effect.void
    : senseless(`${what} must be a whole number from 1 on; got ${number}`)

/** Shortens text for a message: a name may be as long as a message of a device. */
export const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text)

/** Fails because the query has a mistake. */
export const senseless = (message: string): Effect.Effect<never, QueryRefused> =>
  Effect.fail(new QueryRefused({ why: "senseless", message }))
