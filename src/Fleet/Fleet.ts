import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type { Sharding } from "effect/cluster/Sharding"
import * as Singleton from "effect/cluster/Singleton"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { SiteShape } from "../Site/index.ts"
import { layerDevice } from "./Device.ts"
import { type Directory, makeDirectory } from "./Directory.ts"
import type { FleetFailed } from "./errors.ts"
import { FleetStore, type Signature } from "./FleetStore.ts"
import { makeHoldings, type Resolve } from "./Holdings.ts"
import { Lease } from "./Lease.ts"
import type { RunnerAddresses, RunnerEntry, RunnerFigures } from "./model.ts"
import { takeName } from "./names.ts"
import { reconcile } from "./reconcile.ts"

/**
 * A task of the whole fleet, which only one runner at a time does.
 *
 * @category models
 * @since 0.1.0
 */
export interface FleetTask {
  readonly name: string
  /** Runs the task until it is interrupted. `holds` returns `true` if no other runner has taken the task over since. */
  readonly run: (task: {
    readonly epoch: number
    readonly holds: Effect.Effect<boolean, FleetFailed>
  }) => Effect.Effect<void>
}

/**
 * Options of a runner of a fleet.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerOptions {
  /** The name of the runner, unique in the fleet. */
  readonly name: string
  /** Its addresses. Called at each heartbeat, because ports may be known late. */
  readonly addresses: () => RunnerAddresses
  /** The runner's site, which has no devices yet. Only the fleet adds and removes devices. */
  readonly own: SiteShape
  /** Parses the section of a device. */
  readonly resolve: Resolve
  /** The cluster. Built when the runner starts to take devices, and again after a drain was undone. */
  readonly cluster: Layer.Layer<Sharding, FleetFailed>
  /** The number of shards. Default 300. */
  readonly shards?: number | undefined
  /** The milliseconds between two reads of the database. Default 1000. */
  readonly refresh?: number | undefined
  /** The milliseconds between two heartbeats. Default 2000. */
  readonly heartbeat?: number | undefined
  /** The age of a heartbeat, in milliseconds, from which other runners count this one as gone. Default 10,000. */
  readonly expiration?: number | undefined
  /** CPU, memory and delays of this process since the last call. Default none. */
  readonly figures?: (() => Pick<RunnerFigures, "cpu" | "memory" | "lag">) | undefined
}

/**
 * A runner of a fleet.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerShape {
  readonly name: string
  /** The number of this start of the runner. */
  readonly epoch: number
  readonly directory: Directory["Service"]
  /** The devices that this runner holds, each with the epoch of its activation. */
  readonly held: () => ReadonlyMap<string, number>
  /** The epoch of this runner's current or last hold of a device; `undefined` if it never held it. */
  readonly epochOf: (device: string) => number | undefined
  readonly state: () => RunnerEntry["state"]
  /** The milliseconds since the last heartbeat was sent that the store has kept. */
  readonly heartbeatAge: () => number
  /**
   * The reason why the store does not keep the heartbeats of this runner, for people. `undefined` if it has kept one within
   * half of the time after which others count the runner as gone: until then its devices stay connected.
   */
  readonly fault: () => string | undefined
  /**
   * Offers to do a task of the whole fleet, until the scope closes. Only one of the offering runners does it at a time.
   */
  readonly offer: (task: FleetTask) => Effect.Effect<void, never, Scope.Scope>
  /**
   * Leaves the fleet for good: hands the devices over to the other runners, and waits until they have them, for at most
   * `expiration`. The end of the scope does the same; this serves to close other parts afterwards.
   */
  readonly leave: Effect.Effect<void>
  /** Fails when the runner must stop: another one has taken its name. */
  readonly ended: Effect.Effect<never, FleetFailed>
}

/**
 * The runner of this process.
 *
 * @category services
 * @since 0.1.0
 */
export class Runner extends Context.Service<Runner, RunnerShape>()("katcp/Fleet/Runner") {}

/**
 * Takes part in a fleet until the scope closes: registers, then holds the devices whose shards the cluster gives to
 * this runner. Fails with `FleetFailed` if the store fails at the start, or the cluster cannot listen. Later the store
 * may be away: the cluster takes the devices away if it is away for long, and they come back with it.
 *
 * @category running
 * @since 0.1.0
 */
