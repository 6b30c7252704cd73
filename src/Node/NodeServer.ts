/**
 * Where servers listen, on Node.
 *
 * @since 0.1.0
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import * as SocketServer from "effect/socket/SocketServer"
import { Peer } from "../Server/index.ts"

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
 * and still get the answers to what it asked.
 *
 * @category layers
 * @since 0.1.0
 */
export const tcp = (options: TcpOptions): Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError> =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.map(
      NodeSocketServer.make({
        port: options.port,
        ...(options.host === undefined ? {} : { host: options.host }),
        ...(options.backlog === undefined ? {} : { backlog: options.backlog }),
        noDelay: true,
        allowHalfOpen: true
      }),
      withPeer
    )
  )

/** Tells each connection's handler the address of its client. */
const withPeer = (server: SocketServer.SocketServer["Service"]): SocketServer.SocketServer["Service"] =>
  SocketServer.SocketServer.of({
    address: server.address,
    run: (handler) =>
      server.run((socket) =>
        Effect.withFiber((fiber) => Effect.provideService(handler(socket), Peer, peerOf(fiber.context)))
      )
  })

const peerOf = (context: Context.Context<never>): NetAddress.SocketAddress | undefined => {
  const { remoteAddress, remotePort } = Context.getOrUndefined(context, NodeSocket.NetSocket) ?? {}
  // an IPv6 zone is of no use to others
  const address = remoteAddress?.replace(/%.*$/, "")
  return address === undefined || remotePort === undefined
    ? undefined
    : Result.getOrUndefined(NetAddress.inetAddressFromIpString(address, remotePort))
}
