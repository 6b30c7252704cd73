import type { Strategy } from "../../Sampling/index.ts"
import type { Matcher } from "./filter.ts"
import type { Receiver } from "./Tap.ts"

/** That somebody wants to be told of sensors: which, when, and who. Without a receiver they are only to be mirrored. */
export interface Want {
  readonly matcher: Matcher
  readonly strategy: Strategy.Strategy
  readonly receiver: Receiver | undefined
}
