import * as Duration from "effect/Duration"
import { expectDuration } from "../../Message/index.ts"

/** Returns a user's duration in milliseconds. Throws a `TypeError` that names the option if it is not a duration. */
export const milliseconds = (duration: Duration.Input, option = "a client's option or timeout"): number =>
  // the library's own timeouts are numbers: each request has one
  typeof duration === "number" && duration >= 0 ? duration : Duration.toMillis(expectDuration(option, duration))
