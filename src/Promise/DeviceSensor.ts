import * as Effect from "effect/Effect"
import type * as Sensor from "../Sensor/index.ts"
import { type Abortable, toIterable } from "./bridge.ts"

/**
 * A sensor of a served device.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceSensor<in out A> {
  readonly name: string
  readonly reading: Sensor.Reading<A>
  readonly value: A
  /** Sets value, status and timestamp (seconds since 1970). Throws if the value is not of the sensor's type. */
  readonly set: (value: A, options?: Sensor.SetOptions) => void
  /** Yields its readings, the current one first. */
  readonly changes: (options?: Abortable) => AsyncIterable<Sensor.Reading<A>>
}

/**
 * The sensors of a contract by name.
 *
 * @category models
 * @since 0.1.0
 */
export type DeviceSensors<S extends Sensor.Any> = {
  readonly [Name in S["name"]]: DeviceSensor<Sensor.Value<Extract<S, { readonly name: Name }>>>
}

/** Wraps a live sensor. */
export const deviceSensor = <A>(sensor: Sensor.LiveSensor<A>): DeviceSensor<A> => ({
  name: sensor.name,
  get reading() {
    return sensor.reading
  },
  get value() {
    return sensor.value
  },
  set: (value, options) => Effect.runSync(sensor.set(value, options)),
  changes: (options) => toIterable(sensor.changes, options?.signal)
})
