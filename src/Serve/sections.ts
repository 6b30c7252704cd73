/**
 * What a site file may have: a line for each section, with the Schema that its room exports.
 *
 * A section that runs as a part of its own has a line in {@link parts}, too: the layer that it is sugar over. The part is
 * built with the site, and built anew when its section has changed.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Schema from "effect/Schema"
import { Archive, ArchiveSection, layer as layerArchive, optionsOf, spillOf } from "../Archive/index.ts"
import { layerSpill, layerStore } from "../Archive/node/index.ts"
import { pageFiles } from "../Dashboard/node/index.ts"
import { ExportSection } from "../Export/index.ts"
import { layerSection as layerExport } from "../Export/node/index.ts"
import { FleetSection } from "../Fleet/index.ts"
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
  type Site
} from "../Site/index.ts"

/** The sections by key. `devices` is needed; others may be left out. */
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
 * The Schema of a site file, as its data is when `${env:NAME}` was replaced.
 *
 * @category models
 * @since 0.1.0
 */
export const SiteFile = Schema.Struct(sections).check(
  Schema.makeFilter(({ gateway, http }: { readonly gateway?: unknown; readonly http?: unknown }) =>
    gateway === undefined || http !== undefined
      ? true
      : { path: ["gateway"], issue: "there is no section http; say where to listen: http: { listen: 8080 }" }
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
 * A section that runs beside the site: the layer that its data stands for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Part {
  readonly key: SectionKey
  /** In a fleet: `own`, the devices of this runner; `fleet`, those of all runners. */
  readonly site: "own" | "fleet"
  readonly layer: (file: SiteFile) => Layer.Layer<never, unknown, Site | Http | Health | CurrentArchive>
}

/** The archive that runs in this process, for parts that ask it for history. */
export class CurrentArchive extends Context.Service<CurrentArchive, { archive: Archive["Service"] | undefined }>()(
  "katcp/Serve/CurrentArchive"
) {
  /** No archive yet. */
  static readonly layer: Layer.Layer<CurrentArchive> = Layer.sync(CurrentArchive, () => ({ archive: undefined }))
}

/** Keeps history, and says in `/healthz` if it cannot. */
const archivePart: Part = {
  key: "archive",
  site: "own",
  layer: ({ archive }) => {
    const spill = spillOf(archive!)
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
      Layer.provide(layerArchive(optionsOf(archive!))),
      Layer.provide(layerStore(archive!.store, { quiet: true, waits: spill !== undefined })),
      Layer.provide(spill === undefined ? Layer.empty : layerSpill(spill.folder, spill))
    )
  }
}

/** Serves the site, and its dashboard, at the listener of the section `http`. */
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
                `proxy: insecure: whoever reaches ${at} has the role control; access rules say otherwise`
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
  { key: "export", site: "own", layer: (file) => layerExport(file.export!) },
  gatewayPart
]
