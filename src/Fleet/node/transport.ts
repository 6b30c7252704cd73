/** Connections between runners. */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { NodeClient, NodeServer } from "../../Node/index.ts"
import { placeToListen } from "../../Site/index.ts"
import { dialsWith, listensWith } from "./handshake.ts"
import { Refusals } from "./Refusals.ts"

/**
 * The proof of identity and the protection of connections between runners.
 *
 * @category models
 * @since 0.1.0
 */
export interface Trust {
  /** The token that all runners of a fleet share; `undefined`: no token is required. */
  readonly token?: string | undefined
  /** Certificates, for TLS with certificates on both ends; `undefined`: no TLS. */
  readonly tls?:
    | {
        /** The authority that signed the certificates of all runners, in PEM. */
        readonly ca: string
        /** The certificate of this runner, in PEM. */
        readonly cert: string
        /** The key of the certificate, in PEM. */
        readonly key: string
        /** The name in the certificates of the other runners. Default: the dialled host. */
        readonly serverName?: string | undefined
      }
    | undefined
}

/**
 * Dials the port of another runner.
 *
 * @category layers
 * @since 0.1.0
 */
export const dialRunner = (place: string, { tls, token }: Trust): Layer.Layer<Socket.Socket> => {
  const { host, port } = placeToListen(place) ?? { host: "127.0.0.1", port: 0 }
  const { serverName, ...credentials } = tls ?? {}
  const dialled =
    tls === undefined
      ? NodeClient.tcp({ host, port, openTimeout: "2 seconds" })
      : NodeClient.tls({ host, port, openTimeout: "2 seconds", ...credentials, servername: serverName })
  return token === undefined
    ? dialled
    : Layer.effect(
        Socket.Socket,
        Effect.map(Socket.Socket, (socket) => dialsWith(socket, token))
      ).pipe(Layer.provide(dialled))
}

/**
 * Listens for other runners. A client without the token is disconnected before any of its data is read. `refusals` counts
 * and logs such clients, and those without a valid certificate.
 *
 * @category layers
 * @since 0.1.0
 */
export const listenForRunners = (
  place: { readonly host: string; readonly port: number },
  { tls, token }: Trust,
  refusals: Refusals = new Refusals()
): Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError> => {
  const port = `${place.host}:${place.port}`
  const listening =
    tls === undefined
      ? NodeServer.tcp(place)
      : NodeServer.tls({
          ...place,
          ca: tls.ca,
          cert: tls.cert,
          key: tls.key,
          requestCert: true,
          onHandshakeFailed: (address, cause: Error & { readonly code?: string; readonly reason?: string }) =>
            // the other end has closed it, as somebody does who looks if the port is open
            cause.code === "ECONNRESET"
              ? Effect.void
              : refusals.add(address, port, `TLS: ${cause.reason ?? cause.message}. Compare fleet.tls`)
        })
  if (token === undefined) return listening
  return Layer.effect(
    SocketServer.SocketServer,
    Effect.map(SocketServer.SocketServer, (server) =>
      SocketServer.SocketServer.of({
        ...server,
        run: (handler) =>
          server.run((socket) =>
            Effect.gen(function* () {
              const peer = Option.getOrUndefined(yield* Effect.serviceOption(NodeSocket.NetSocket))
              // read now: a connection that was closed has none
              const address = peer?.remoteAddress
              let isAccepted = false
              const proven = listensWith(socket, token, {
                accepted: () => {
                  isAccepted = true
                },
                refused: (why) => refusals.add(address, port, why)
              })
              // without a proof there is nothing that the handler could report
              yield* Effect.catchCause(handler(proven), (cause) => (isAccepted ? Effect.failCause(cause) : Effect.void))
            })
          )
      })
    )
  ).pipe(Layer.provide(listening))
}
