/**
 * Updates the devices of this runner from the wanted devices.
 *
 * Each runner does so for its own shards: it wakes the entity of each device whose shard it has, and pulls the devices
 * that prefer it. A holder itself releases a device that is no longer wanted. So there is no single reconciler of the
 * whole fleet, which would have to move to another runner first when its own one dies.
 */

import * as Clock from "effect/Clock"
import type { ShardId } from "effect/cluster/ShardId"
import { Sharding } from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { Device } from "./Device.ts"
import type { Directory } from "./Directory.ts"
import { entityIdOf } from "./entityId.ts"
import type { FleetStore } from "./FleetStore.ts"
import type { Placement } from "./model.ts"

/** The milliseconds between two checks of the shards. Not measured: short compared with the second of a takeover. */
const lookEvery = 200
/**
 * The milliseconds before a failed entity is woken again, at first and at most. Not measured: it should never happen.
 */
const [retryFirst, retryMost] = [500, 30_000]
/**
 * The milliseconds between two pulls of one device. Not measured: it must settle first, and must not move back and
 * forth.
 */
const pullEvery = 5_000
/**
 * The number of salts to try. Not measured: with three runners every third one fits; with a hundred runners all fail
 * once in 10^8.
 */
const salts = 2_000

/** Reconciles until the scope closes. */
export const reconcile = (
  directory: Directory["Service"],
  store: FleetStore["Service"]
): Effect.Effect<void, never, Scope.Scope | Sharding> =>
  Effect.gen(function* () {
    const sharding = yield* Sharding
    const clientOf = yield* Device.client
    const clock = yield* Clock.Clock
    const calls = yield* FiberMap.make<string>()
    const shards = new Map<string, ShardId>()
    const retries = new Map<string, { readonly at: number; readonly delay: number }>()
    const pulled = new Map<string, number>()
    /** Milliseconds of a clock that never steps: if the time of day went back, retries and pulls would wait for that long. */
    const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

    const isOurs = (entityId: string): boolean => {
      let shard = shards.get(entityId)
      if (shard === undefined) {
        shard = sharding.getShardId(entityId as Parameters<typeof sharding.getShardId>[0], "default")
        shards.set(entityId, shard)
      }
      return sharding.hasShardId(shard)
    }

    const wake = (entityId: string) =>
      FiberMap.run(
        calls,
        entityId,
        clientOf(entityId)
          .Hold()
          .pipe(
            Effect.tap(() => Effect.sync(() => retries.delete(entityId))),
            Effect.catchCause((cause) =>
              Effect.gen(function* () {
                const former = retries.get(entityId)?.delay ?? retryFirst / 2
                const delay = Math.min(former * 2, retryMost) * (0.75 + (yield* Random.next) / 2)
                retries.set(entityId, { at: now() + delay, delay })
                yield* Effect.logDebug(`fleet: ${entityId} is not held`, cause)
              })
            )
          )
      )

    /** Gives a device that prefers this runner a salt for a shard of this runner. */
    const pull = ({ device, salt }: Placement) =>
      Effect.gen(function* () {
        pulled.set(device, now())
        const first = Math.floor((yield* Random.next) * salts)
        for (let step = 0; step < salts; step++) {
          const next = (first + step) % salts
          const shard = sharding.getShardId(
            entityIdOf(device, next) as Parameters<typeof sharding.getShardId>[0],
            "default"
          )
          if (!sharding.hasShardId(shard)) continue
          yield* Effect.logInfo(`fleet: ${device} is pulled to this runner, which it prefers`)
          return yield* store.move(device, salt, next)
        }
        return false
      }).pipe(Effect.catch(({ message }) => Effect.as(Effect.logDebug(`fleet: ${device}: ${message}`), false)))

    const look = Effect.gen(function* () {
      const wished = new Set<string>()
      for (const placement of directory.devices().values()) {
        const { device, prefers, salt } = placement
        const entityId = entityIdOf(device, salt)
        wished.add(entityId)
        if (isOurs(entityId)) {
          if (FiberMap.hasUnsafe(calls, entityId) || (retries.get(entityId)?.at ?? 0) > now()) continue
          yield* wake(entityId)
        } else if (prefers === directory.self && now() - (pulled.get(device) ?? Number.NEGATIVE_INFINITY) > pullEvery)
          yield* pull(placement)
      }
      for (const entityId of shards.keys())
        if (!wished.has(entityId) && !FiberMap.hasUnsafe(calls, entityId)) {
          shards.delete(entityId)
          retries.delete(entityId)
        }
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(look, Effect.sleep(lookEvery))))
  })
