import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { DeviceOptions, Selection, SiteShape } from "../Site/index.ts"
import { makeClaims, makeReleases } from "./Claims.ts"
import { DeviceSelections } from "./DeviceSelections.ts"
import type { Directory } from "./Directory.ts"
import type { FleetStore, Signature, StateReport } from "./FleetStore.ts"
import { type Hold, makeHandover } from "./Handover.ts"
import type { Lease } from "./Lease.ts"

/**
 * A device, with its section parsed by this runner.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResolvedDevice {
  /** The connection of the device. */
  readonly options: DeviceOptions
  /** Its mirrored sensors; `undefined` for all. */
  readonly selection: Selection.Selection | undefined
  /** Equal for devices with equal connections: a changed section with the same key does not touch the device. */
  readonly key: string
}

/**
 * Parses the section of a device. Fails with the reason, for people; `katcp fleet ls` shows it.
 *
 * @category models
 * @since 0.1.0
 */
export type Resolve = (device: string, section: unknown) => Result.Result<ResolvedDevice, string>

/** The parts that holdings need. */
export interface HoldingsOptions {
  /** The runner's own site. Only the holdings add and remove its devices. */
  readonly own: SiteShape
  readonly store: FleetStore["Service"]
  readonly by: Signature
  readonly directory: Directory["Service"]
  readonly resolve: Resolve
  readonly lease: Lease
}

/** The devices that this runner holds. */
export interface Holdings {
  /** The epoch of each held device: that of this runner's activation. */
  readonly epochs: ReadonlyMap<string, number>
  /** The epoch of each device that was ever held: that of this runner's last activation. */
  readonly lastEpochs: ReadonlyMap<string, number>
  /**
   * Holds a device: takes an epoch, then connects. Ends when the device is no longer wanted, has another salt, or is held by
   * another runner. When the cluster interrupts it to take the entity away, or the salt is another one, the device stays
   * connected until the next runner asks for it. Never fails: the client retries a device that is unreachable.
   */
  readonly hold: (device: string, salt: number) => Effect.Effect<void>
  /**
   * Waits until other runners have taken the devices whose entities were taken away. Gives up those that are left after some
   * milliseconds.
   */
  readonly handOver: (limit: number) => Effect.Effect<void>
  /** Gives up what the directory says that this runner holds, though it does not: its release did not get through. */
  readonly sweep: Effect.Effect<void>
  /** Reports the states that changed since the last report to the store. Fails if the store does. */
  readonly report: Effect.Effect<void, Effect.Error<ReturnType<FleetStore["Service"]["report"]>>>
}

/**
 * The milliseconds between two claims of a device that its former holder has not given up. Not measured: a tenth of the
 * time that a device may be down. All devices are claimed at the same moments, because one statement then has many.
 */
const claimEvery = 75

