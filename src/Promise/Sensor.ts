import type * as EffectClient from "../Client/index.ts"
import type { Strategy } from "../Sampling/index.ts"
import { type Abortable, toIterable, toPromise } from "./bridge.ts"
import { type StrategyInput, strategyOf } from "./strategy.ts"

/**
 * A sensor of the device.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientSensor<in out A> {
  readonly name: string
  /** The newest reading while the sensor is sampled, otherwise `undefined`. */
  readonly reading: EffectClient.RemoteReading<A> | undefined
  /** Requests the current reading of the device; `timeout` is in milliseconds. */
  readonly get: (
    options?: Abortable & { readonly timeout?: number | undefined }
  ) => Promise<EffectClient.RemoteReading<A>>
  /**
   * Yields its readings by a strategy, default `event`, until the loop ends, across reconnections. Waits for a sensor
   * that the device does not have yet, so a mistyped name yields nothing.
   */
  readonly sample: (strategy?: StrategyInput, options?: Abortable) => AsyncIterable<EffectClient.RemoteReading<A>>
  /**
   * Waits until the sensor has a value (with a valid status), or until a function accepts a reading; `timeout` is in
   * milliseconds, without a limit by default. Waits also for a sensor that the device does not have yet.
   */
  readonly waitFor: (
    condition: A | ((reading: EffectClient.RemoteReading<A>) => boolean),
    options?: Abortable & { readonly timeout?: number | undefined; readonly strategy?: StrategyInput | undefined }
  ) => Promise<EffectClient.RemoteReading<A>>
}

/** Wraps a sensor of the client below. */
export const makeSensor = <A>(sensor: EffectClient.ClientSensor<A>): ClientSensor<A> => ({
  name: sensor.name,
  get reading() {
    return sensor.reading
  },
  get: (options) => toPromise(sensor.get({ timeout: options?.timeout }), options?.signal),
  sample: (strategy, options) => toIterable(sensor.sample(fitting<A>(strategy)), options?.signal),
  waitFor: (condition, options) => {
    const waiting = { timeout: options?.timeout, strategy: fitting<A>(options?.strategy) }
    return toPromise(
      typeof condition === "function"
        ? sensor.waitFor(condition as (reading: EffectClient.RemoteReading<A>) => boolean, waiting)
        : sensor.waitFor(condition, waiting),
      options?.signal
    )
  }
})

// the fit is checked when the sensor is known: a mismatch is an anomaly that the client reports
const fitting = <A>(strategy: StrategyInput | undefined): Strategy.StrategyFor<A> | undefined =>
  strategy === undefined ? undefined : (strategyOf(strategy) as Strategy.StrategyFor<A>)

/** The sensors of a contract, by name. */
export const makeSensors = (below: object): Record<string, ClientSensor<unknown>> => {
  const sensors: Record<string, ClientSensor<unknown>> = Object.create(null)
  for (const [name, sensor] of Object.entries(below))
    sensors[name] = makeSensor(sensor as EffectClient.ClientSensor<unknown>)
  return sensors
}
