import * as Http from "node:http"
import * as Https from "node:https"
import type * as Net from "node:net"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import type * as NodeWS from "@effect/platform-node/NodeWS"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { Recurrences } from "../Interface/index.ts"
import { Peer, PeerCertificate } from "../Server/index.ts"
import { watchAcceptance } from "./acceptance.ts"
import { addressOf } from "./addressOf.ts"
import { type Admission, refusalOf } from "./admission.ts"
import { bounded, closeTimeout, subProtocol } from "./boundedWebSocket.ts"
import { certificateOf } from "./certificateOf.ts"
import { watchHandshakes } from "./handshakes.ts"
import { keepAlive } from "./keepAlive.ts"
import { bind, refused } from "./listen.ts"

/** A `SocketServer` on an HTTP server, over TLS if there are options for it, until the scope closes. */
export const listenWebSocket = Effect.fnUntraced(function* (options: {
  readonly listen: Net.ListenOptions
  readonly path: string | undefined
  readonly admission: Admission
  readonly maxFrame: number
  /** The timeout of the HTTP request that opens a WebSocket, in milliseconds. */
  readonly handshakeTimeout: number
  readonly tls: (() => Https.ServerOptions) | undefined
  /** Runs when the server has been created. */
  readonly created: (server: Https.Server) => Effect.Effect<void, never, Scope.Scope>
}) {
  const { handshakeTimeout, tls } = options
  const timeouts = {
    headersTimeout: handshakeTimeout,
    requestTimeout: handshakeTimeout,
    keepAliveTimeout: 1000,
    connectionsCheckingInterval: Math.min(1000, handshakeTimeout)
  }
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const answer: Http.RequestListener = (_, response) => {
    response.writeHead(426, { connection: "close", upgrade: "websocket", "content-type": "text/plain" })
    response.end("This is a KATCP device: connect with WebSocket.\n")
  }
  const server = yield* Effect.try({
    try: (): Http.Server | Https.Server =>
      tls === undefined ? Http.createServer(timeouts, answer) : Https.createServer({ ...timeouts, ...tls() }, answer),
    catch: (cause) => refused(cause)
  })
  const abandonHandshakes = tls === undefined ? undefined : watchHandshakes(server, runFork)
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      abandonHandshakes?.()
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  if (server instanceof Https.Server) yield* options.created(server)
  const clock = yield* Clock.Clock
  const refusals = new Recurrences()
  const verifyClient: NodeWS.VerifyClientCallbackAsync = ({ req }, decide) => {
    const refusal = refusalOf(options.admission, req)
    const { remoteAddress = "a client" } = req.socket
    if (refusal !== undefined) {
      const suffix = refusals.note(`${remoteAddress} ${refusal}`, Number(clock.monotonicTimeNanosUnsafe()) / 1e6)
      if (suffix !== undefined)
        runFork(Effect.logWarning(`refusing a WebSocket from ${remoteAddress}: ${refusal}${suffix}`))
    }
    decide(refusal === undefined, 403, refusal)
  }
  const webSocketOptions = {
    server,
    verifyClient,
    maxPayload: options.maxFrame,
    closeTimeout,
    handleProtocols: (offered: Set<string>) => (offered.has(subProtocol) ? subProtocol : false),
    ...(options.path === undefined ? {} : { path: options.path })
  } satisfies NodeWS.ServerOptions & { readonly closeTimeout: number }
  // it waits for the server to listen, and must start before the server does
  const opening = yield* Effect.forkChild(NodeSocketServer.makeWebSocket(webSocketOptions), {
    startImmediately: true
  })
  yield* bind(server, options.listen)
  server.removeAllListeners("error")
  yield* watchAcceptance(server)
  const { address, run } = yield* Fiber.join(opening)

  return SocketServer.SocketServer.of({
    address,
    run: (handler) =>
      run((socket) =>
        Effect.contextWith((context: Context.Context<never>) => {
          const webSocket = Context.getUnsafe(context, Socket.WebSocket) as unknown as NodeWS.WebSocket
          const { socket: under } = Context.getUnsafe(context, NodeSocketServer.IncomingMessage)
          keepAlive(under)
          webSocket.once("error", () => cutOff(under, options.maxFrame))
          return handler(bounded(socket, () => webSocket)).pipe(
            Effect.provideService(NodeSocket.NetSocket, under),
            Effect.provideService(Peer, addressOf(under.remoteAddress, under.remotePort)),
            Effect.provideService(PeerCertificate, certificateOf(under))
          )
        })
      )
  })
})

/**
 * Ends a connection that continues to send after its WebSocket was closed, for example because of a message that is too
 * long. Its input is still read, because a peer that stops must receive the reason.
 */
const cutOff = (socket: Net.Socket, most: number): void => {
  let left = most
  socket.on("data", (chunk: Uint8Array) => {
    left -= chunk.length
    if (left < 0) socket.destroy()
  })
}
