import type * as Effect from "effect/Effect"
import type { Connection } from "./Connection.ts"

/** A part of a client that acts when a connection is made or lost. Its methods do not throw. */
export interface Follower {
  /**
   * Called before anything else uses the connection. The connection is usable when the effect ends, even if it fails.
   */
  readonly prepare: (connection: Connection) => Effect.Effect<void>
  /** Called when requests can be made. */
  readonly connected: (connection: Connection) => void
  /** Called when the connection of {@link connected} is over, before its open requests fail. */
  readonly lost: () => void
}
