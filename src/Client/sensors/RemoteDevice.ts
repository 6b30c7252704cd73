import type * as Stream from "effect/Stream"
import type * as Sensor from "../../Sensor/index.ts"
import type { InterfaceChange } from "./Model.ts"

/**
 * The known part of a device's interface. It is kept up to date with the changes that the device announces.
 *
 * @category models
 * @since 0.1.0
 */
export interface RemoteDevice {
  /** The requests by name, with their help. Empty without `Options.inspect`. */
  readonly requests: ReadonlyMap<string, string>
  /** The time-outs that the device gives its requests, in seconds (Rev 5.1 §5.1). Empty without flag T. */
  readonly timeoutHints: ReadonlyMap<string, number>
  /** The sensors that are mirrored, with their readings. The client changes the set; read it only. */
  readonly sensors: Sensor.SensorSet
  /** The changes from now on. */
  readonly changes: Stream.Stream<InterfaceChange>
}

/**
 * The interface of a device, as the device told it on demand.
 *
 * @category models
 * @since 0.1.0
 */
export interface Inspected {
  /** The requests by name, with their help. */
  readonly requests: ReadonlyMap<string, string>
  /** The sensors by name, as the device describes them. */
  readonly sensors: ReadonlyMap<string, Sensor.Any>
}
