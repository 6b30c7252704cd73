import type { Strategy } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import type { Matcher } from "./filter.ts"
import type { RemoteReading } from "./RemoteReading.ts"

/** Who is told of sensors. None of it throws. */
export interface Receiver {
  /** A sensor that is wanted has come. */
  readonly added?: ((sensor: LiveSensor<unknown>) => void) | undefined
  /** It has gone, or was replaced. */
  readonly removed?: ((sensor: LiveSensor<unknown>) => void) | undefined
  readonly reading: (sensor: LiveSensor<unknown>, reading: RemoteReading<unknown>) => void
}

/** That somebody wants sensors: which, when to be told, and who is. Without a receiver they are only to be mirrored. */
export interface Want {
  readonly matcher: Matcher
  readonly strategy: Strategy.Strategy
  readonly receiver: Receiver | undefined
}
