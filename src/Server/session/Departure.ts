import type * as Effect from "effect/Effect"
import type { ConnectedClient } from "../../Interface/index.ts"

/**
 * How a client has gone, and why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Departure {
  /**
   * `dismissed`: the server has ended it, with `#disconnect`; `closed`: the client has closed the connection in order;
   * `lost`: the connection broke; `overrun`: the client did not read, and more waited for it than `maxBacklog`, or it
   * took nothing for `stallTimeout`.
   */
  readonly how: "dismissed" | "closed" | "lost" | "overrun"
  /** Why, for people; of a dismissed client the text of `#disconnect`. */
  readonly reason: string
  /**
   * `true` if the client can still be told something: `inform` then sends it, before `#disconnect`. A client that has
   * closed its own end may still read, or not.
   */
  readonly reachable: boolean
}

/**
 * Runs once for each client that was let in, when it has gone: it is off the list, its requests are interrupted, its
 * strategies are cleared.
 *
 * @category models
 * @since 0.1.0
 */
export type OnDisconnect = (client: ConnectedClient, departure: Departure) => Effect.Effect<void>

/** How a connection ends, and why, as far as the connection itself knows. */
export type Ended = Pick<Departure, "how" | "reason">
