/** The entity of a device, which the cluster distributes over the runners. */
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as Entity from "effect/cluster/Entity"
import type { Sharding } from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import { deviceOf } from "./entityId.ts"
import type { Holdings } from "./Holdings.ts"

/**
 * Holds the device, and answers when the device is released. The cluster interrupts the request when it takes the
 * entity away, and waits until the connection is closed before another runner gets the shard.
 */
const Hold = Rpc.make("Hold").annotate(ClusterSchema.InterruptOnTermination, true)

/**
 * A device of a fleet. It lives for as long as its request `Hold` runs, which the runner of its shard makes. So no
 * stored message is needed to restore it: the wanted devices in the database are enough.
 */
export const Device = Entity.make("Device", [Hold])

/** Holds devices on this runner when the cluster gives it their shards. */
export const layerDevice = ({ hold }: Holdings): Layer.Layer<never, never, Sharding> =>
  Device.toLayer(
    Effect.gen(function* () {
      const { entityId } = yield* Entity.CurrentAddress
      const { device, salt } = deviceOf(entityId)
      let holding = false
      return Device.of({
        Hold: () =>
          Effect.suspend(() => {
            if (holding) return Effect.void
            holding = true
            return Effect.ensuring(
              hold(device, salt),
              Effect.sync(() => {
                holding = false
              })
            )
          })
      })
    }),
    { concurrency: "unbounded" }
  )
