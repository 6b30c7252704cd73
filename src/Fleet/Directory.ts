import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { FleetStore } from "./FleetStore.ts"
import type { Placement, RunnerEntry } from "./model.ts"

/**
 * The runners, and the devices that they hold, as last read by this runner. Reading it does not wait; while the
 * database is away it does not change.
 *
 * @category services
 * @since 0.1.0
 */
export class Directory extends Context.Service<
  Directory,
  {
    /** The name of this runner. */
    readonly self: string
    /** The runners of the fleet by name, this one among them. */
    readonly runners: () => ReadonlyMap<string, RunnerEntry>
    /** The wanted devices, by name. */
    readonly devices: () => ReadonlyMap<string, Placement>
    /** Grows with each change. */
    readonly revision: number
    /** Waits until {@link Directory} `revision` exceeds a number. */
    readonly changed: (revision: number) => Effect.Effect<void>
    /** The milliseconds since the database's last answer; `Infinity` before the first. */
    readonly age: () => number
  }
>()("katcp/Fleet/Directory") {}

/** A directory with a function to refresh it from a store. */
export interface ReadDirectory {
  readonly directory: Directory["Service"]
  /** Reads the changes. Fails if the store does. */
  readonly refresh: Effect.Effect<void, Effect.Error<ReturnType<FleetStore["Service"]["read"]>>>
}

/** Makes a directory of a store. It is empty until it is first read. */
export const makeDirectory = (self: string, store: FleetStore["Service"], clock: Clock.Clock): ReadDirectory => {
  let runners: ReadonlyMap<string, RunnerEntry> = new Map()
  let devices: ReadonlyMap<string, Placement> = new Map()
  let mark: string | undefined
  let revision = 0
  /** When the database last answered, by a clock that never steps. */
  let answeredAt = Number.NEGATIVE_INFINITY
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  let latch = Latch.makeUnsafe(false)
  const tell = () => {
    revision++
    const former = latch
    latch = Latch.makeUnsafe(false)
    former.openUnsafe()
  }
  const waitFor = (than: number): Effect.Effect<void> =>
    Effect.suspend(() => (revision > than ? Effect.void : Effect.andThen(latch.await, waitFor(than))))
  return {
    directory: {
      self,
      runners: () => runners,
      devices: () => devices,
      get revision() {
        return revision
      },
      changed: waitFor,
      age: () => now() - answeredAt
    },
    refresh: Effect.map(
      Effect.suspend(() => store.read(mark)),
      (changes) => {
        const isFirst = mark === undefined
        mark = changes.mark
        answeredAt = now()
        const changed = changes.changed.filter((next) => !isSame(devices.get(next.device), next))
        const removed = changes.removed.filter((name) => devices.has(name))
        if (changed.length > 0 || removed.length > 0) {
          const next = new Map(devices)
          for (const placement of changed) next.set(placement.device, placement)
          for (const name of removed) next.delete(name)
          devices = next
        }
        const formerRunners = runners
        runners = new Map(changes.runners.map((runner) => [runner.name, runner]))
        if (isFirst || changed.length > 0 || removed.length > 0 || !sameRunners(formerRunners, runners)) tell()
      }
    )
  }
}

const isSame = (one: Placement | undefined, other: Placement): boolean =>
  one !== undefined && JSON.stringify(one) === JSON.stringify(other)

/** `true` if the runners are equal, except for ages and figures. */
const sameRunners = (some: ReadonlyMap<string, RunnerEntry>, others: ReadonlyMap<string, RunnerEntry>): boolean =>
  some.size === others.size &&
  [...some].every(([name, one]) => {
    const other = others.get(name)
    return (
      other !== undefined &&
      one.epoch === other.epoch &&
      one.state === other.state &&
      one.wanted === other.wanted &&
      one.link === other.link &&
      one.http === other.http &&
      one.cluster === other.cluster
    )
  })
