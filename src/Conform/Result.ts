import type { Check } from "./Check.ts"
import type { Facts } from "./Device.ts"

/**
 * The outcome of a check.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | { readonly _tag: "Passed" }
  /** The device deviates from the specification: the expected and the actual lines, in wire form. */
  | { readonly _tag: "Failed"; readonly expected: string; readonly came: string }
  /** The check does not apply to this device. */
  | { readonly _tag: "NotApplicable"; readonly reason: string }
  /** The check could not decide. */
  | { readonly _tag: "CouldNotRun"; readonly reason: string }

/**
 * The result of one check.
 *
 * @category models
 * @since 0.1.0
 */
export interface Result {
  /** The check. */
  readonly check: Pick<Check, "id" | "title" | "rows" | "note">
  /** The clause, as numbered in the device's revision. */
  readonly clause: string
  readonly outcome: Outcome
  /**
   * The lines sent and received, by connections: `1> ?watchdog`, `1< !watchdog ok`. Bytes that are not printable ASCII
   * are shown as `\xNN`, and long lines are cut. Empty for passed checks.
   */
  readonly transcript: ReadonlyArray<string>
  /** The duration in seconds. */
  readonly seconds: number
}

/**
 * A whole run: the facts about the device, and the results.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  readonly facts: Facts
  readonly results: ReadonlyArray<Result>
}
