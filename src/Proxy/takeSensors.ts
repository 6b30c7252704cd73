import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { isDataSynced } from "../Client/index.ts"
import type { Turn } from "../Codec/index.ts"
import type { SensorSet } from "../Sensor/index.ts"
import type { SiteDevice, SiteShape } from "../Site/index.ts"
import { AtEndOfTurn } from "./AtEndOfTurn.ts"
import type { ServedSensors } from "./ServedSensors.ts"

/**
 * The number of rows that are taken in one turn of the event loop. Measured with 100,000: 5 µs each, so a turn takes
 * 1.3 ms.
 */
const rowsPerTurn = 256
/**
 * The time after which clients learn of changes although more are expected, in milliseconds. Not measured: a notified
 * client lists all sensors again, so a large device should be one change; and people should not wait longer.
 */
const longestBatch = 1000

/**
 * Updates the sensors of a proxy from the table, now and until the scope closes: in parts, with turns for other work
 * between them. Related changes are one change for clients: rows that come while others are taken, and those of a
 * device until its sensors are known.
 */
export const takeSensors = (
  site: SiteShape,
  set: SensorSet,
  sensors: ServedSensors,
  turn: Turn,
  onTaken: () => void
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    const wake = Latch.makeUnsafe(false)
    // opening it lets its waiter run at once
    const waker = new AtEndOfTurn(turn, () => wake.openUnsafe())
    const off = site.table.onSensor((row) => {
      sensors.note(row)
      if (sensors.waits > 0) waker.schedule()
    })
    yield* Effect.addFinalizer(() => Effect.sync(off))
    for (const row of site.table.snapshot().changed) sensors.note(row)

    const batch = Effect.gen(function* () {
      const end = now() + longestBatch
      sensors.devices.clear()
      for (;;) {
        wake.closeUnsafe()
        const { deviceRevision } = site
        sensors.take(rowsPerTurn)
        const left = end - now()
        if (left <= 0) return sensors.waits > 0 ? wake.openUnsafe() : undefined
        if (sensors.waits > 0) yield* Effect.yieldNow
        else if ([...sensors.devices].some((name) => isLookedAt(site.devices.get(name))))
          yield* Effect.timeoutOption(Effect.race(wake.await, site.devicesChanged(deviceRevision)), left)
        else return
      }
    })
    // no client is connected yet that needs a notification
    for (; sensors.waits > 0; yield* Effect.yieldNow) sensors.take(rowsPerTurn)
    onTaken()
    const take = Effect.andThen(set.batch(batch), Effect.sync(onTaken))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(wake.await, take)))
  })

/** Returns `true` while a device is being inspected. */
const isLookedAt = (device: SiteDevice | undefined): boolean => {
  if (device === undefined) return false
  const state = SubscriptionRef.getUnsafe(device.client.state)
  return state._tag === "Syncing" && !isDataSynced(state)
}
