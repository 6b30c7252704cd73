import type * as Stream from "effect/Stream"
import type * as Sensor from "../../Sensor/index.ts"
import type { InterfaceChange } from "./Model.ts"

/**
 * The known part of a device's interface. It is kept up to date with the changes that the device announces.
 *
 * Its members are accessors of a class, which cost a client nothing until they are read. So a spread copies none of
 * them: instead of `{ ...client.device }`, name the members that you need, as in `const { requests, sensors } =
 * client.device`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RemoteDevice {
  /** The requests by name, with their help. Empty without `Options.inspect`. */
  readonly requests: ReadonlyMap<string, string>
  /** The device's timeout hints, in seconds (Rev 5.1 §5.1). Empty without flag T. */
  readonly timeoutHints: ReadonlyMap<string, number>
  /** The sensors that are mirrored, with their readings. The client changes the set; read it only. */
  readonly sensors: Sensor.SensorSet
  /** The changes from now on. */
  readonly changes: Stream.Stream<InterfaceChange>
}

/**
 * The interface of a device, as queried on demand.
 *
 * @category models
 * @since 0.1.0
 */
export interface Inspected {
  /** The requests by name, with their help. */
  readonly requests: ReadonlyMap<string, string>
  /** The sensors by name, with the device's descriptions. */
  readonly sensors: ReadonlyMap<string, Sensor.Any>
}
