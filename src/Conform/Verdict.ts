import * as Data from "effect/Data"

/** The device deviates from the specification: the expected and the actual lines, in wire form. */
export class Deviation extends Data.TaggedError("Deviation")<{ readonly expected: string; readonly came: string }> {}

/** The check does not apply to this device, which lacks its subject. */
export class Inapplicable extends Data.TaggedError("Inapplicable")<{ readonly reason: string }> {}

/** The check could not decide. */
export class Unrunnable extends Data.TaggedError("Unrunnable")<{
  readonly reason: string
  /** The system's error, if that is the reason. */
  readonly cause?: unknown
}> {}

/** The failure of a check. */
export type Verdict = Deviation | Inapplicable | Unrunnable
