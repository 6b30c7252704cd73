import * as Http from "node:http"
import * as Https from "node:https"
import type * as Net from "node:net"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import type * as NodeWS from "@effect/platform-node/NodeWS"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { Peer } from "../Server/index.ts"
import { bounded, closeTimeout, subProtocol } from "./boundedWebSocket.ts"
import { watchHandshakes } from "./handshakes.ts"
import { keepAlive } from "./keepAlive.ts"
import { addressOf, bind, refused } from "./listen.ts"

/** Whether a page of this origin may connect: one of the server's own host may, others must be named. */
const admits = (allowed: ReadonlyArray<string>, { headers }: Http.IncomingMessage): boolean => {
  const { host, origin } = headers
  // programs have none
  if (origin === undefined || allowed.includes("*") || allowed.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

/** A `SocketServer` on an HTTP server, over TLS where there are options for it, until the scope closes. */
export const listenWebSocket = Effect.fnUntraced(function* (options: {
  readonly listen: Net.ListenOptions
  readonly path: string | undefined
  readonly origins: ReadonlyArray<string>
  readonly maxFrame: number
  readonly tls: (() => Https.ServerOptions) | undefined
}) {
  const { tls } = options
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const answer: Http.RequestListener = (_, response) => {
    response.writeHead(426, { connection: "close", upgrade: "websocket", "content-type": "text/plain" })
    response.end("This is a KATCP device: connect with WebSocket.\n")
  }
  const server = yield* Effect.try({
    try: (): Http.Server | Https.Server =>
      tls === undefined ? Http.createServer(answer) : Https.createServer(tls(), answer),
    catch: refused
  })
  const abandonHandshakes = tls === undefined ? undefined : watchHandshakes(server, runFork)
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      abandonHandshakes?.()
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  const verifyClient: NodeWS.VerifyClientCallbackAsync = ({ req }, decide) => {
    const admitted = admits(options.origins, req)
    if (!admitted) runFork(Effect.logDebug(`a page of ${req.headers.origin} may not connect (see the option origins)`))
    decide(admitted, 403)
  }
  const webSocketOptions = {
    server,
    verifyClient,
    maxPayload: options.maxFrame,
    closeTimeout,
    handleProtocols: (offered: Set<string>) => (offered.has(subProtocol) ? subProtocol : false),
    ...(options.path === undefined ? {} : { path: options.path })
  } satisfies NodeWS.ServerOptions & { readonly closeTimeout: number }
  // it waits for the server to listen, and must do so before that does
  const opening = yield* Effect.forkChild(NodeSocketServer.makeWebSocket(webSocketOptions), {
    startImmediately: true
  })
  yield* bind(server, options.listen)
  // what is wrong with one connection that is accepted must not end the server
  server.removeAllListeners("error")
  server.on("error", (cause) => runFork(Effect.logWarning("a connection was not accepted", cause)))
  const { address, run } = yield* Fiber.join(opening)

  return SocketServer.SocketServer.of({
    address,
    run: (handler) =>
      run((socket) =>
        Effect.contextWith((context: Context.Context<never>) => {
          const webSocket = Context.getUnsafe(context, Socket.WebSocket) as unknown as NodeWS.WebSocket
          const { socket: under } = Context.getUnsafe(context, NodeSocketServer.IncomingMessage)
          keepAlive(under)
          return handler(bounded(socket, () => webSocket)).pipe(
            Effect.provideService(NodeSocket.NetSocket, under),
            Effect.provideService(Peer, addressOf(under.remoteAddress, under.remotePort))
          )
        })
      )
  })
})
