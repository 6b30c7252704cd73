import type * as Sensor from "../../Sensor/index.ts"
import type { DeviceClient, DeviceHealth, SiteDevice } from "../../Site/index.ts"

/**
 * A runner's data on a device: this runner's own site, or a link to another runner. The one with the newest epoch
 * counts.
 */
export interface Source {
  readonly isOwn: boolean
  /** The number of the runner's activation of the device. */
  readonly epoch: number
  readonly client: DeviceClient
  readonly health: DeviceHealth
  readonly description: string
  readonly requests: ReadonlyMap<string, string>
  readonly counts: ReadonlyArray<number> | undefined
  readonly through: string | undefined
  readonly described: SiteDevice["described"]
  /** Grows with each change of the other properties. */
  readonly revision: number
  /** `true` if all sensors of the device are known: others do not exist. */
  readonly isComplete: boolean
  /** `true` if readings of the device can arrive. */
  readonly isThere: boolean
  readonly definitions: () => Iterable<Sensor.Any>
  /** Requests the readings of a sensor, until they are released. */
  readonly need: (sensor: string) => void
  readonly release: (sensor: string) => void
}
