/** Effect Cluster for a fleet: on PostgreSQL for many runners, in memory for one. */

import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as MessageStorage from "effect/cluster/MessageStorage"
import type { Runner } from "effect/cluster/Runner"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as RunnerServer from "effect/cluster/RunnerServer"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Runners from "effect/cluster/Runners"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { errorText } from "../../Message/index.ts"
import { placeToListen } from "../../Site/index.ts"
import { FleetFailed } from "../errors.ts"
import type { Refusals } from "./Refusals.ts"
import { dialRunner, listenForRunners, type Trust } from "./transport.ts"

/**
 * The times of a cluster, in milliseconds, and its shards.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClusterTimes {
  /** The number of shards. Default 300. All runners have the same one. */
  readonly shards: number
  /** How long a runner that does not respond keeps its shards. Default 10,000. */
  readonly lockExpiration: number
  /** How often a runner renews its locks. Default 2,000. */
  readonly lockRefresh: number
  /** How often a runner reads the list of runners. Default 500. */
  readonly assignments: number
  /** How often the runners' ports are tried. Default 2,000. */
  readonly healthChecks: number
  /** How long the set of runners has to stay the same before a new runner gets shards. Default 2,000. */
  readonly joinDebounce: number
}

/**
 * The default times. Measured with three runners and 300 devices: 9 s after a runner is killed, all its devices are live on
 * others. An outage of the database of more than 3 s may drop all devices.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultTimes: ClusterTimes = {
  shards: 300,
  lockExpiration: 10_000,
  lockRefresh: 2_000,
  assignments: 500,
  healthChecks: 2_000,
  joinDebounce: 2_000
}

/** The settings of the cluster. */
export const configOf = (times: ClusterTimes): Partial<ShardingConfig.ShardingConfig["Service"]> => ({
  shardsPerGroup: times.shards,
  shardLockExpiration: times.lockExpiration,
  shardLockRefreshInterval: times.lockRefresh,
  refreshAssignmentsInterval: times.assignments,
  runnerHealthCheckInterval: times.healthChecks,
  runnerJoinDebounce: times.joinDebounce,
  // no messages are stored; the interval at which a runner retries to get shards that another one still has
  entityMessagePollInterval: 1_000,
  maxResidentEntities: "unbounded",
  simulateRemoteSerialization: false
})

/** A cluster of one process. */
export const layerEmbedded = (times: ClusterTimes): Layer.Layer<Sharding.Sharding> =>
  Sharding.layer.pipe(
    Layer.provide([Runners.layerNoop, RunnerHealth.layerNoop, RunnerStorage.layerMemory]),
    Layer.provide(MessageStorage.layerNoop),
    Layer.provide(ShardingConfig.layer(configOf(times)))
  )

/** The protocol by which runners call each other. */
const layerDialling = (
  trust: Trust
): Layer.Layer<Runners.RpcClientProtocol, never, RpcSerialization.RpcSerialization> =>
  Layer.effect(
    Runners.RpcClientProtocol,
    Effect.map(RpcSerialization.RpcSerialization, (serialization) => ({
      codecFor: serialization.codecFor,
      make: (address) =>
        Effect.gen(function* () {
          const socket = yield* Layer.build(dialRunner(`${address.host}:${address.port}`, trust))
          return yield* RpcClient.makeProtocolSocket().pipe(
            Effect.provideContext(socket),
            Effect.provideService(RpcSerialization.RpcSerialization, serialization)
          )
        })
    }))
  )

/** The time between two attempts to dial a port. Not measured: a machine that is busy for half a second is not dead. */
const tries = Schedule.spaced("500 millis")

/** Finds out if a runner is alive by dialling its port: after its process was killed, the connection is refused at once. */
const layerHealth = (trust: Trust): Layer.Layer<RunnerHealth.RunnerHealth> =>
  Layer.succeed(RunnerHealth.RunnerHealth, {
    isAlive: ({ host, port }) =>
      Effect.gen(function* () {
        const context = yield* Layer.build(dialRunner(`${host}:${port}`, trust))
        yield* Context.get(context, Socket.Socket).reader
      }).pipe(Effect.scoped, Effect.timeout("5 seconds"), Effect.retry({ times: 2, schedule: tries }), Effect.isSuccess)
  })

/** How often runners try each other's ports. Not measured: one connection a second between two machines costs nothing. */
const lookEvery = "1 second"
/** The number of refusals in a row after which a runner counts as dead. Not measured: during a restart, a port refuses briefly. */
const refusals = 2

/** The system's error of a port that could not be opened; `undefined` for another failure. TLS adds an error around it. */
const openErrorOf = (error: unknown): { readonly code?: unknown; readonly message: string } | undefined => {
  const isOfSocket = error instanceof Socket.SocketError || error instanceof SocketServer.SocketServerError
  let found = isOfSocket && "cause" in error.reason ? error.reason.cause : undefined
  while (found instanceof Error && !("code" in found) && found.cause !== undefined) found = found.cause
  return found instanceof Error ? found : undefined
}

/** `true` if the connection was refused: the system refuses at once when the process has ended. */
const isRefused = (error: unknown): boolean => openErrorOf(error)?.code === "ECONNREFUSED"

/**
 * Finds runners whose process has ended: each runner dials the ports of all others. The cluster's own check is the task of
 * one runner, which may be the one that died; and it waits for answers.
 */
