import * as Data from "effect/Data"

/** The device does not do what the specification says: what was expected, and what came instead, as on the wire. */
export class Deviation extends Data.TaggedError("Deviation")<{ readonly expected: string; readonly came: string }> {}

/** The check says nothing of this device, which does not have what it is about. */
export class Inapplicable extends Data.TaggedError("Inapplicable")<{ readonly reason: string }> {}

/** The check could not find out. */
export class Unrunnable extends Data.TaggedError("Unrunnable")<{
  readonly reason: string
  /** What the system said, where that is the reason. */
  readonly cause?: unknown
}> {}

/** How a check ends that is not passed. */
export type Verdict = Deviation | Inapplicable | Unrunnable
