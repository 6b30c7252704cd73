import type * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import { NodeClient } from "../../Node/index.ts"
import type { DeviceAddress } from "../DeviceAddress.ts"

/**
 * The trusted authorities and the own certificate of a client over TLS, for `katcps://` and `wss://`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Credentials extends NodeClient.ClientCredentials {
  /** The name in the certificate of the device. Default: the host of the address. */
  readonly serverName?: string | undefined
}

/**
 * Dials a device at an address of any form, each time a client connects.
 *
 * @example
 * ```ts
 * import { Effect, Layer, Result } from "effect"
 * import { Client } from "katcp"
 * import { DeviceAddress } from "katcp/Site"
 * import { dial } from "katcp/Site/node"
 *
 * const address = Result.getOrThrow(DeviceAddress.parse("unix:/run/dish-7.sock"))
 * export const dish = Client.make().pipe(Effect.provide(dial(address)))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const dial = (address: DeviceAddress, credentials: Credentials = {}): Layer.Layer<Socket.Socket> => {
  const { serverName, ...shown } = credentials
  switch (address._tag) {
    case "Unix":
      return NodeClient.unix({ path: address.path })
    case "Tcp": {
      const { host, port, secure } = address
      return secure ? NodeClient.tls({ ...shown, host, port, servername: serverName }) : NodeClient.tcp({ host, port })
    }
    case "WebSocket":
      return NodeClient.webSocket(address.url, address.secure ? { ...shown, servername: serverName } : {})
  }
}
