import type { Strategy } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import type { Matcher } from "./filter.ts"
import type { RemoteReading } from "./RemoteReading.ts"

/** The callbacks of a consumer of sensors. They must not throw. */
export interface Receiver {
  /** Called with a sensor that is new, or newly wanted. */
  readonly added?: ((sensor: LiveSensor<unknown>) => void) | undefined
  /** Called with a sensor that is gone, or was replaced. */
  readonly removed?: ((sensor: LiveSensor<unknown>) => void) | undefined
  readonly reading: (sensor: LiveSensor<unknown>, reading: RemoteReading<unknown>) => void
}

/**
 * A consumer's interest in sensors: the names, the strategy, and the receiver. Without a receiver the sensors are only
 * mirrored.
 */
export interface Want {
  readonly matcher: Matcher
  readonly strategy: Strategy.Strategy
  readonly receiver: Receiver | undefined
}
