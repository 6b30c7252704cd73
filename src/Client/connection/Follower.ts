import type * as Effect from "effect/Effect"
import type { Connection } from "./Connection.ts"

/** A part of a client that acts when a connection is made or lost. Its methods do not throw. */
export interface Follower {
  /**
   * Called before anything else uses the connection, when its protocol is known. Sends queries at once, so those of all
   * followers go out in one write. The connection is usable when the effects of all followers end.
   */
  readonly prepare: (connection: Connection) => Effect.Effect<void>
  /** Called when requests can be made. */
  readonly connected: (connection: Connection) => void
  /** Called when the connection of {@link connected} is over, before its open requests fail. */
  readonly lost: () => void
}
