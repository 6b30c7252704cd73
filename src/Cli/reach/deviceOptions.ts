import * as Option from "effect/Option"
import * as Client from "../../Client/index.ts"
import { Protocol } from "../../Message/index.ts"
import type { DeviceOptions } from "../../Site/index.ts"
import type { Host } from "./host.ts"

/** The flags for keeping a connection. */
export interface Keeping {
  readonly alive: Option.Option<number>
  readonly reconnectMax: Option.Option<number>
}

/** Returns a host as a device of a site. */
export const deviceOptions = (host: Host, { alive, reconnectMax }: Keeping): DeviceOptions => ({
  socket: host.dial,
  address: host.where,
  client: {
    deviceLog: false,
    ...Option.match(host.protocol === undefined ? Option.none() : Protocol.parse(host.protocol), {
      onNone: () => ({}),
      onSome: (protocol) => ({ protocol })
    }),
    ...Option.match(alive, {
      onNone: () => ({}),
      onSome: (seconds) => ({ alive: seconds === 0 ? Number.POSITIVE_INFINITY : (`${seconds * 1000} millis` as const) })
    }),
    ...Option.match(reconnectMax, {
      onNone: () => ({}),
      onSome: (seconds) => ({ reconnect: Client.backOff({ longest: `${seconds * 1000} millis` }) })
    })
  }
})
