import type { Status } from "./Status.ts"

/**
 * The lower and the upper limit of a range, both inclusive.
 *
 * @category models
 * @since 0.1.0
 */
export type Range<A> = readonly [min: A, max: A]

/**
 * The ranges of an integer or float sensor (Rev 5.1 §7.2): none, the nominal one, or both.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ranges<A> {
  /** The range of nominal values. None by default. */
  readonly nominal?: Range<A> | undefined
  /** The range of values that are at worst `warn`. Contains the nominal range, which is required with it. */
  readonly warn?: Range<A> | undefined
}

/** A value that can have ranges. */
export type Numeric = number | bigint

/** Returns `true` if the value is in the range. NaN never is. */
export const within = (value: Numeric, [min, max]: Range<Numeric>): boolean => min <= value && value <= max

/**
 * Returns the status of a value by its sensor's ranges (Rev 5.1 §7.2): `nominal` in the nominal range, `warn` beyond it
 * up to the warn range, or without a warn range, and `error` beyond that. A limit belongs to the milder status. NaN is
 * not in any range.
 *
 * @category ranges
 * @since 0.1.0
 */
export const statusInRanges = (value: Numeric, nominal: Range<Numeric>, warn?: Range<Numeric>): Status =>
  within(value, nominal) ? "nominal" : warn === undefined || within(value, warn) ? "warn" : "error"

/** Returns the fault of ranges, or `undefined` if they are valid. */
export const faultOfRanges = (nominal: Range<Numeric> | undefined, warn: Range<Numeric> | undefined) => {
  if (nominal === undefined && warn === undefined) return undefined
  for (const range of [nominal, warn]) {
    if (range !== undefined && !(range[0] <= range[1])) return `the range ${range[0]} to ${range[1]} is upside down`
  }
  if (warn === undefined) return undefined
  if (nominal === undefined) return "a warn range needs a nominal range"
  return within(nominal[0], warn) && within(nominal[1], warn)
    ? undefined
    : "the warn range must contain the nominal range"
}
