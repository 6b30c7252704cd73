import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FleetFailed } from "./errors.ts"
import { type Answer, FleetStore } from "./FleetStore.ts"
import { noFigures, type Placement, type RunnerEntry, type Wish } from "./model.ts"
import { replacedText, takenText } from "./names.ts"

/** A device, with the other columns of a database row. */
interface Device {
  readonly placement: Placement
  readonly wished: boolean
  readonly changed: number
  /** When another runner than the holder last claimed it, in milliseconds since 1970; 0: never. */
  readonly asked: number
}

interface Runner {
  readonly entry: RunnerEntry
  readonly seen: number
  readonly started: number
}

/** How long a claim shows that a runner waits for a device, in milliseconds. Given by the store in PostgreSQL. */
const askedFor = 3000

/**
 * Keeps a fleet in memory, for a fleet of one process and for tests. `expiration` is the age of a heartbeat, in
 * milliseconds, from which a runner counts as gone. Default 10 seconds.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMemory = (options: { readonly expiration?: number | undefined } = {}): Layer.Layer<FleetStore> =>
  Layer.effect(
    FleetStore,
    Effect.map(Clock.Clock, (clock) => makeMemory(clock, options.expiration ?? 10_000))
  )

const makeMemory = (clock: Clock.Clock, expiration: number): FleetStore["Service"] => {
  const devices = new Map<string, Device>()
  const runners = new Map<string, Runner>()
  const tasks = new Map<string, number>()
  let shards: number | undefined
  let seeded = false
  let changes = 0
  let epochs = 0
  const now = () => clock.currentTimeMillisUnsafe()

  const holderOf = ({ entry: { cluster, name }, started }: Runner) => ({ name, cluster, started })
  const isGone = ({ entry, seen }: Runner) => entry.state === "gone" || now() - seen > expiration
  const put = ({ device, labels, section }: Wish) => {
    const former = devices.get(device)
    const placement = former?.placement ?? {
      device,
      salt: 0,
      prefers: undefined,
      runner: undefined,
      epoch: 0,
      since: undefined,
      state: "",
      error: undefined
    }
    devices.set(device, {
      placement: { ...placement, section, labels },
      wished: true,
      changed: ++changes,
      asked: former?.asked ?? 0
    })
  }
  /** Changes a device. */
  const change = (device: string, next: Partial<Placement>, besides: Partial<Device> = {}) => {
    const former = devices.get(device)!
    devices.set(device, {
      ...former,
      ...besides,
      placement: { ...former.placement, ...next },
      changed: ++changes
    })
  }
  const answer = (runner: string, device: string, salt: number, epoch: number): Answer => {
    const found = devices.get(device)
    if (found === undefined || !found.wished || found.placement.salt !== salt) return { _tag: "Unwanted" }
    const { placement } = found
    const holder = placement.runner === undefined ? undefined : runners.get(placement.runner)
    if (holder !== undefined && holder.entry.name !== runner && !isGone(holder)) {
      devices.set(device, { ...found, asked: now() })
      return { _tag: "Busy", runner: holder.entry.name }
    }
    change(device, { epoch, runner, since: now(), state: "", error: undefined }, { asked: 0 })
    return { _tag: "Held", epoch, section: placement.section }
  }

  return {
    address: "memory",
    open: (given) =>
      Effect.suspend(() => {
        if (shards !== undefined && shards !== given)
          return Effect.fail(new FleetFailed({ why: "refused", detail: otherShards("memory", shards, given) }))
        shards = given
        return Effect.void
      }),
    seed: (wishes) =>
      Effect.sync(() => {
        if (seeded) return false
        seeded = true
        for (const wish of wishes) put(wish)
        return true
      }),
    read: (mark) =>
      Effect.sync(() => {
        const since = mark === undefined ? -1 : Number(mark)
        const changed = [...devices.values()].filter((device) => device.changed > since)
        return {
          mark: String(changes),
          changed: changed.filter(({ wished }) => wished).map(({ placement }) => placement),
          removed: changed.filter(({ wished }) => !wished).map(({ placement }) => placement.device),
          runners: Array.from(runners.values(), (runner) => ({
            ...runner.entry,
            age: now() - runner.seen,
            state: isGone(runner) ? ("gone" as const) : runner.entry.state
          }))
        }
      }),
    put: (wishes) =>
      Effect.sync(() => {
        seeded = true
        for (const wish of wishes) put(wish)
      }),
    remove: (names) =>
      Effect.sync(() =>
        names.filter((name) => {
          const found = devices.get(name)
          if (found?.wished !== true) return false
          change(name, { epoch: ++epochs, prefers: undefined }, { wished: false })
          return true
        })
      ),
    prefer: (device, runner) =>
      Effect.sync(() => {
        if (devices.get(device)?.wished !== true) return false
        change(device, runner === undefined ? { prefers: undefined, salt: 0 } : { prefers: runner })
        return true
      }),
    want: (runner, wanted) =>
      Effect.sync(() => {
        const found = runners.get(runner)
        if (found === undefined) return false
        runners.set(runner, { ...found, entry: { ...found.entry, wanted } })
        return true
      }),
    enlist: (runner, addresses) =>
      Effect.suspend(() => {
        const holder = runners.get(runner)
        const former = holder?.entry
        if (holder !== undefined && holder.entry.cluster !== addresses.cluster && !isGone(holder))
          return Effect.fail(new FleetFailed({ why: "taken", detail: takenText(holderOf(holder)) }))
        const epoch = (former?.epoch ?? 0) + 1
        const wanted = former?.wanted ?? "up"
        const entry: RunnerEntry = {
          ...addresses,
          name: runner,
          epoch,
          state: "up",
          wanted,
          age: 0,
          figures: former?.figures ?? noFigures
        }
        runners.set(runner, { seen: now(), started: now(), entry })
        return Effect.succeed({ runner, epoch })
      }),
    beat: ({ epoch, runner }, state, figures, addresses) =>
      Effect.suspend(() => {
        const found = runners.get(runner)
        if (found === undefined || found.entry.epoch !== epoch)
          return Effect.fail(
            new FleetFailed({ why: "replaced", detail: replacedText(runner, found && holderOf(found)) })
          )
        runners.set(runner, { ...found, seen: now(), entry: { ...found.entry, ...addresses, state, figures } })
        return Effect.succeed(found.entry.wanted)
      }),
    claim: ({ runner }, claims) =>
      Effect.sync(() => {
        const epoch = ++epochs
        return claims.map(({ device, salt }) => answer(runner, device, salt, epoch))
      }),
    handOver: ({ epoch, runner }, holds) =>
      Effect.sync(() => {
        const own = runners.get(runner)
        if (own?.entry.epoch !== epoch) return holds.map(({ device }) => device)
        runners.set(runner, { ...own, seen: now() })
        return holds.flatMap((hold) => {
          const { asked = 0, placement, wished } = devices.get(hold.device) ?? {}
          const isHeld = wished === true && placement?.runner === runner && placement.epoch === hold.epoch
          return isHeld && now() - asked > askedFor ? [] : [hold.device]
        })
      }),
    release: ({ runner }, releases) =>
      Effect.sync(() => {
        for (const { device, epoch } of releases) {
          const found = devices.get(device)
          if (found?.placement.runner === runner && (found.placement.epoch === epoch || !found.wished))
            change(device, { runner: undefined, since: undefined, state: "" })
        }
      }),
    ended: (cluster) =>
      Effect.sync(() => {
        for (const [name, runner] of runners)
          if (runner.entry.cluster === cluster)
            runners.set(name, { ...runner, entry: { ...runner.entry, state: "gone" } })
      }),
    move: (device, from, to) =>
      Effect.sync(() => {
        const found = devices.get(device)
        if (found?.wished !== true || found.placement.salt !== from) return false
        change(device, { salt: to })
        return true
      }),
    report: (reports) =>
      Effect.sync(() => {
        for (const { device, epoch, error, state } of reports)
          if (devices.get(device)?.placement.epoch === epoch) change(device, { state, error })
      }),
    takeTask: (_by, task) =>
      Effect.sync(() => {
        const epoch = (tasks.get(task) ?? 0) + 1
        tasks.set(task, epoch)
        return epoch
      }),
    holdsTask: (task, epoch) => Effect.sync(() => tasks.get(task) === epoch)
  }
}

/** A fleet has another number of shards. */
export const otherShards = (address: string, stored: number, given: number): string =>
  `the fleet in ${address} has ${stored} shards, and this runner is set to ${given}. With another number, devices would be held twice: write shards: ${stored}. To change it, stop all runners first, then: update katcp_fleet.fleet set shards = ${given}`
