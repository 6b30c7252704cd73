/**
 * The sections of a site file: a line for each, with the Schema of its room.
 *
 * A section that runs as a part of its own also has a line in {@link parts}: its layer. The part is built with the
 * site, and rebuilt when its section has changed.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import {
  Archive,
  type ArchiveFleet,
  ArchiveSection,
  layer as layerArchive,
  optionsOf,
  spillOf
} from "../Archive/index.ts"
import { layerSpill, layerStore } from "../Archive/node/index.ts"
import { pageFiles } from "../Dashboard/node/index.ts"
import { ExportSection } from "../Export/index.ts"
import { layerSection as layerExport } from "../Export/node/index.ts"
import { FleetSection, type RunnerShape } from "../Fleet/index.ts"
import { Gateway } from "../Gateway/index.ts"
import { NodeServer } from "../Node/index.ts"
import { Proxy } from "../Proxy/index.ts"
import { Server } from "../Server/index.ts"
import {
  AccessSection,
  DevicesSection,
  Health,
  type Http,
  HttpSection,
  isLoopback,
  type PartHealth,
  placeToListen,
  Site,
  type SiteShape
} from "../Site/index.ts"

const isPostgres = (text: string): boolean => /^postgres(?:ql)?:\/\//.test(text)

/** `true` if two addresses of PostgreSQL have the same database, for any user. */
const isSameDatabase = (one: string, other: string): boolean => {
  if (!isPostgres(one) || !URL.canParse(one) || !URL.canParse(other)) return false
  const place = ({ hostname, pathname, port }: URL) => `${hostname}:${port || "5432"}${pathname}`
  return place(new URL(one)) === place(new URL(other))
}

/** The sections by key. `devices` is required; others are optional. */
const sections = {
  devices: DevicesSection,
  http: Schema.optional(HttpSection),
  access: Schema.optional(AccessSection),
  proxy: Schema.optional(Proxy.ProxySection),
  archive: Schema.optional(ArchiveSection),
  export: Schema.optional(ExportSection),
  gateway: Schema.optional(Gateway.GatewaySection),
  fleet: Schema.optional(FleetSection)
}

/**
 * The Schema of a site file, after replacing `${env:NAME}`.
 *
 * @category models
 * @since 0.1.0
 */
export const SiteFile = Schema.Struct(sections).check(
  Schema.makeFilter(
    ({
      archive,
      fleet
    }: {
      readonly archive?: ArchiveSection | undefined
      readonly fleet?: FleetSection | undefined
    }) =>
      archive === undefined || fleet?.database === undefined || isSameDatabase(archive.store, fleet.database)
        ? true
        : {
            path: ["archive", "store"],
            issue:
              "the archive of a fleet must be in the fleet's database, which refuses writes of a replaced runner; use the database of fleet.database"
          }
  ),
  Schema.makeFilter(({ gateway, http }: { readonly gateway?: unknown; readonly http?: unknown }) =>
    gateway === undefined || http !== undefined
      ? true
      : { path: ["gateway"], issue: "there is no section http; set the address to listen on: http: { listen: 8080 }" }
  )
)

/**
 * The data of a site file.
 *
 * @category models
 * @since 0.1.0
 */
export type SiteFile = typeof SiteFile.Type

/**
 * The keys of a site file.
 *
 * @category models
 * @since 0.1.0
 */
export type SectionKey = keyof SiteFile

/**
 * A section that runs beside the site, as a layer of its data.
 *
 * @category models
 * @since 0.1.0
 */
export interface Part {
  readonly key: SectionKey
  /** In a fleet: `own`, the devices of this runner; `fleet`, those of all runners. */
  readonly site: "own" | "fleet"
  readonly layer: (file: SiteFile) => Layer.Layer<never, unknown, Site | Http | Health | CurrentArchive | CurrentRunner>
}

/** The archive of this process, for parts that query history. */
export class CurrentArchive extends Context.Service<CurrentArchive, { archive: Archive["Service"] | undefined }>()(
  "katcp/Serve/CurrentArchive"
) {
  /** No archive yet. */
  static readonly layer: Layer.Layer<CurrentArchive> = Layer.sync(CurrentArchive, () => ({ archive: undefined }))
}

/** The runner of this process, for parts that work differently in a fleet; `undefined` outside a fleet. */
export class CurrentRunner extends Context.Service<
  CurrentRunner,
  {
    runner: RunnerShape | undefined
    /** The devices of all runners. */
    view: SiteShape | undefined
  }
>()("katcp/Serve/CurrentRunner") {
  /** No runner yet. */
  static readonly layer: Layer.Layer<CurrentRunner> = Layer.sync(CurrentRunner, () => ({
    runner: undefined,
    view: undefined
  }))
}

/** The interval at which a runner checks that its task is still its own. Not measured: that of its heartbeats. */
const holdsEvery = "2 seconds"