export const runRunner = (options: RunnerOptions): Effect.Effect<RunnerShape, FleetFailed, FleetStore | Scope.Scope> =>
  Effect.gen(function* () {
    const { addresses, name, own, resolve } = options
    const store = yield* FleetStore
    const clock = yield* Clock.Clock
    const scope = yield* Effect.scope
    yield* store.open(options.shards ?? 300)
    const read = makeDirectory(name, store, clock)
    const { directory, refresh } = read
    const by = yield* takeName(store, name, addresses(), read)
    yield* refresh
    const lease = new Lease(clock, options.expiration ?? 10_000)
    const holdings = yield* makeHoldings({ own, store, by, directory, resolve, lease })
    const ended = yield* Deferred.make<never, FleetFailed>()
    let state: RunnerEntry["state"] = "drained"
    let fault: string | undefined
    let cluster: { readonly life: Scope.Closeable; readonly context: Context.Context<Sharding> } | undefined
    /** The offered tasks, each with the scope of its registration at the current cluster. */
    const tasks = new Map<FleetTask, Scope.Closeable | undefined>()

    const figures = (): RunnerFigures => {
      const all = Array.from(own.devices.values(), ({ health }) => health)
      return {
        devices: holdings.epochs.size,
        connected: all.filter(({ connected }) => connected).length,
        synced: all.filter(({ synced }) => synced).length,
        sensors: all.reduce((sum, { sensors }) => sum + sensors, 0),
        ...(options.figures?.() ?? { cpu: 0, memory: 0, lag: 0 })
      }
    }
    const register = (task: FleetTask) =>
      Effect.gen(function* () {
        if (cluster === undefined) return
        const life = yield* Scope.fork(cluster.life)
        yield* Layer.buildWithScope(layerTask(task, store, by), life).pipe(Effect.provideContext(cluster.context))
        tasks.set(task, life)
      })
    const join = Effect.gen(function* () {
      const life = yield* Scope.fork(scope)
      const context = yield* Layer.buildWithScope(options.cluster, life).pipe(
        Effect.onError(() => Scope.close(life, Exit.void))
      )
      yield* Layer.buildWithScope(layerDevice(holdings), life).pipe(Effect.provideContext(context))
      yield* reconcile(directory, store).pipe(Effect.provideContext(context), Scope.provide(life))
      cluster = { life, context }
      state = "up"
      for (const task of tasks.keys()) yield* register(task)
    })
    /** Sends a heartbeat. Returns the requested state. */
    const send = Effect.gen(function* () {
      const sent = lease.now()
      const wanted = yield* store.beat(by, state, figures(), addresses())
      lease.renew(sent)
      if (fault !== undefined) yield* Effect.logInfo("fleet: the database keeps heartbeats again")
      fault = undefined
      return wanted
    })
    /** With nobody to take the devices there is nothing to wait for. */
    const hasTaker = () =>
      [...directory.runners().values()].some((other) => other.name !== name && other.state === "up")
    /** Leaves the cluster, and hands the devices over. */
    const drain = Effect.gen(function* () {
      const former = cluster
      cluster = undefined
      if (former === undefined) return
      state = "draining"
      yield* Effect.ignore(Effect.timeout(send, "1 second"))
      yield* Effect.logInfo(`fleet: runner ${name} hands ${holdings.epochs.size} devices over`)
      yield* Scope.close(former.life, Exit.void)
      yield* holdings.handOver(hasTaker() ? lease.expiration : 0)
      state = "drained"
    })
    let isOver = false
    const one = yield* Semaphore.make(1)
    /** Sends a heartbeat, and follows the requests in its answer. */
    const beat = Effect.gen(function* () {
      const wanted = yield* send
      if (isOver) return
      if (wanted === "drained" && state === "up") {
        yield* drain
        yield* send
        yield* Effect.logInfo(`fleet: runner ${name} has no devices left`)
      } else if (wanted === "up" && state === "drained") {
        yield* join
        yield* send
      }
    }).pipe(
      one.withPermit,
      Effect.catch((error) =>
        error.why === "replaced"
          ? Effect.andThen(drain, Deferred.fail(ended, error))
          : Effect.suspend(() => {
              const isNew = fault !== error.message
              fault = error.message
              return isNew ? Effect.logWarning(`fleet: no heartbeat was kept: ${fault}`) : Effect.void
            })
      )
    )

    const leave = one.withPermit(
      Effect.suspend(() => {
        isOver = true
        return drain
      })
    )

    let away = false
    const look = refresh.pipe(
      Effect.matchEffect({
        onSuccess: () => {
          if (!away) return Effect.void
          away = false
          return Effect.logInfo("fleet: the database answers again")
        },
        onFailure: ({ message }) => {
          if (away) return Effect.void
          away = true
          return Effect.logWarning(`fleet: ${message}; the last known state stays in use`)
        }
      })
    )
    yield* Effect.addFinalizer(() =>
      store.beat(by, "gone", figures(), addresses()).pipe(Effect.timeout("1 second"), Effect.ignore)
    )
    yield* Effect.addFinalizer(() => leave)
    yield* every(options.refresh ?? 1000, look)
    yield* every(1000, Effect.andThen(Effect.ignore(holdings.report), holdings.sweep))
    // the first heartbeat says whether the runner is to take devices at all
    if ((yield* send) === "up") yield* join
    yield* every(options.heartbeat ?? 2000, beat)
    yield* beat
    return {
      name,
      epoch: by.epoch,
      directory,
      held: () => holdings.epochs,
      epochOf: (device) => holdings.lastEpochs.get(device),
      state: () => state,
      heartbeatAge: () => lease.age,
      fault: () => (lease.isLate ? (fault ?? "the database of the fleet does not answer") : undefined),
      offer: (task) =>
        Effect.acquireRelease(
          Effect.andThen(
            Effect.sync(() => tasks.set(task, undefined)),
            register(task)
          ).pipe(one.withPermit),
          () =>
            Effect.suspend(() => {
              const registration = tasks.get(task)
              tasks.delete(task)
              return registration === undefined ? Effect.void : Scope.close(registration, Exit.void)
            })
        ),
      leave,
      ended: Deferred.await(ended)
    }
  })

/** Repeats an effect until the scope closes, with this number of milliseconds between. */
const every = (milliseconds: number, effect: Effect.Effect<unknown>): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(milliseconds), effect))))

/** The wait before requesting a task again. Not measured: short compared with the time of a takeover. */
const spaced = Schedule.spaced("500 millis")

/** A task as a singleton of the cluster, with an epoch from the store. */
const layerTask = ({ name, run }: FleetTask, store: FleetStore["Service"], by: Signature) =>
  Singleton.make(
    name,
    Effect.gen(function* () {
      const epoch = yield* store.takeTask(by, name).pipe(
        Effect.tapError(({ message }) => Effect.logDebug(`fleet: ${message}`)),
        Effect.retry({ schedule: spaced })
      )
      yield* run({ epoch, holds: store.holdsTask(name, epoch) })
    })
  )
