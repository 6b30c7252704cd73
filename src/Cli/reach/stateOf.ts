/** The state of a connection in words. */
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Client from "../../Client/index.ts"
import { explain } from "../Failure.ts"

/** Returns why a device sends no readings now; empty if everything is there. */
export const stateOf = (
  client: Pick<Client.Client<never, never>, "state">,
  host: string,
  /** Returns the reason for a connected device. */
  reason: () => string | undefined
): string => {
  const state = SubscriptionRef.getUnsafe(client.state)
  if (!Client.isConnected(state)) return textOf(host, state)
  return reason() ?? (state._tag === "Synced" ? "" : textOf(host, state))
}

const textOf = (host: string, state: Client.ClientState): string => {
  switch (state._tag) {
    case "Sleeping":
      return `${explain(host, state.reason).message}; reconnecting in ${(state.delay / 1000).toFixed(1)} s`
    case "Disconnected":
    case "Closed":
      return explain(host, state.reason).message
    default:
      return `${state._tag.toLowerCase()}…`
  }
}
