import type * as Effect from "effect/Effect"
import type { ConnectedClient } from "../../Interface/index.ts"
import type { Message, RequestFailed, RequestInvalid } from "../../Message/index.ts"

/**
 * The error of a refused request.
 *
 * @category models
 * @since 0.1.0
 */
export type Refusal = RequestFailed | RequestInvalid

/**
 * Decides which requests a client may make. Returns nothing to allow a request, or a `RequestFailed` or
 * `RequestInvalid` to refuse it, or an effect that returns or fails with one of these. It is called for every request
 * that would be answered, including the standard ones (`halt`, `log-level`, `sensor-sampling`, …), before its arguments
 * are decoded. The request may be kept. If the guard throws or dies, the request is refused.
 *
 * While an effect of the guard waits, later requests of the same client are served, unless the request is serial.
 *
 * @example
 * ```ts
 * import { RequestFailed, type Server } from "katcp"
 *
 * // who comes by the network may look, but not touch
 * const harmless = new Set(["help", "sensor-list", "sensor-value", "sensor-sampling", "watchdog", "version-list"])
 * export const guard: Server.Guard = (client, request) =>
 *   client.listener._tag === "UnixPathAddress" || harmless.has(request.name)
 *     ? undefined
 *     : new RequestFailed({ message: `?${request.name} is for operators.` })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export type Guard = (
  client: ConnectedClient,
  request: Message
) => Refusal | void | Effect.Effect<Refusal | void, Refusal>
