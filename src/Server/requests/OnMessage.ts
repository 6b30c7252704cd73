import type * as Effect from "effect/Effect"
import type { ConnectedClient } from "../../Interface/index.ts"
import type { Message } from "../../Message/index.ts"
import type { Refusal } from "./Guard.ts"

/**
 * Wraps the handling of a client's message of any kind. `next` is the default handling. A request is refused by the
 * guard, or handled and answered, and `next` completes when the reply is sent. An unexpected reply gives the client a
 * `#log error`. An inform is ignored. The message may be kept.
 *
 * If a request has no reply when the effect completes, it is answered with `fail`. If the effect fails, a request is
 * answered with its error, and for a reply or inform the client gets `#log error`. The effect is bounded and
 * interrupted like a request's handler. Malformed lines are not passed to it.
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
