import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Archive } from "../Archive/index.ts"
import type { RunnerShape } from "../Fleet/index.ts"
import { type Figures, type Health, type Http, placeToListen, type Site, type SiteShape } from "../Site/index.ts"
import type { Fault } from "./file/Fault.ts"
import type { Loaded } from "./load.ts"
import type { SectionKey, SiteFile } from "./sections.ts"

/**
 * The services of the parts.
 *
 * @category models
 * @since 0.1.0
 */
export type PartServices = Site | Http | Health | Figures | CurrentArchive | CurrentRunner

/**
 * A site file as parts see it: its name, which paths are relative to, and its data.
 *
 * @category models
 * @since 0.1.0
 */
export type Plan = Pick<Loaded, "file" | "data">

/**
 * A section that runs beside the site. A part starts in two steps: `open` takes what the part needs (a port, a store, a
 * file), and `start` serves or records the site. Steps that can fail belong into `open`, which runs before a device
 * changes, and usually before a former part of the section ends. Both last until their scope closes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Part {
  readonly key: SectionKey
  /** In a fleet: `own`, the devices of this runner; `fleet`, those of all runners. */
  readonly site: "own" | "fleet"
  /**
   * The ports, stores and files that only one part at a time can have. Parts without a common place can run at the same
   * time.
   */
  readonly places: (plan: Plan) => ReadonlyArray<string>
  /**
   * Returns the mistakes of the section that its Schema cannot know: names of other sections, and files. Files are read
   * only if `readsFiles`: a running part follows its files itself.
   */
  readonly faults?: (plan: Plan, readsFiles: boolean) => ReadonlyArray<Fault>
  /** Fails if the part would not open after the former one has ended. `taken` are the places that are in use. */
  readonly rehearse?: (plan: Plan, taken: ReadonlySet<string>) => Effect.Effect<void, unknown, Scope.Scope>
  readonly open: (plan: Plan) => Effect.Effect<OpenPart, unknown, PartServices | Scope.Scope>
}

/**
 * A part that has what it needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenPart {
  readonly start?: Effect.Effect<void, unknown, PartServices | Scope.Scope>
  /** The URL of the part, if it is an HTTP listener. */
  readonly url?: string
  /** Takes the other sections of a changed file into account. */
  readonly update?: (data: SiteFile) => void
}

/** Returns the place of a listener. Addresses of the same port exclude each other: one of them may mean all of them. */
export const portPlaces = (listen: string | number): ReadonlyArray<string> => {
  const port = placeToListen(listen)?.port ?? 0
  return port === 0 ? [] : [`port ${port}`]
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
