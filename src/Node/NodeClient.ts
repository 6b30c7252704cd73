/**
 * What clients dial, on Node.
 *
 * @since 0.1.0
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import type * as Duration from "effect/Duration"
import type * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"

/**
 * Dials TCP, when a client is made from it. Nagle's algorithm is off.
 *
 * @category layers
 * @since 0.1.0
 */
export const tcp = (options: {
  /** The host name or address. Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** The port. */
  readonly port: number
  /** How long connecting may take. Default 5 seconds. */
  readonly openTimeout?: Duration.Input | undefined
}): Layer.Layer<Socket.Socket, Socket.SocketError> =>
  NodeSocket.layerNet({
    host: options.host ?? "127.0.0.1",
    port: options.port,
    noDelay: true,
    openTimeout: options.openTimeout ?? "5 seconds"
  })
