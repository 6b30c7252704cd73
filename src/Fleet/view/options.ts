import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import type { SiteShape } from "../../Site/index.ts"

/**
 * A runner, as far as the view needs it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ViewRunner {
  readonly name: string
  /** A different one for each start of the runner. */
  readonly epoch: number
  /** The address of its link proxy. */
  readonly link: string
  readonly state: "up" | "draining" | "drained" | "gone"
}

/**
 * The runners and placements, as far as the view needs them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ViewDirectory<R extends ViewRunner> {
  readonly self: string
  readonly runners: () => ReadonlyMap<string, R>
  readonly devices: () => ReadonlyMap<string, { readonly runner: string | undefined; readonly epoch: number }>
  readonly revision: number
  readonly changed: (revision: number) => Effect.Effect<void>
}

/**
 * The parts of a view. See {@link makeView}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ViewOptions<R extends ViewRunner> {
  /** The site of this runner's devices. */
  readonly own: SiteShape
  readonly directory: ViewDirectory<R>
  /** The epoch of each device that this runner holds. */
  readonly held: () => ReadonlyMap<string, number>
  /** Returns the Socket to the link proxy of a runner. */
  readonly dial: (runner: R) => Layer.Layer<Socket.Socket>
}
