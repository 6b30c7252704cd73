/**
 * What clients dial, on Node.
 *
 * @since 0.1.0
 */
import * as Net from "node:net"
import type * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { dial } from "./dial.ts"

/**
 * What to dial.
 *
 * @category models
 * @since 0.1.0
 */
export interface TcpOptions {
  /** The host name or address. Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** The port. */
  readonly port: number
  /** How long connecting may take. Default 5 seconds. */
  readonly openTimeout?: Duration.Input | undefined
}

/**
 * Dials TCP, whenever a client connects. Nagle's algorithm is off, since a message is not to wait for the next.
 *
 * @category layers
 * @since 0.1.0
 */
export const tcp = (options: TcpOptions): Layer.Layer<Socket.Socket> =>
  Layer.sync(Socket.Socket, () =>
    dial(
      () => Net.connect({ host: options.host ?? "127.0.0.1", port: options.port, noDelay: true, allowHalfOpen: true }),
      "connect",
      options.openTimeout ?? "5 seconds"
    )
  )
