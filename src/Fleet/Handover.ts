/**
 * Hands devices over to the runners that get their shards.
 *
 * The next runner needs a second or two until it has the shard of a device. So a device whose entity was taken away stays
 * connected, and this runner gives it up only:
 *
 * - when another runner waits for it or holds it, or it is no longer wanted. The store says so;
 * - when the store has not answered for so long that other runners may soon count this one as gone;
 * - when this runner ends, and no other one has taken the device in time.
 *
 * If the entity returns to this runner, the device goes on as if nothing had happened. No device is held twice: a runner
 * connects only under a claim, and the store refuses claims until the holder has given the device up.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { FleetStore, Release, Signature } from "./FleetStore.ts"
import type { Lease } from "./Lease.ts"

/** A device that this runner holds. */
export interface Hold extends Release {
  /** The salt under which the device is held. */
  salt: number
  /** The section that was last applied, as JSON; `undefined` before the first. */
  section: string | undefined
  /** The key of the current connection; `undefined` without one. */
  key: string | undefined
}

/** The devices that wait for their next runner. */
export interface Handover {
  readonly has: (device: string) => boolean
  /** Keeps a device connected until another runner asks for it. */
  readonly add: (hold: Hold) => void
  /** Takes a device back; `undefined` if it does not wait. */
  readonly take: (device: string) => Hold | undefined
  /** Waits until each device was given up. Gives up those that are left after some milliseconds. */
  readonly finish: (limit: number) => Effect.Effect<void>
}

/** The milliseconds between two questions to the store. Not measured: a tenth of the time that a device may be down. */
const askEvery = 100
/**
 * The number of rounds in which devices are given up that are asked for at one time, and the smallest number of devices
 * of a round. A device is down while the next runner connects to all devices of its round: with 333 devices in one round
 * it was down for up to a second (measured on two busy cores).
 */
const [rounds, fewest] = [10, 20]

/** Makes a handover, until the scope closes. `giveUp` closes the connection of a device, then releases its claim. */
export const makeHandover = (options: {
  readonly store: FleetStore["Service"]
  readonly by: Signature
  readonly lease: Lease
  readonly giveUp: (hold: Hold) => Effect.Effect<void>
}): Effect.Effect<Handover, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { by, giveUp, lease, store } = options
    const waiting = new Map<string, Hold>()
    /** The devices whose connections are being closed. */
    const closing = yield* FiberSet.make<void>()
    /** Opens when a device waits, and when one was given up. */
    const begun = Latch.makeUnsafe(false)
    /** The largest number of devices that have waited at one time since the last time that none did. */
    let largest = 0
    /** Begins to give devices up, without those that were taken back meanwhile. */
    const giveUpAll = (holds: Iterable<Hold>) =>
      Effect.forEach(
        [...holds].filter((hold) => waiting.get(hold.device) === hold),
        (hold) => {
          waiting.delete(hold.device)
          return FiberSet.run(closing, giveUp(hold))
        },
        { discard: true }
      )

    /** Asks the store which devices have to be given up; `undefined` if it does not answer. */
    const ask = Effect.gen(function* () {
      const sent = lease.now()
      const holds = [...waiting.values()]
      const answer = yield* store.handOver(
        by,
        holds.map(({ device, epoch }) => ({ device, epoch }))
      )
      lease.renew(sent)
      const due = new Set(answer)
      return holds.filter(({ device }) => due.has(device))
    }).pipe(
      Effect.timeout(lease.expiration / 10),
      Effect.tapError((error) => Effect.logDebug(`fleet: ${error.message}`)),
      Effect.option,
      Effect.map(Option.getOrUndefined)
    )

    yield* Effect.gen(function* () {
      yield* begun.await
      largest = Math.max(largest, waiting.size)
      const due = yield* ask
      if (due !== undefined) yield* giveUpAll(due.slice(0, Math.max(fewest, Math.ceil(largest / rounds))))
      else if (lease.isLate) yield* giveUpAll(waiting.values())
      if (waiting.size === 0) {
        largest = 0
        begun.closeUnsafe()
      } else yield* Effect.sleep(askEvery)
    }).pipe(Effect.forever, Effect.forkScoped)

    return {
      has: (device) => waiting.has(device),
      add: (hold) => {
        waiting.set(hold.device, hold)
        begun.openUnsafe()
      },
      take: (device) => {
        const hold = waiting.get(device)
        waiting.delete(device)
        return hold
      },
      finish: (limit) =>
        Effect.gen(function* () {
          const end = lease.now().elapsed + limit
          while (waiting.size > 0 && lease.now().elapsed < end) yield* Effect.sleep(askEvery / 2)
          yield* giveUpAll(waiting.values())
          yield* FiberSet.awaitEmpty(closing)
        })
    }
  })
