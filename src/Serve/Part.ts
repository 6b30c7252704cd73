import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Archive } from "../Archive/index.ts"
import type { RunnerShape } from "../Fleet/index.ts"
import type { Health, Http, Site, SiteShape } from "../Site/index.ts"
import type { SectionKey, SiteFile } from "./sections.ts"

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
