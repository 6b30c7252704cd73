import type { Status } from "./Status.ts"

/**
 * The lower and the upper limit of a range; both belong to it.
 *
 * @category models
 * @since 0.1.0
 */
export type Range<A> = readonly [min: A, max: A]

/**
 * The ranges of an integer or a float sensor (Rev 5.1 §7.2): none, the nominal one, or both.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ranges<A> {
  /** Where values are nominal; nowhere said by default. */
  readonly nominal?: Range<A> | undefined
  /** Where values are not worse than `warn`. Holds the nominal range, and only goes with one. */
  readonly warn?: Range<A> | undefined
}

/** A value that a range can be of. */
export type Numeric = number | bigint

/** Whether the value is in the range; NaN never is. */
export const within = (value: Numeric, [min, max]: Range<Numeric>): boolean => min <= value && value <= max

/**
 * The status that goes with a value by the ranges of its sensor (Rev 5.1 §7.2): `nominal` in the nominal range; beyond
 * it `warn`, as far as the warn range goes or where there is none; beyond that `error`. A limit belongs to the milder
 * status. NaN is in no range.
 *
 * @category ranges
 * @since 0.1.0
 */
export const statusInRanges = (value: Numeric, nominal: Range<Numeric>, warn?: Range<Numeric>): Status =>
  within(value, nominal) ? "nominal" : warn === undefined || within(value, warn) ? "warn" : "error"

/** What is wrong with ranges of one's own; undefined where nothing is. */
export const faultOfRanges = (nominal: Range<Numeric> | undefined, warn: Range<Numeric> | undefined) => {
  for (const range of [nominal, warn]) {
    if (range !== undefined && !(range[0] <= range[1])) return `${range[0]} to ${range[1]} is no range`
  }
  if (warn === undefined) return undefined
  if (nominal === undefined) return "a warn range needs a nominal one"
  return within(nominal[0], warn) && within(nominal[1], warn) ? undefined : "the warn range must hold the nominal one"
}
