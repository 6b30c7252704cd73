import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { ConnectedClient } from "../Interface/index.ts"
import type { Hub } from "./Hub.ts"
import type { Session } from "./Session.ts"

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
  /** Why, for people; of a dismissed client what `#disconnect` tells it. */
  readonly reason: string
  /**
   * Whether the client can still be told something: `inform` then sends it, before `#disconnect`. A client that has
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

/** What a client knows about its going by itself. */
export type Going = Pick<Departure, "how" | "reason">

/** How long the connection waits for the hook, in milliseconds. */
const patience = 1000

/** Runs the hook, for a second at the most. What it tells the client goes out behind all else, before `#disconnect`. */
export const farewell = Effect.fnUntraced(function* (client: Session, onDisconnect: OnDisconnect) {
  const { hub } = client
  const { how, reason } = client.going ?? { how: "lost", reason: "The connection was ended." }
  client.parting = client.reads
  const departure: Departure = { how, reason, reachable: client.parting }
  const fiber = hub.runOwn(Effect.suspend(() => onDisconnect(client, departure)))
  const exit = fiber.pollUnsafe() ?? (yield* Effect.timeoutOrElse(Fiber.await(fiber), late(hub, client, fiber)))
  client.parting = false
  if (how === "dismissed") client.sayGoodbye(reason)
  if (Exit.isFailure(exit))
    hub.report("Error", "onDisconnect", `onDisconnect has failed for ${client.address}`, exit.cause)
})

const late = (hub: Hub, client: Session, fiber: Fiber.Fiber<void>) => ({
  duration: patience,
  orElse: () => {
    fiber.interruptUnsafe()
    // what cannot be interrupted is waited for by the server
    if (fiber.pollUnsafe() === undefined) Fiber.runIn(fiber, hub.strays)
    return Effect.as(
      Effect.logWarning(`onDisconnect of ${client.address} took longer than ${patience} ms`),
      Exit.void as Exit.Exit<void>
    )
  }
})
