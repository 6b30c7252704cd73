import type * as Effect from "effect/Effect"
import type { ConnectedClient } from "../../Interface/index.ts"
import type { Message, RequestFailed, RequestInvalid } from "../../Message/index.ts"

/**
 * What a request is refused with.
 *
 * @category models
 * @since 0.1.0
 */
export type Refusal = RequestFailed | RequestInvalid

/**
 * Decides who may request what: it gives nothing to let a request pass, or a `RequestFailed` or `RequestInvalid` to
 * refuse it, or an effect that does, or fails with, the same. It is asked for every request that would be answered,
 * the standard ones too (`halt`, `log-level`, `sensor-sampling`, …), before its arguments are decoded. The request may
 * be kept. One for which the guard throws or dies is refused.
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