/** Makes holdings, until the scope closes. */
export const makeHoldings = ({
  by,
  directory,
  lease,
  own,
  resolve,
  store
}: HoldingsOptions): Effect.Effect<Holdings, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ask = yield* makeClaims(store, by)
    const release = yield* makeReleases(store, by)
    const clock = yield* Clock.Clock
    /** Devices that are being asked for. */
    const asking = new Set<string>()
    const selections = new DeviceSelections()
    const epochs = new Map<string, number>()
    const lastEpochs = new Map<string, number>()
    /** The reasons why held devices are not in the site. */
    const refusals = new Map<string, string>()
    const told = new Map<string, string>()

    const giveUp = ({ device, epoch }: Hold): Effect.Effect<void> =>
      Effect.gen(function* () {
        yield* own.remove(device)
        selections.set(device, undefined)
        refusals.delete(device)
        told.delete(device)
        epochs.delete(device)
        // the connection is closed: the next holder waits for this
        release({ device, epoch })
      }).pipe(Effect.uninterruptible)
    const handover = yield* makeHandover({ store, by, lease, giveUp })

    /** Claims a device until it is held, or no longer wanted, or waits at this runner for its next one. */
    const claimed = (device: string, salt: number): Effect.Effect<{ epoch: number; section: unknown } | undefined> =>
      Effect.gen(function* () {
        asking.add(device)
        while (!handover.has(device)) {
          // after a move within this runner the former entity must release it first
          const answer = epochs.has(device) ? undefined : yield* ask({ device, salt })
          if (answer?._tag === "Held") return answer
          if (answer?._tag === "Unwanted" || directory.devices().get(device)?.salt !== salt) return undefined
          yield* Effect.sleep(claimEvery - (clock.currentTimeMillisUnsafe() % claimEvery))
        }
        return undefined
      }).pipe(Effect.ensuring(Effect.sync(() => asking.delete(device))))

    /** Updates the site from the section of a device. */
    const apply = (hold: Hold, section: unknown): Effect.Effect<void> =>
      Effect.gen(function* () {
        const { device, key: former } = hold
        hold.section = JSON.stringify(section)
        const resolved = resolve(device, section)
        const wasRefused = refusals.delete(device)
        if (resolved._tag === "Failure") {
          refusals.set(device, resolved.failure)
          hold.key = undefined
          yield* own.remove(device)
          return yield* Effect.logWarning(`fleet: ${device} is not connected: ${resolved.failure}`)
        }
        const { key, options, selection } = resolved.success
        hold.key = key
        selections.set(device, selection)
        if (key === former && !wasRefused) return yield* own.select(selections.all)
        yield* own.remove(device)
        yield* own.add(device, options).pipe(
          Effect.catch(({ message }) =>
            Effect.andThen(
              Effect.sync(() => refusals.set(device, message)),
              Effect.logWarning(`fleet: ${device} is not connected: ${message}`)
            )
          )
        )
      }).pipe(Effect.uninterruptible)

    yield* own.select(selections.all)

    /** Keeps a device up to date. Returns `true` if its next runner has to ask for it, `false` if it is no longer this runner's. */
    const keep = (hold: Hold): Effect.Effect<boolean> =>
      Effect.gen(function* () {
        const { device, epoch, salt } = hold
        while (true) {
          const { revision } = directory
          const placement = directory.devices().get(device)
          if (placement === undefined || placement.epoch > epoch) return false
          if (placement.salt !== salt) return true
          // the directory may be older than the claim
          if (placement.epoch === epoch && JSON.stringify(placement.section) !== hold.section)
            yield* apply(hold, placement.section)
          yield* directory.changed(revision)
        }
      })

    return {
      epochs,
      lastEpochs,
      hold: (device, salt) =>
        Effect.gen(function* () {
          const held = yield* claimed(device, salt)
          yield* Effect.acquireUseRelease(
            Effect.sync((): Hold | undefined => {
              if (held === undefined) return handover.take(device)
              const { epoch } = held
              epochs.set(device, epoch)
              lastEpochs.set(device, epoch)
              return { device, epoch, salt, section: undefined, key: undefined }
            }),
            (hold) =>
              Effect.gen(function* () {
                if (hold === undefined) return false
                hold.salt = salt
                if (held !== undefined) yield* apply(hold, held.section)
                return yield* keep(hold)
              }),
            (hold, exit) => {
              if (hold === undefined) return Effect.void
              return Exit.isSuccess(exit) && !exit.value ? giveUp(hold) : Effect.sync(() => handover.add(hold))
            }
          )
        }),
      handOver: handover.finish,
      sweep: Effect.sync(() => {
        for (const { device, epoch, runner } of directory.devices().values())
          if (runner === by.runner && !epochs.has(device) && !asking.has(device)) release({ device, epoch })
      }),
      report: Effect.gen(function* () {
        const reports: Array<StateReport> = []
        for (const [device, epoch] of epochs) {
          const report = { device, epoch, ...stateOf(own, device, refusals.get(device)) }
          const text = `${epoch} ${report.state} ${report.error ?? ""}`
          if (told.get(device) !== text) reports.push(report)
        }
        if (reports.length === 0) return
        yield* store.report(reports)
        for (const { device, epoch, error, state } of reports)
          if (epochs.get(device) === epoch) told.set(device, `${epoch} ${state} ${error ?? ""}`)
      })
    }
  })

/** The state of a device, and its fault. */
const stateOf = (own: SiteShape, device: string, refusal: string | undefined): Pick<StateReport, "state" | "error"> => {
  if (refusal !== undefined) return { state: "refused", error: refusal }
  const health = own.devices.get(device)?.health
  if (health === undefined) return { state: "", error: undefined }
  const { connected, error, synced } = health
  return { state: synced ? "synced" : connected ? "connected" : "away", error }
}
