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
 * How much one query may ask for. A query that asks for more is refused, with what to ask instead.
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
  /** The readings that a query of states looks at. Default 1,000,000. */
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

/** Fails for more than an answer may hold. */
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

/** Fails unless times make sense. */
export const ordered = (from: number, to: number): Effect.Effect<void, QueryRefused> => {
  if (Number.isNaN(from) || Number.isNaN(to)) return senseless("a time is no number")
  return from < to ? Effect.void : senseless("the end of the time has to be after its beginning")
}

/** Fails for a number that is no whole number from 1. */
export const counted = (what: string, number: number): Effect.Effect<void, QueryRefused> =>
  Number.isInteger(number) && number >= 1
    ? Effect.void
    : senseless(`${what} has to be a whole number from 1; got ${number}`)

/** Text as a message quotes it: a name may be as long as a message of a device. */
export const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text)

/** Fails, since the query makes no sense. */
export const senseless = (message: string): Effect.Effect<never, QueryRefused> =>
  Effect.fail(new QueryRefused({ why: "senseless", message }))
