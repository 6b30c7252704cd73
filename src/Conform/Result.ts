import type { Check } from "./Check.ts"
import type { Facts } from "./Device.ts"

/**
 * What became of a check.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | { readonly _tag: "Passed" }
  /** The device departs from the specification: what was to come, and what came, as on the wire. */
  | { readonly _tag: "Failed"; readonly expected: string; readonly came: string }
  /** The check says nothing of this device. */
  | { readonly _tag: "NotApplicable"; readonly reason: string }
  /** It could not be found out. */
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
  /** The clause, as the revision numbers it that the device follows. */
  readonly clause: string
  readonly outcome: Outcome
  /**
   * What was sent and received, by connections: `1> ?watchdog`, `1< !watchdog ok`. Bytes that are not printable ASCII
   * stand as `\xNN`, long lines are cut. Empty for what has passed.
   */
  readonly transcript: ReadonlyArray<string>
  /** How long it took, in seconds. */
  readonly seconds: number
}

/**
 * A whole run: what was found out of the device, and the results.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  readonly facts: Facts
  readonly results: ReadonlyArray<Result>
}
