import * as Duration from "effect/Duration"
import { expectDuration } from "../../Message/index.ts"

/** Returns a duration that a user gives in milliseconds. Throws a `TypeError` that names the option if it is no duration. */
export const milliseconds = (duration: Duration.Input, option = "a client's option or timeout"): number =>
  Duration.toMillis(expectDuration(option, duration))
