import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Figures, Site } from "../Site/index.ts"
import { Archive } from "./Archive.ts"
import { make } from "./answers/make.ts"
import type { QueryRefused, StoreFailed } from "./errors.ts"
import { keptOf } from "./model/Keep.ts"
import type { QueryLimits } from "./queries.ts"
import { Store } from "./Store.ts"
import { matcherOf } from "./select.ts"
import { figuresOf } from "./writer/figures.ts"
import type { ArchiveOptions } from "./writer/options.ts"
import { write } from "./writer/write.ts"

/**
 * Answers queries from a store, and writes nothing.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerQueries = (limits: QueryLimits = {}): Layer.Layer<Archive, never, Store> =>
  Layer.effect(
    Archive,
    Effect.map(Store, (store) => Archive.of(make(store, limits)))
  )

/**
 * Records every reading of a site's sensors in a store, and answers queries about them. It needs a site, and a store:
 * `ArchiveNode.layerSqlite`, `ArchiveNode.layerPostgres`. Fails with `StoreFailed` if the store cannot be read at the
 * start. Later failures are retried, while readings wait in memory (`buffer`), then in a spill if one is provided
 * (`ArchiveNode.layerSpill`). If `Figures` are provided, it adds its own: `archive.ok`, `archive.lost`, ….
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Archive from "katcp/Archive"
 * import * as ArchiveNode from "katcp/Archive/node"
 * import { NodeClient } from "katcp/Node"
 * import { Site } from "katcp/Site"
 *
 * const site = Site.layer({ devices: { m000: NodeClient.tcp({ host: "10.0.0.1", port: 7147 }) } })
 * export const archive = Archive.layer({ keep: { raw: "7 days", minute: "1000 days" } }).pipe(
 *   Layer.provide(ArchiveNode.layerSqlite("site.db")),
 *   Layer.provide(site)
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: ArchiveOptions = {}): Layer.Layer<Archive, QueryRefused | StoreFailed, Site | Store> =>
  Layer.effect(
    Archive,
    Effect.gen(function* () {
      const { sensors = "*" } = options
      const wanted = yield* Effect.fromResult(matcherOf(typeof sensors === "string" ? [sensors] : sensors))
      const store = yield* Store
      keptOf(options.keep ?? {})
      const health = yield* write(yield* Site, store, options, wanted)
      const figures = yield* Effect.serviceOption(Figures)
      if (figures._tag === "Some") yield* figures.value.add(figuresOf(health))
      return Archive.of({ ...make(store, options.limits ?? {}), writer: Effect.sync(health) })
    })
  )