const layerLookout = (
  self: RunnerAddress.RunnerAddress,
  trust: Trust,
  ended: (cluster: string) => Effect.Effect<void>
): Layer.Layer<never, never, RunnerStorage.RunnerStorage> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const storage = yield* RunnerStorage.RunnerStorage
      const refused = new Map<string, number>()
      const look = ({ address }: Runner) =>
        Effect.gen(function* () {
          const place = `${address.host}:${address.port}`
          const opened = Effect.flatMap(
            Layer.build(dialRunner(place, { tls: trust.tls })),
            (context) => Context.get(context, Socket.Socket).reader
          )
          const error = yield* opened.pipe(
            Effect.scoped,
            Effect.match({ onSuccess: () => undefined, onFailure: (failure: unknown) => failure })
          )
          if (!isRefused(error)) {
            refused.delete(place)
            return
          }
          const count = (refused.get(place) ?? 0) + 1
          refused.set(place, count)
          if (count !== refusals) return
          yield* Effect.logInfo(`fleet: the runner at ${place} has ended: its devices go to others`)
          yield* ended(place)
          yield* storage.setRunnerHealth(address, false)
        })
      yield* Effect.gen(function* () {
        const all = yield* storage.getRunners
        // the cluster's own check may have found it first: then its devices are still to be freed
        const others = all.filter(([{ address }]) => !Equal.equals(address, self))
        // the count of a runner that has left begins again when it comes back
        const places = new Set(others.map(([{ address }]) => `${address.host}:${address.port}`))
        for (const place of refused.keys()) if (!places.has(place)) refused.delete(place)
        yield* Effect.forEach(others, ([runner]) => look(runner), { concurrency: "unbounded", discard: true })
      }).pipe(
        Effect.catchCause((cause) => Effect.logDebug("fleet: the runners' ports were not tried", cause)),
        Effect.andThen(Effect.sleep(lookEvery)),
        Effect.forever,
        Effect.forkScoped
      )
    })
  )

/**
 * The number of shards that are released at a time. The storage releases each shard with two statements on one connection,
 * and the deadline of each starts when it is requested. With 200 at once on a busy machine the last ones missed it (measured
 * at a load of 15). That counts as a loss of the database, and drops all devices.
 */
const releasesAtOnce = 4

/** The wait between two questions to a database that is away. Not measured: short compared with the return of a database. */
const probes = Schedule.spaced("200 millis")

/**
 * A storage that releases few shards at a time, and sees at once that the database is back: the cluster asks it only at each
 * refresh of its locks.
 */
const layerGentle = (
  storage: Layer.Layer<RunnerStorage.RunnerStorage, SqlError, SqlClient.SqlClient | ShardingConfig.ShardingConfig>
) =>
  Layer.effect(
    RunnerStorage.RunnerStorage,
    Effect.gen(function* () {
      const inner = yield* RunnerStorage.RunnerStorage
      const few = yield* Semaphore.make(releasesAtOnce)
      return RunnerStorage.RunnerStorage.of({
        ...inner,
        release: (address, shard) => few.withPermit(inner.release(address, shard)),
        // without shards it is a probe, whose time the cluster limits
        refresh: (address, shards) =>
          Array.from(shards).length === 0
            ? Effect.retry(inner.refresh(address, shards), probes)
            : inner.refresh(address, shards)
      })
    })
  ).pipe(Layer.provide(storage))

/** The cluster of a fleet of several runners, on the database of the `SqlClient` that is provided. */
export const layerCluster = (options: {
  readonly listen: { readonly host: string; readonly port: number }
  /** `HOST:PORT` at which other runners dial this one. */
  readonly advertise: string
  readonly times: ClusterTimes
  readonly trust: Trust
  /** Counts the connections that are refused. */
  readonly refusals?: Refusals | undefined
  /** Called when the process of another runner has ended, with its address. */
  readonly ended: (cluster: string) => Effect.Effect<void>
}): Layer.Layer<Sharding.Sharding, FleetFailed, SqlClient.SqlClient> => {
  const { listen: at } = options
  const own = placeToListen(options.advertise)!
  const self = RunnerAddress.make(own.host, own.port)
  const config = ShardingConfig.layer({
    ...configOf(options.times),
    runnerAddress: Option.some(self),
    runnerListenAddress: Option.some(RunnerAddress.make(at.host, at.port))
  })
  return Layer.merge(
    RunnerServer.layerWithClients.pipe(Layer.provide(RpcServer.layerProtocolSocketServer)),
    layerLookout(self, options.trust, options.ended)
  ).pipe(
    Layer.provide([
      listenForRunners(at, options.trust, options.refusals),
      layerDialling(options.trust),
      layerHealth(options.trust)
    ]),
    Layer.provide([MessageStorage.layerNoop, layerGentle(SqlRunnerStorage.layerWith({ prefix: "katcp_cluster" }))]),
    Layer.provide([config, RpcSerialization.layerSchemaBinary()]),
    Layer.catchCause((cause): Layer.Layer<Sharding.Sharding, FleetFailed> => {
      const error = Cause.squash(cause)
      const opening = openErrorOf(error)
      const why =
        opening?.code === "EADDRINUSE"
          ? "another program listens there already"
          : (opening?.message ?? errorText(error))
      const detail = `the runner cannot join the cluster at ${at.host}:${at.port} (fleet.listen): ${why}`
      return Layer.unwrap(Effect.fail(new FleetFailed({ why: "refused", detail })))
    })
  )
}
