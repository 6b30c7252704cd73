/** Several runners of one fleet in one process: their cluster, their store and their devices are in memory. */

import * as Context from "effect/Context"
import * as MessageStorage from "effect/cluster/MessageStorage"
import type { Runner } from "effect/cluster/Runner"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Runners from "effect/cluster/Runners"
import type { ShardId } from "effect/cluster/ShardId"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { FleetFailed, FleetStore, type FleetTask, layerMemory, type RunnerShape, runRunner } from "katcp/Fleet"
import { Selection, Site, type SiteShape } from "katcp/Site"
import { configOf, defaultTimes } from "../../src/Fleet/node/cluster.ts"
import { pass } from "../Client/sensors/site.ts"
import { client, type TestDevice } from "../Site/network.ts"

/** The runners and locks of a cluster. A runner that was frozen is gone for the others, and gets its answers when it is thawed. */
class Locks {
  readonly #runners = new Map<string, readonly [Runner, boolean]>()
  readonly #owners = new Map<string, string>()
  /** Opens when the runner is thawed. */
  readonly #frozen = new Map<string, Latch.Latch>()

  freeze(port: number): void {
    const address = `10.0.0.1:${port}`
    this.#frozen.set(address, Latch.makeUnsafe(false))
    this.#runners.delete(address)
    for (const [shard, owner] of [...this.#owners]) if (owner === address) this.#owners.delete(shard)
  }

  /** Waits while the runner at a port is frozen. */
  awake(port: number): Effect.Effect<unknown> {
    return Effect.suspend(() => this.#frozen.get(`10.0.0.1:${port}`)?.await ?? Effect.void)
  }

  lose(port: number): void {
    for (const [shard, owner] of [...this.#owners]) if (owner === `10.0.0.1:${port}`) this.#owners.delete(shard)
  }

  thaw(port: number): void {
    const address = `10.0.0.1:${port}`
    this.#frozen.get(address)?.openUnsafe()
    this.#frozen.delete(address)
  }

  get storage(): RunnerStorage.RunnerStorage["Service"] {
    const nameOf = ({ host, port }: RunnerAddress.RunnerAddress) => `${host}:${port}`
    let machines = 0
    const by = <A>(address: RunnerAddress.RunnerAddress, run: (name: string) => A): Effect.Effect<A> =>
      Effect.suspend(() => {
        const name = nameOf(address)
        const frozen = this.#frozen.get(name)
        const doing = Effect.sync(() => run(name))
        return frozen === undefined ? doing : Effect.andThen(frozen.await, doing)
      })
    const own = (name: string, shards: Iterable<ShardId>) =>
      [...shards].filter((shard) => this.#owners.get(String(shard)) === name)
    return {
      register: (runner, healthy) =>
        by(runner.address, (name) => {
          this.#runners.set(name, [runner, healthy])
          return ++machines as Effect.Success<ReturnType<RunnerStorage.RunnerStorage["Service"]["register"]>>
        }),
      unregister: (address) => by(address, (name) => void this.#runners.delete(name)),
      getRunners: Effect.sync(() => [...this.#runners.values()]),
      setRunnerHealth: () => Effect.void,
      acquire: (address, shards) =>
        by(address, (name) => {
          const all = [...shards]
          for (const shard of all) if (!this.#owners.has(String(shard))) this.#owners.set(String(shard), name)
          return own(name, all)
        }),
      refresh: (address, shards) => by(address, (name) => own(name, shards)),
      release: (address, shard) =>
        by(address, (name) => {
          if (this.#owners.get(String(shard)) === name) this.#owners.delete(String(shard))
        }),
      releaseAll: (address) =>
        by(address, (name) => {
          for (const [shard, owner] of [...this.#owners]) if (owner === name) this.#owners.delete(shard)
        })
    }
  }
}

/** A runner of a test. */
export interface TestRunner {
  readonly own: SiteShape
  readonly runner: RunnerShape
  /** Ends it as SIGTERM does, and lets time pass until it has ended. */
  readonly stop: Effect.Effect<void>
  /** Takes the locks of its shards away, as when its session with the database ends; it finds out at its next refresh. */
  readonly loseLocks: () => void
  /** Has the database not answer this runner, until it is set to `false`. */
  readonly setAway: (isAway: boolean) => void
  /** Cuts it from the cluster and its locks, as when its process is stopped; it does not know. */
  readonly freeze: () => void
  readonly thaw: () => void
}

/** A store whose calls wait for something first. */
const gated = (store: FleetStore["Service"], first: Effect.Effect<unknown, FleetFailed>): FleetStore["Service"] => ({
  ...store,
  beat: (...given) => Effect.andThen(first, store.beat(...given)),
  claim: (...given) => Effect.andThen(first, store.claim(...given)),
  handOver: (...given) => Effect.andThen(first, store.handOver(...given)),
  release: (...given) => Effect.andThen(first, store.release(...given)),
  report: (...given) => Effect.andThen(first, store.report(...given))
})

/** Makes a fleet whose devices are those of a network in memory. */
export const fleetOf = (
  devices: Readonly<Record<string, TestDevice>>,
  options: { readonly wished?: ReadonlyArray<string>; readonly refused?: ReadonlySet<string> } = {}
) =>
  Effect.gen(function* () {
    const locks = new Locks()
    const scope = yield* Effect.scope
    const store = Context.get(yield* Layer.build(layerMemory()), FleetStore)
    yield* store.put(
      (options.wished ?? Object.keys(devices)).map((device) => ({ device, section: `${device}:7147`, labels: {} }))
    )
    const start = (
      name: string,
      port: number,
      tasks?: ReadonlyArray<FleetTask>
    ): Effect.Effect<TestRunner, FleetFailed> =>
      Effect.gen(function* () {
        const life = yield* Scope.fork(scope)
        const config = ShardingConfig.layer({
          ...configOf({ ...defaultTimes, joinDebounce: 0 }),
          runnerAddress: Option.some(RunnerAddress.make("10.0.0.1", port))
        })
        const cluster = Sharding.layer.pipe(
          Layer.provide([Runners.layerNoop, RunnerHealth.layerNoop]),
          Layer.provide(Layer.succeed(RunnerStorage.RunnerStorage, locks.storage)),
          Layer.provide(MessageStorage.layerNoop),
          Layer.provide(config)
        )
        const stop = Effect.gen(function* () {
          const ending = yield* Effect.forkDetach(Scope.close(life, Exit.void), { startImmediately: true })
          while (ending.pollUnsafe() === undefined) yield* pass("50 millis")
        })
        yield* Scope.addFinalizer(scope, stop)
        let isAway = false
        const answering = Effect.suspend(() =>
          isAway ? Effect.fail(new FleetFailed({ why: "away", detail: "it is away" })) : locks.awake(port)
        )
        return yield* Effect.gen(function* () {
          const own = yield* Effect.orDie(Site.make())
          const runner = yield* runRunner({
            name,
            own,
            cluster,
            addresses: () => ({ cluster: `10.0.0.1:${port}`, link: `10.0.0.1:${port + 100}`, http: undefined }),
            resolve: (device, section) => {
              const found = devices[device]
              if (found === undefined || options.refused?.has(device) === true)
                return Result.fail(`${device} has no address here`)
              const [, sensors] = String(section).split(" ")
              return Result.succeed({
                key: String(section).split(" ")[0]!,
                options: { socket: found.socket, client },
                selection:
                  sensors === undefined ? undefined : Selection.make([{ match: Selection.within(device, sensors) }])
              })
            }
          })
          for (const task of tasks ?? []) yield* runner.offer(task)
          yield* Effect.addFinalizer(() => Effect.sync(() => locks.thaw(port)))
          return {
            own,
            runner,
            stop,
            loseLocks: () => locks.lose(port),
            setAway: (away: boolean) => {
              isAway = away
            },
            freeze: () => locks.freeze(port),
            thaw: () => locks.thaw(port)
          }
        }).pipe(Scope.provide(life), Effect.provideService(FleetStore, gated(store, answering)))
      })
    return { start, store }
  })
