import type { Reading, Status } from "../../Sensor/index.ts"
import { LostWireReading } from "./WireReading.ts"

/**
 * A reading of a device's sensor, with its time of arrival (P-256). While the device cannot be reached, the status is
 * `unreachable`, the value is the last one, and both times are those of the loss.
 *
 * @category models
 * @since 0.1.0
 */
export interface RemoteReading<out A> extends Reading<A> {
  /** The time of arrival, in seconds since 1970, by the clock of this client. */
  readonly received: number
}

/**
 * The reading of a sensor as it arrived. Made by a constructor, not by a literal: as the first readings of all sensors
 * stay in memory, V8 would put those of a literal among the old objects from then on, at once. Each update would then
 * add 104 bytes that only a full collection frees (measured: 4 MB for 40,000 updates).
 */
export class ArrivedReading implements RemoteReading<unknown> {
  readonly timestamp: number
  readonly status: Status
  readonly value: unknown
  readonly received: number

  constructor(timestamp: number, status: Status, value: unknown, received: number) {
    this.timestamp = timestamp
    this.status = status
    this.value = value
    this.received = received
  }
}

/** The reading of a sensor whose device cannot be reached. */
export class LostReading implements RemoteReading<unknown> {
  readonly timestamp: number
  readonly status: Status = "unreachable"
  /** The last one: the same in memory, not a copy. */
  readonly value: unknown
  readonly received: number

  constructor(value: unknown, now: number) {
    this.timestamp = now
    this.value = value
    this.received = now
  }
}

/** Returns `true` if the reading came from the device. The initial reading of a new sensor did not. */
export const isRemote = <A>(reading: Reading<A>): reading is RemoteReading<A> => "received" in reading

/** Returns `true` if the reading says that the device was lost. */
export const isLost = (reading: Reading<unknown>): boolean =>
  reading instanceof LostReading || reading instanceof LostWireReading
