import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { DeviceOptions, Selection, SiteShape } from "../Site/index.ts"
import { makeClaims, makeReleases } from "./Claims.ts"
import { DeviceSelections } from "./DeviceSelections.ts"
import type { Directory } from "./Directory.ts"
import type { FleetStore, Signature, StateReport } from "./FleetStore.ts"

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
}

/** The devices that this runner holds. */
export interface Holdings {
  /** The epoch of each held device: that of this runner's activation. */
  readonly epochs: ReadonlyMap<string, number>
  /** The epoch of each device that was ever held: that of this runner's last activation. */
  readonly lastEpochs: ReadonlyMap<string, number>
  /**
   * Holds a device: takes an epoch, then connects. Ends when the device is no longer wished, or has another salt; by
   * then the connection is closed. Ends the same way when the cluster interrupts it to take the entity away. Never
   * fails: the client retries a device that is unreachable.
   */
  readonly hold: (device: string, salt: number) => Effect.Effect<void>
  /** Gives up what the directory says that this runner holds, though it does not: its release did not get through. */
  readonly sweep: Effect.Effect<void>
  /** Reports the states that changed since the last report to the store. Fails if the store does. */
  readonly report: Effect.Effect<void, Effect.Error<ReturnType<FleetStore["Service"]["report"]>>>
}

/**
 * Milliseconds to wait before asking again for a device that its former holder has not given up. Not measured: a holder that
 * gives a device up says so within some milliseconds, and what is asked for at one time is one statement.
 */
const busyFor = 100

/** Makes holdings, until the scope closes. */
export const makeHoldings = ({
  by,
  directory,
  own,
  resolve,
  store
}: HoldingsOptions): Effect.Effect<Holdings, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ask = yield* makeClaims(store, by)
    const release = yield* makeReleases(store, by)
    /** Devices that are being asked for. */
    const asking = new Set<string>()
    const selections = new DeviceSelections()
    const epochs = new Map<string, number>()
    const lastEpochs = new Map<string, number>()
    /** The reasons why held devices are not in the site. */
    const refusals = new Map<string, string>()
    const told = new Map<string, string>()

    /** Claims a device until it is held, or no longer wished. */
    const claimed = (device: string, salt: number): Effect.Effect<{ epoch: number; section: unknown } | undefined> =>
      Effect.gen(function* () {
        asking.add(device)
        while (true) {
          // after a move within this runner the former entity must release it first
          const answer = epochs.has(device) ? undefined : yield* ask({ device, salt })
          if (answer?._tag === "Held") return answer
          if (answer?._tag === "Unwanted" || directory.devices().get(device)?.salt !== salt) return undefined
          yield* Effect.sleep(busyFor * (0.5 + (yield* Random.next)))
        }
      }).pipe(Effect.ensuring(Effect.sync(() => asking.delete(device))))

    /** Updates the site from the section of a device. Returns the key of its current connection. */
    const apply = (device: string, section: unknown, former: string | undefined): Effect.Effect<string | undefined> =>
      Effect.gen(function* () {
        const resolved = resolve(device, section)
        const wasRefused = refusals.delete(device)
        if (resolved._tag === "Failure") {
          refusals.set(device, resolved.failure)
          yield* own.remove(device)
          yield* Effect.logWarning(`fleet: ${device} is not connected: ${resolved.failure}`)
          return undefined
        }
        const { key, options, selection } = resolved.success
        selections.set(device, selection)
        if (key === former && !wasRefused) {
          yield* own.select(selections.all)
          return key
        }
        yield* own.remove(device)
        yield* own.add(device, options).pipe(
          Effect.catch(({ message }) =>
            Effect.andThen(
              Effect.sync(() => refusals.set(device, message)),
              Effect.logWarning(`fleet: ${device} is not connected: ${message}`)
            )
          )
        )
        return key
      }).pipe(Effect.uninterruptible)

    yield* own.select(selections.all)

    const keep = (device: string, salt: number, epoch: number, first: unknown): Effect.Effect<void> =>
      Effect.gen(function* () {
        let { revision } = directory
        let section = JSON.stringify(first)
        let key = yield* apply(device, first, undefined)
        while (true) {
          yield* directory.changed(revision)
          revision = directory.revision
          const placement = directory.devices().get(device)
          if (placement === undefined || placement.salt !== salt) return
          // the directory may be older than the claim
          if (placement.epoch < epoch) continue
          const next = JSON.stringify(placement.section)
          if (next === section) continue
          section = next
          key = yield* apply(device, placement.section, key)
        }
      })

    const letGo = (device: string, epoch: number) =>
      Effect.gen(function* () {
        yield* own.remove(device)
        selections.set(device, undefined)
        refusals.delete(device)
        told.delete(device)
        epochs.delete(device)
        // the connection is closed: the next holder waits for this
        release({ device, epoch })
      })

    return {
      epochs,
      lastEpochs,
      hold: (device, salt) =>
        Effect.gen(function* () {
          const held = yield* claimed(device, salt)
          if (held === undefined) return
          const { epoch, section } = held
          yield* Effect.acquireUseRelease(
            Effect.sync(() => {
              epochs.set(device, epoch)
              lastEpochs.set(device, epoch)
            }),
            () => keep(device, salt, epoch, section),
            () => letGo(device, epoch)
          )
        }),
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
