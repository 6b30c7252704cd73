import type { Reading } from "../../Sensor/index.ts"

/**
 * A reading of a device's sensor, with the time when it came (P-256). While the device cannot be reached, the status is
 * `unreachable`, the value is the last one, and both times are those of the loss.
 *
 * @category models
 * @since 0.1.0
 */
export interface RemoteReading<out A> extends Reading<A> {
  /** When it came, in seconds since 1970, by the clock of this client. */
  readonly received: number
}

/** Whether the reading came from the device, and is not what a sensor begins with. */
export const isRemote = <A>(reading: Reading<A>): reading is RemoteReading<A> => "received" in reading
