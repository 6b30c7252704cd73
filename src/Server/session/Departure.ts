import type * as Effect from "effect/Effect"
import type { ConnectedClient } from "../../Interface/index.ts"

/**
 * The way in which a client disconnected, and the reason.
 *
 * @category models
 * @since 0.1.0
 */
export interface Departure {
  /**
   * `dismissed`: the server ended it with `#disconnect`. `closed`: the client closed the connection in order. `lost`:
   * the connection broke. `overrun`: the client did not read, and its backlog exceeded `maxBacklog`, or it took nothing
   * for `stallTimeout`.
   */
  readonly how: "dismissed" | "closed" | "lost" | "overrun"
  /** The reason, for people; for a dismissed client the text of `#disconnect`. */
  readonly reason: string
  /**
   * `true` if informs can still be sent to the client, before `#disconnect`. A client that has closed its own end may
   * or may not read them.
   */
  readonly reachable: boolean
}

/**
 * Runs once for each accepted client after it has disconnected: it is no longer listed, its requests are interrupted,
 * and its strategies are cleared.
 *
 * @category models
 * @since 0.1.0
 */
export type OnDisconnect = (client: ConnectedClient, departure: Departure) => Effect.Effect<void>

/** The end of a connection and its reason, as far as the connection itself knows. */
export type Ended = Pick<Departure, "how" | "reason">
