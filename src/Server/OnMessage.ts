import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { ConnectedClient } from "../Interface/index.ts"
import { errorText, type Message } from "../Message/index.ts"
import type { Refusal } from "./Guard.ts"
import { type Entry, handled, unknown } from "./RequestTable.ts"
import type { Session } from "./Session.ts"

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

/** What a client is told of a reply: a device sends no requests (Rev 5.1 §2). */
export const unexpected = (name: string): string => `Unexpected reply !${name}: this device has sent no request`

/** The entry inside the hook. */
export const hooked = (entry: Entry, onMessage: OnMessage): Entry => ({
  ...entry,
  handle: (message, job) => {
    const own = message.own()
    return Effect.map(onMessage(job.session, own, handled(entry, own, job)), () =>
      job.refuse("fail", `?${entry.name} was not let through.`)
    )
  }
})

/** What stands for a reply or inform, so that the hook gets it; nothing is replied. */
export const unasked =
  (onMessage: OnMessage) =>
  ({ name }: Message): Entry => ({
    name,
    request: unknown(name),
    holds: "never",
    encode: () => [],
    count: 0,
    handle: (message, job) => {
      const { session } = job
      job.replied = true
      const own = message.own()
      const usual = own.kind === "reply" ? Effect.sync(() => session.complain(unexpected(name))) : Effect.void
      return Effect.catchCause(
        Effect.suspend(() => onMessage(session, own, usual)),
        (cause) => (Cause.hasInterruptsOnly(cause) ? Effect.void : failed(session, own, cause))
      )
    }
  })

const failed = (session: Session, message: Message, cause: Cause.Cause<Refusal>): Effect.Effect<void> =>
  Effect.sync(() => {
    const sigil = message.kind === "reply" ? "!" : "#"
    session.complain(`${sigil}${message.name}: ${errorText(Cause.squash(cause), "the device has a defect")}`)
    if (cause.reasons.some(Cause.isDieReason))
      session.hub.report(
        "Error",
        "onMessage",
        `onMessage has failed for ${sigil}${message.name} of ${session.address}`,
        cause
      )
  })
