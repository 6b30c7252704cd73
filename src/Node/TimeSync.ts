/**
 * The state of the host's clock on Node, as reported by chrony.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { TimeSync } from "../Sensor/index.ts"
import type { Options } from "./chrony.ts"

export type { Options } from "./chrony.ts"
export { parseTracking } from "./tracking.ts"

/**
 * Queries chrony at each reading. Without its program there is no source for the state of the clock. If chrony does not
 * run, or does not answer, reading fails with `TimeSyncFailed`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWith = (options: Options): Layer.Layer<TimeSync> =>
  // its modules are loaded only by those who use it
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("./chrony.ts")),
      ({ chrony }) => chrony(options)
    )
  )

/**
 * Queries `chronyc -c tracking`; see {@link layerWith}.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Interface, Sensor } from "katcp"
 * import { NodeTimeSync } from "katcp/Node"
 *
 * class Device extends Interface.make("device") {}
 *
 * export const DeviceLive = Device.toLayer(
 *   Effect.gen(function* () {
 *     yield* Sensor.TimeSync.addTo(yield* Device.sensorSet, "ntp.")
 *     return {}
 *   })
 * ).pipe(Layer.provide(NodeTimeSync.layer))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<TimeSync> = layerWith({})
