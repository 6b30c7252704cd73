import type * as Effect from "effect/Effect"
import type { ConnectedClient } from "../../Interface/index.ts"
import type { Message } from "../../Message/index.ts"
import type { Refusal } from "./Guard.ts"

/**
 * Stands around everything that is done with a message of a client, of whatever kind. `next` is what would be done
 * without it: a request is refused by the guard, or handled and replied to, `next` being done when the reply is out; of
 * an unexpected reply the client is told; an inform is ignored. The message may be kept.
 *
 * A request that is not replied to when the effect is done is answered with `fail`. An effect that fails answers a
 * request with its error; of a reply or inform the client is told by `#log error`. What it does to a message is bounded
 * and interrupted like a request's handler. Lines that are no messages do not come here.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { RequestFailed, type Server } from "katcp"
 *
 * // takes the informs that a partner sends, and tells clients nothing of what went wrong inside
 * export const onMessage: Server.OnMessage = (client, message, next) =>
 *   message.kind === "inform"
 *     ? Effect.log(`${client.address} says ${message}`)
 *     : Effect.catchDefect(next, (defect) =>
 *         Effect.andThen(Effect.logError(defect), Effect.fail(new RequestFailed({ message: "internal error" })))
 *       )
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export type OnMessage = (
  client: ConnectedClient,
  message: Message,
  next: Effect.Effect<void, Refusal>
) => Effect.Effect<void, Refusal>
