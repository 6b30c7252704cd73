import * as Inspectable from "effect/Inspectable"
import type * as Stream from "effect/Stream"
import type { ClientSensor } from "../Client/index.ts"
import type { KatcpError } from "../Message/index.ts"
import { LiveSensor, type Reading } from "../Sensor/index.ts"

/**
 * A sensor of a client, or of the device itself.
 *
 * @category models
 * @since 0.1.0
 */
export type AnySensor<A> = ClientSensor<A> | LiveSensor<A>

/** Streams the readings of a sensor: the current one, then every new one. */
export const readingsOf = <A>(sensor: AnySensor<A>): Stream.Stream<Reading<A>, KatcpError> =>
  sensor instanceof LiveSensor ? sensor.changes : sensor.sample()

/** Returns a value for errors. */
export const shownValue = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : Inspectable.toStringUnknown(value, 0)

/** Returns a reading for errors. */
export const shownReading = ({ status, value }: Reading<unknown>): string => `${shownValue(value)} ${status}`
