import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { FleetFailed } from "./errors.ts"
import type { Placement, RunnerAddresses, RunnerEntry, RunnerFigures, Wish } from "./model.ts"

/**
 * The identity of a runner in its writes: its name, and the number of its start.
 *
 * @category models
 * @since 0.1.0
 */
export interface Signature {
  readonly runner: string
  readonly epoch: number
}

/**
 * A claim of a device by a runner.
 *
 * @category models
 * @since 0.1.0
 */
export interface Claim {
  readonly device: string
  readonly salt: number
}

/**
 * The answer to a {@link Claim}.
 *
 * - `Held`: the runner holds the device under this epoch, and may connect.
 * - `Busy`: another runner, which is alive, has not yet given the device up. Claim again: for some seconds after a claim,
 *   that runner sees that another one waits for the device.
 * - `Unwanted`: the device is not wanted, or its salt is another one by now.
 *
 * @category models
 * @since 0.1.0
 */
export type Answer =
  | { readonly _tag: "Held"; readonly epoch: number; readonly section: unknown }
  | { readonly _tag: "Busy"; readonly runner: string }
  | { readonly _tag: "Unwanted" }

/**
 * A device that a runner has given up, or hands over.
 *
 * @category models
 * @since 0.1.0
 */
export interface Release {
  readonly device: string
  /** The epoch under which the runner held it. */
  readonly epoch: number
}

/**
 * The state of a device, as its runner reports it.
 *
 * @category models
 * @since 0.1.0
 */
export interface StateReport {
  readonly device: string
  /** The epoch of the runner's hold. A report of an older epoch is ignored. */
  readonly epoch: number
  readonly state: string
  readonly error: string | undefined
}

/**
 * The changes in the database of a fleet since a mark.
 *
 * @category models
 * @since 0.1.0
 */
export interface FleetChanges {
  /** To be given to the next read. */
  readonly mark: string
  /** The changed devices. It may include unchanged ones. */
  readonly changed: ReadonlyArray<Placement>
  /** The devices that are no longer wanted. */
  readonly removed: ReadonlyArray<string>
  /** All runners of the last day. */
  readonly runners: ReadonlyArray<RunnerEntry>
}

/**
 * The store of a fleet's wanted devices and placements: PostgreSQL, or memory for a fleet of one process.
 *
 * @category services
 * @since 0.1.0
 */
export class FleetStore extends Context.Service<
  FleetStore,
  {
    /** Its address for people, without a password. */
    readonly address: string
    /**
     * Records the number of shards, or compares it with the recorded one. Fails with `refused` if they differ: runners
     * that count shards differently would hold devices twice. Does the same with a token, if it is given: another one is
     * refused while runners with the recorded one are alive.
     */
    readonly open: (shards: number, token?: string) => Effect.Effect<void, FleetFailed>
    /** Adds devices to a fleet that was never seeded. Returns `false`, without effect, if it was. */
    readonly seed: (wishes: ReadonlyArray<Wish>) => Effect.Effect<boolean, FleetFailed>
    /** Returns the changes since a mark; without a mark, everything. */
    readonly read: (mark?: string) => Effect.Effect<FleetChanges, FleetFailed>

    /** Adds or changes devices. */
    readonly put: (wishes: ReadonlyArray<Wish>) => Effect.Effect<void, FleetFailed>
    /** Removes devices. Their epochs grow, so later writes of a former holder are refused. Returns the removed ones. */
    readonly remove: (devices: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, FleetFailed>
    /**
     * Sets the preferred runner of a device; `undefined`: any, and the device goes to the runner that has the shard of its
     * plain name. Returns `false` for an unknown device.
     */
    readonly prefer: (device: string, runner: string | undefined) => Effect.Effect<boolean, FleetFailed>
    /** Requests that a runner releases its devices, or takes some again. Returns `false` for an unknown runner. */
    readonly want: (runner: string, wanted: "up" | "drained") => Effect.Effect<boolean, FleetFailed>

    /**
     * Registers a runner. Its epoch is larger than that of any earlier runner of this name. Fails with `taken` if a runner
     * at another address of the cluster has this name, and is not gone.
     */
    readonly enlist: (runner: string, addresses: RunnerAddresses) => Effect.Effect<Signature, FleetFailed>
    /**
     * Records that a runner is alive, and returns the requested state. Fails with `replaced` if a later one took its
     * name.
     */
    readonly beat: (
      by: Signature,
      state: RunnerEntry["state"],
      figures: RunnerFigures,
      addresses: RunnerAddresses
    ) => Effect.Effect<RunnerEntry["wanted"], FleetFailed>

    /**
     * Claims devices: an answer for each claim, in order. The epoch of each `Held` is larger than any earlier one of
     * that device; devices that are claimed together share it.
     */
    readonly claim: (by: Signature, claims: ReadonlyArray<Claim>) => Effect.Effect<ReadonlyArray<Answer>, FleetFailed>
    /**
     * Renews the heartbeat of a runner that hands devices over. Returns the devices that it must give up now: another runner
     * waits for them or holds them, or they are no longer wanted.
     */
    readonly handOver: (
      by: Signature,
      holds: ReadonlyArray<Release>
    ) => Effect.Effect<ReadonlyArray<string>, FleetFailed>
    /** Notes that devices were given up: their connections are closed. Those that have a later epoch by now are passed over. */
    readonly release: (by: Signature, releases: ReadonlyArray<Release>) => Effect.Effect<void, FleetFailed>
    /** Notes that the process of the runner at this address of the cluster has ended. One that is alive tells so at its next beat. */
    readonly ended: (cluster: string) => Effect.Effect<void, FleetFailed>
    /** Moves a device from one salt to another. Returns `false` if its salt is another one by now. */
    readonly move: (device: string, from: number, to: number) => Effect.Effect<boolean, FleetFailed>
    /** Records the states of devices. */
    readonly report: (reports: ReadonlyArray<StateReport>) => Effect.Effect<void, FleetFailed>

    /** Takes a task that only one runner at a time does, and returns its epoch: larger than any before. */
    readonly takeTask: (by: Signature, task: string) => Effect.Effect<number, FleetFailed>
    /** `true` if no later epoch of the task was taken. */
    readonly holdsTask: (task: string, epoch: number) => Effect.Effect<boolean, FleetFailed>
  }
>()("katcp/Fleet/FleetStore") {}
