import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { errorText, type Message } from "../../Message/index.ts"
import { type Entry, handled, unknown } from "./Entry.ts"
import type { Refusal } from "./Guard.ts"
import type { OnMessage } from "./OnMessage.ts"
import type { Caller } from "./RequestInFlight.ts"

/** Returns the complaint about a reply: a device does not send requests (Rev 5.1 §2). */
export const unexpected = (name: string): string => `Unexpected reply !${name}: this device does not send requests`

/** Wraps an entry with the hook. */
export const hooked = (entry: Entry, onMessage: OnMessage): Entry => ({
  ...entry,
  handle: (message, inFlight) => {
    const own = message.own()
    return Effect.map(onMessage(inFlight.client, own, handled(entry, own, inFlight)), () =>
      inFlight.refuse("fail", `?${entry.name} was blocked by onMessage.`)
    )
  }
})

/** Returns the entry that passes a reply or inform to the hook, without an answer. */
export const unsolicited =
  (onMessage: OnMessage) =>
  ({ name }: Message): Entry => ({
    name,
    request: unknown(name),
    holds: "never",
    encode: () => [],
    count: 0,
    handle: (message, inFlight) => {
      const { client } = inFlight
      inFlight.replied = true
      const own = message.own()
      const usual = own.kind === "reply" ? Effect.sync(() => client.complain(unexpected(name))) : Effect.void
      return Effect.catchCause(
        Effect.suspend(() => onMessage(client, own, usual)),
        (cause) => (Cause.hasInterruptsOnly(cause) ? Effect.void : failed(client, own, cause))
      )
    }
  })

const failed = (client: Caller, message: Message, cause: Cause.Cause<Refusal>): Effect.Effect<void> =>
  Effect.sync(() => {
    const sigil = message.kind === "reply" ? "!" : "#"
    client.complain(`${sigil}${message.name}: ${errorText(Cause.squash(cause), "the device has a defect")}`)
    if (cause.reasons.some(Cause.isDieReason))
      client.runtime.report(
        "Error",
        "onMessage",
        `onMessage has failed for ${sigil}${message.name} of ${client.address}`,
        cause
      )
  })