/** The archive's part in a fleet: each runner writes for its devices, and one of them summarizes and drops. */
const archiveFleet = (runner: RunnerShape): Effect.Effect<ArchiveFleet, never, Scope.Scope> =>
  Effect.gen(function* () {
    let holds: Effect.Effect<boolean> = Effect.succeed(false)
    yield* runner.offer({
      name: "archive",
      run: (task) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            holds = Effect.orElseSucceed(task.holds, () => false)
          }),
          () => Effect.never,
          () =>
            Effect.sync(() => {
              holds = Effect.succeed(false)
            })
        )
    })
    return {
      epochOf: runner.epochOf,
      holds: (device) => runner.held().has(device),
      tends: Effect.suspend(() => holds)
    }
  })

/** Keeps history, and reports in `/healthz` if it cannot. */
const archivePart: Part = {
  key: "archive",
  site: "own",
  layer: ({ archive }) => {
    const spill = spillOf(archive!)
    const writing = Effect.gen(function* () {
      const { runner } = yield* CurrentRunner
      const fleet = runner === undefined ? undefined : yield* archiveFleet(runner)
      return layerArchive({ ...optionsOf(archive!), fleet }).pipe(
        Layer.provide(
          layerStore(archive!.store, {
            quiet: true,
            waits: spill !== undefined,
            fleet: runner !== undefined && isPostgres(archive!.store)
          })
        )
      )
    })
    return Layer.effectDiscard(
      Effect.gen(function* () {
        const own = yield* Archive
        const { writer } = own
        const current = yield* CurrentArchive
        current.archive = own
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            if (current.archive === own) current.archive = undefined
          })
        )
        const { add } = yield* Health
        yield* add(
          "archive",
          Effect.map(writer, (details): PartHealth => {
            if (details === undefined || details.ok) return { status: "ok", details }
            return { status: "failing", reason: details.error, details }
          })
        )
      })
    ).pipe(
      Layer.provide(Layer.unwrap(writing)),
      Layer.provide(spill === undefined ? Layer.empty : layerSpill(spill.folder, spill))
    )
  }
}

/** Serves the site, and its dashboard, on the listener of the section `http`. */
const gatewayPart: Part = {
  key: "gateway",
  site: "fleet",
  layer: ({ gateway }) =>
    Layer.unwrap(
      Effect.map(CurrentArchive, (current) =>
        Gateway.layer({
          ...Gateway.optionsOf(gateway!),
          page: pageFiles(),
          history: Effect.sync(() => current.archive)
        })
      )
    )
}

/**
 * Exports sensors. In a fleet each runner serves its own devices to Prometheus and writes them to its own files.
 * Pushing over the network is the task of one runner at a time, for the devices of all.
 */
const exportPart: Part = {
  key: "export",
  site: "own",
  layer: (file) =>
    Layer.unwrap(
      Effect.gen(function* () {
        const { runner, view } = yield* CurrentRunner
        const { influx, ndjson, otlp, prometheus } = file.export!
        if (runner === undefined || view === undefined) return layerExport(file.export!)
        if (influx === undefined && otlp === undefined) return layerExport({ prometheus, ndjson })
        const context = yield* Effect.context<Http | Health>()
        const pushed = layerExport({ influx, otlp }).pipe(
          Layer.provide(Layer.succeed(Site, view)),
          Layer.provide(Layer.succeedContext(context))
        )
        const task = runner.offer({
          name: "export",
          run: ({ epoch, holds }) =>
            Effect.gen(function* () {
              yield* Layer.build(pushed)
              // a runner that was frozen stops as soon as it notices that another one pushes
              while (yield* Effect.orElseSucceed(holds, () => true)) yield* Effect.sleep(holdsEvery)
              yield* Effect.logWarning(`fleet: another runner exports by now; the epoch of this one is ${epoch}`)
            }).pipe(
              Effect.scoped,
              Effect.catchCause((cause) => Effect.logError("fleet: export ended", cause))
            )
        })
        return Layer.merge(layerExport({ prometheus, ndjson }), Layer.effectDiscard(task))
      })
    )
}

/** The parts, in the order in which they start. */
export const parts: ReadonlyArray<Part> = [
  {
    key: "proxy",
    site: "fleet",
    layer: ({ proxy }) => {
      const { host, port } = placeToListen(proxy!.listen)!
      const isOpen = proxy!.access === undefined && !isLoopback(host)
      const told = Effect.flatMap(Server, ({ address }) => {
        const at = NetAddress.isInetAddress(address) ? NetAddress.formatInet(address) : host
        return Effect.andThen(
          Effect.logInfo(`proxy: listening on ${at}`),
          isOpen
            ? Effect.logWarning(
                `proxy: insecure: anyone who reaches ${at} has the role control; change this with access rules`
              )
            : Effect.void
        )
      })
      return Layer.effectDiscard(told).pipe(
        Layer.provide(Proxy.layer(Proxy.optionsOf(proxy!))),
        Layer.provide(NodeServer.tcp({ host, port }))
      )
    }
  },
  archivePart,
  exportPart,
  gatewayPart
]
