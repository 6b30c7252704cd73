import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Sensor from "../../Sensor/index.ts"

/** The number of servers that serve the sensors of a device; `shared` if all of them set `sharedDevice`. */
const serving = new WeakMap<Sensor.SensorSet, { servers: number; shared: boolean }>()

/**
 * Records that a server serves a device, until the Scope closes. Dies if another server does already: most likely two
 * devices were intended, whose layers are one because layers are memoised.
 */
export const served = (
  id: string,
  sensors: Sensor.SensorSet,
  shared: boolean
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const others = serving.get(sensors)
        if (others === undefined) serving.set(sensors, { servers: 1, shared })
        else if (shared && others.shared) others.servers++
        else
          throw new TypeError(
            `device ${id} is already served by another server of this program, with the same sensors. For two devices, ` +
              `provide Layer.fresh(…) of the layer that ${id}.toLayer gave to each server; for one device at several ` +
              "addresses, provide Server.listeners to one server; for one device by several servers, set sharedDevice: true on each"
          )
      }),
      () =>
        Effect.sync(() => {
          const entry = serving.get(sensors)
          if (entry !== undefined && --entry.servers === 0) serving.delete(sensors)
        })
    )
  )
