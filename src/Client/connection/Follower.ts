import type * as Effect from "effect/Effect"
import type { Connection } from "./Connection.ts"

/** A part of a client that acts when a connection is made or lost. None of its methods throws. */
export interface Follower {
  /** Called before anybody else uses the connection. The connection is there for all when the effect ends, however it ends. */
  readonly prepare: (connection: Connection) => Effect.Effect<void>
  /** Called when requests can be made. */
  readonly connected: (connection: Connection) => void
  /** Called when the connection that {@link connected} was called with is over, before its open requests fail. */
  readonly lost: () => void
}
