/**
 * Where servers listen, on Node.
 *
 * @since 0.1.0
 */
import * as Net from "node:net"
import * as Layer from "effect/Layer"
import * as SocketServer from "effect/socket/SocketServer"
import { listen } from "./listen.ts"

/**
 * Where to listen.
 *
 * @category models
 * @since 0.1.0
 */
export interface TcpOptions {
  /** The host name or address; all addresses of the machine by default. */
  readonly host?: string | undefined
  /** The port; 0 takes a free one. */
  readonly port: number
  /** How many connections may wait to be accepted. Default 511. */
  readonly backlog?: number | undefined
}

/**
 * Listens on TCP. Nagle's algorithm is off, since a message is not to wait for the next; a client may close its end
 * and still get the answers to what it asked. Fails with `SocketServerError` where it cannot listen there.
 *
 * @category layers
 * @since 0.1.0
 */
export const tcp = (options: TcpOptions): Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError> =>
  Layer.effect(
    SocketServer.SocketServer,
    listen(
      () => Net.createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: false }),
      {
        port: options.port,
        ...(options.host === undefined ? {} : { host: options.host }),
        ...(options.backlog === undefined ? {} : { backlog: options.backlog })
      },
      "connection"
    )
  )
