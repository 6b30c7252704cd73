/** Runs a runner of a fleet from its section. */

import * as Context from "effect/Context"
import type { Sharding } from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { millisecondsOf } from "../../Site/index.ts"
import type { FleetFailed } from "../errors.ts"
import { type RunnerOptions, type RunnerShape, runRunner } from "../Fleet.ts"
import { FleetStore } from "../FleetStore.ts"
import { layerMemory } from "../memory.ts"
import { type FleetSection, placesOf, type RunnerPlaces } from "../section.ts"
import { type ClusterTimes, defaultTimes, layerCluster, layerEmbedded } from "./cluster.ts"
import { processFigures } from "./figures.ts"
import { layerPostgres } from "./postgres/layer.ts"
import type { Refusals } from "./Refusals.ts"
import type { Trust } from "./transport.ts"

/**
 * Returns the times of a section.
 *
 * @category getters
 * @since 0.1.0
 */
export const timesOf = (section: FleetSection): ClusterTimes => {
  const said = (span: string | number | undefined, otherwise: number) =>
    (span === undefined ? undefined : millisecondsOf(span)) ?? otherwise
  return {
    ...defaultTimes,
    shards: section.shards ?? defaultTimes.shards,
    lockExpiration: said(section.lockExpiration, defaultTimes.lockExpiration),
    lockRefresh: said(section.lockRefresh, defaultTimes.lockRefresh),
    joinDebounce: said(section.joinDebounce, defaultTimes.joinDebounce)
  }
}

/** The store and the cluster of a fleet. */
interface Backing {
  readonly store: FleetStore["Service"]
  readonly cluster: Layer.Layer<Sharding, FleetFailed>
}

/** One process, without shared data. */
const embedded = (times: ClusterTimes): Effect.Effect<Backing, never, Scope.Scope> =>
  Effect.map(Layer.build(layerMemory({ expiration: times.lockExpiration })), (context) => ({
    store: Context.get(context, FleetStore),
    cluster: layerEmbedded(times)
  }))

/** Many processes, with a shared database. */
const shared = (
  database: string,
  name: string,
  places: RunnerPlaces,
  times: ClusterTimes,
  { refusals, trust }: Pick<SectionOptions, "refusals" | "trust">
): Effect.Effect<Backing, FleetFailed, Scope.Scope> =>
  Effect.map(Layer.build(layerPostgres(database, { program: name, expiration: times.lockExpiration })), (context) => {
    const store = Context.get(context, FleetStore)
    const ended = (cluster: string) => Effect.ignore(store.ended(cluster))
    return {
      store,
      cluster: layerCluster({ listen: places.listen, advertise: places.cluster, times, trust, refusals, ended }).pipe(
        Layer.provide(Layer.succeedContext(context))
      )
    }
  })

/**
 * Options of a runner besides its section.
 *
 * @category models
 * @since 0.1.0
 */
export interface SectionOptions extends Pick<RunnerOptions, "own" | "resolve"> {
  readonly section: FleetSection
  readonly name: string
  readonly trust: Trust
  /** Counts the connections that are refused at the port of the cluster. Default: they are only logged. */
  readonly refusals?: Refusals | undefined
  /** The URL of the HTTP listener of this process; `undefined` without one. */
  readonly http: () => string | undefined
  /** Puts the devices of the site file into the store, or compares them, before the runner starts. */
  readonly prepare: (store: FleetStore["Service"]) => Effect.Effect<void, FleetFailed>
}

/**
 * Runs a runner as configured by its section, until the scope closes. See `runRunner`.
 *
 * @category running
 * @since 0.1.0
 */
export const runSection = (options: SectionOptions): Effect.Effect<RunnerShape, FleetFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const { http, name, own, prepare, resolve, section, trust } = options
    const times = timesOf(section)
    const places = placesOf(section)
    const { cluster, store } =
      section.database === undefined
        ? yield* embedded(times)
        : yield* shared(section.database, name, places, times, options)
    yield* store.open(times.shards, trust.token)
    yield* prepare(store)
    return yield* runRunner({
      name,
      own,
      resolve,
      cluster,
      shards: times.shards,
      heartbeat: times.lockRefresh,
      expiration: times.lockExpiration,
      refresh: section.refresh === undefined ? undefined : millisecondsOf(section.refresh),
      addresses: () => ({ cluster: places.cluster, link: places.linkAt, http: http() }),
      figures: yield* processFigures
    }).pipe(Effect.provideService(FleetStore, store))
  })
