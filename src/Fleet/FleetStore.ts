import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { FleetFailed } from "./errors.ts"
import type { Placement, RunnerAddresses, RunnerEntry, RunnerFigures, Wish } from "./model.ts"

/**
 * A runner as it signs what it writes: its name, and the number of its start.
 *
 * @category models
 * @since 0.1.0
 */
export interface Signature {
  readonly runner: string
  readonly epoch: number
}

/**
 * A device that a runner asks for.
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
 * - `Busy`: another runner, which is alive, has not yet given the device up after a move. Ask again.
 * - `Unwanted`: the device is not wished, or its salt is another one by now.
 *
 * @category models
 * @since 0.1.0
 */
export type Answer =
  | { readonly _tag: "Held"; readonly epoch: number; readonly section: unknown }
  | { readonly _tag: "Busy"; readonly runner: string }
  | { readonly _tag: "Unwanted" }

/**
 * The state of a device, as its runner reports it.
 *
 * @category models
 * @since 0.1.0
 */
export interface StateReport {
  readonly device: string
  /** The epoch under which the runner holds it. A report of an older epoch is passed over. */
  readonly epoch: number
  readonly state: string
  readonly error: string | undefined
}

/**
 * What changed in the database of a fleet since a mark.
 *
 * @category models
 * @since 0.1.0
 */
export interface FleetChanges {
  /** To be given to the next read. */
  readonly mark: string
  /** Devices that changed. A device may come that did not. */
  readonly changed: ReadonlyArray<Placement>
  /** Devices that are not wished any more. */
  readonly removed: ReadonlyArray<string>
  /** All runners of the last day. */
  readonly runners: ReadonlyArray<RunnerEntry>
}

/**
 * Where a fleet keeps what is wished and who holds what: PostgreSQL, or memory for a fleet of one process.
 *
 * @category services
 * @since 0.1.0
 */
export class FleetStore extends Context.Service<
  FleetStore,
  {
    /** Where it is, for people, without a password. */
    readonly address: string
    /**
     * Notes the number of shards, or compares it with the one that was noted. Fails with `refused` if they differ: runners
     * that count shards differently would hold devices twice.
     */
    readonly open: (shards: number) => Effect.Effect<void, FleetFailed>
    /** Puts devices into a fleet that was never seeded. Returns `false`, and does nothing, if it was. */
    readonly seed: (wishes: ReadonlyArray<Wish>) => Effect.Effect<boolean, FleetFailed>
    /** Returns what changed since a mark; without one, all. */
    readonly read: (mark?: string) => Effect.Effect<FleetChanges, FleetFailed>

    /** Adds devices, or changes those that are there. */
    readonly put: (wishes: ReadonlyArray<Wish>) => Effect.Effect<void, FleetFailed>
    /** Removes devices. Their epochs grow, so nothing that a former holder writes is taken. Returns those that were there. */
    readonly remove: (devices: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, FleetFailed>
    /** Says which runner is to hold a device; `undefined`: any. Returns `false` if there is no such device. */
    readonly prefer: (device: string, runner: string | undefined) => Effect.Effect<boolean, FleetFailed>
    /** Asks a runner to give up its devices, or to take some again. Returns `false` if there is no such runner. */
    readonly want: (runner: string, wanted: "up" | "drained") => Effect.Effect<boolean, FleetFailed>

    /** Signs a runner on. Its epoch is larger than that of any runner of this name before. */
    readonly enlist: (runner: string, addresses: RunnerAddresses) => Effect.Effect<Signature, FleetFailed>
    /** Tells that a runner is alive, and returns what it is asked to be. Fails with `replaced` if a later one took its name. */
    readonly beat: (
      by: Signature,
      state: RunnerEntry["state"],
      figures: RunnerFigures,
      addresses: RunnerAddresses
    ) => Effect.Effect<RunnerEntry["wanted"], FleetFailed>

    /**
     * Asks for devices: an answer for each claim, in their order. The epoch of each `Held` is larger than any of that device
     * before; devices that are asked for together have the same one.
     */
    readonly claim: (by: Signature, claims: ReadonlyArray<Claim>) => Effect.Effect<ReadonlyArray<Answer>, FleetFailed>
    /** Notes that a device was given up: its connection is closed. */
    readonly release: (by: Signature, device: string, epoch: number) => Effect.Effect<void, FleetFailed>
    /** Moves a device from one salt to another. Returns `false` if its salt is another one by now. */
    readonly move: (device: string, from: number, to: number) => Effect.Effect<boolean, FleetFailed>
    /** Notes the states of devices. */
    readonly report: (reports: ReadonlyArray<StateReport>) => Effect.Effect<void, FleetFailed>

    /** Takes a task that one runner at a time does, and returns its epoch: larger than any before. */
    readonly takeTask: (by: Signature, task: string) => Effect.Effect<number, FleetFailed>
    /** `true` if no later epoch of the task was taken. */
    readonly holdsTask: (task: string, epoch: number) => Effect.Effect<boolean, FleetFailed>
  }
>()("katcp/Fleet/FleetStore") {}
