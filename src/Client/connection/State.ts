/**
 * The states of a client and what moves it from one to the next: plain data and a pure function.
 */
import { Disconnected, KatcpError, type Protocol } from "../../Message/index.ts"

/**
 * Where a client is.
 *
 * - `Connecting`: it dials, for the `attempt`-th time since it was last connected;
 * - `Negotiating`: the connection is there, the device has not said what it speaks;
 * - `Connected`: requests can be made;
 * - `Syncing`: what is wanted of the device's interface and sensors is being asked for, or asked for again; `dataSynced` says
 *   whether all is known of the interface that is wanted, and only subscriptions are open;
 * - `Synced`: all that is wanted is known and subscribed;
 * - `Disconnected`: there is no connection, for that reason;
 * - `Sleeping`: it waits for so many milliseconds before it dials again;
 * - `Closed`: it was closed, or gives up; it will not connect again.
 *
 * @category models
 * @since 0.1.0
 */
export type ClientState =
  | { readonly _tag: "Connecting"; readonly attempt: number }
  | { readonly _tag: "Negotiating" }
  | { readonly _tag: "Connected"; readonly protocol: Protocol }
  | { readonly _tag: "Syncing"; readonly protocol: Protocol; readonly dataSynced: boolean }
  | { readonly _tag: "Synced"; readonly protocol: Protocol }
  | { readonly _tag: "Disconnected"; readonly reason: KatcpError }
  | { readonly _tag: "Sleeping"; readonly reason: KatcpError; readonly delay: number }
  | { readonly _tag: "Closed"; readonly reason: KatcpError }

/**
 * What happens to a client. A `ConnectFailed` ends an attempt to connect, a `Disconnected` a connection that was there. A
 * `SyncFailed` says why the device could not be looked at; it is tried again after so many milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export type ClientEvent =
  | { readonly _tag: "Connecting"; readonly attempt: number }
  | { readonly _tag: "Opened" }
  | { readonly _tag: "Connected"; readonly protocol: Protocol }
  | { readonly _tag: "Syncing"; readonly dataSynced: boolean }
  | { readonly _tag: "Synced" }
  | { readonly _tag: "SyncFailed"; readonly reason: KatcpError; readonly delay: number }
  | { readonly _tag: "ConnectFailed"; readonly reason: KatcpError; readonly attempt: number }
  | { readonly _tag: "Disconnected"; readonly reason: KatcpError }
  | { readonly _tag: "Sleeping"; readonly delay: number }
  | { readonly _tag: "Closed"; readonly reason: KatcpError }

/**
 * Whether requests can be made: `Connected`, `Syncing` or `Synced`.
 *
 * @category guards
 * @since 0.1.0
 */
export const isConnected = (
  state: ClientState
): state is Extract<ClientState, { readonly _tag: "Connected" | "Syncing" | "Synced" }> =>
  state._tag === "Connected" || state._tag === "Syncing" || state._tag === "Synced"

/**
 * Returns `true` if all is known that is wanted of the device's interface: `Synced`, or `Syncing` with only subscriptions
 * open.
 *
 * @category guards
 * @since 0.1.0
 */
export const isDataSynced = (state: ClientState): boolean =>
  state._tag === "Synced" || (state._tag === "Syncing" && state.dataSynced)

/** Where a client begins. */
export const initial = (host: string | undefined): ClientState => ({
  _tag: "Disconnected",
  reason: new KatcpError({
    reason: new Disconnected({ sent: false, detail: "not connected yet" }),
    ...(host === undefined ? {} : { host })
  })
})

/** The state that an event leads to; undefined where it cannot happen there, and changes nothing. */
export const next = (state: ClientState, event: ClientEvent): ClientState | undefined => {
  const { _tag: at } = state
  if (at === "Closed") return undefined
  switch (event._tag) {
    case "Connecting":
      return at === "Disconnected" || at === "Sleeping" ? event : undefined
    case "Opened":
      return at === "Connecting" ? { _tag: "Negotiating" } : undefined
    case "Connected":
      return at === "Negotiating" ? event : undefined
    case "Syncing":
      return at === "Connected" || at === "Synced" || (at === "Syncing" && state.dataSynced !== event.dataSynced)
        ? { _tag: "Syncing", protocol: state.protocol, dataSynced: event.dataSynced }
        : undefined
    case "Synced":
      return at === "Connected" || at === "Syncing" ? { _tag: "Synced", protocol: state.protocol } : undefined
    case "SyncFailed":
      return at === "Syncing" ? state : undefined
    case "ConnectFailed":
      return at === "Connecting" || at === "Negotiating" ? { _tag: "Disconnected", reason: event.reason } : undefined
    case "Disconnected":
      return isConnected(state) ? event : undefined
    case "Sleeping":
      return at === "Disconnected" ? { _tag: "Sleeping", reason: state.reason, delay: event.delay } : undefined
    case "Closed":
      return event
  }
}
