import type * as Tls from "node:tls"
import * as NodeWS from "@effect/platform-node/NodeWS"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import { bounded, closeTimeout, subProtocol } from "./boundedWebSocket.ts"
import { explained } from "./credentials.ts"
import { unopened } from "./dial.ts"
import { keepAlive } from "./keepAlive.ts"

/** A `Socket` that dials a WebSocket when its reader is acquired, anew each time. */
export const dialWebSocket = (
  url: string,
  options: Tls.SecureContextOptions & { readonly headers: Readonly<Record<string, string>> },
  openTimeout: Duration.Input
): Effect.Effect<Socket.Socket> =>
  Effect.suspend(() => {
    let current: NodeWS.WebSocket | undefined
    const clientOptions = { ...options, closeTimeout, perMessageDeflate: false }
    const open = Effect.acquireRelease(
      Effect.try({
        try: () => {
          const webSocket = new NodeWS.WebSocket(url, [subProtocol], clientOptions)
          webSocket.once("upgrade", ({ socket }) => keepAlive(socket))
          current = webSocket
          return webSocket
        },
        catch: (cause) => unopened("Unknown", explained(url, cause))
      }),
      (webSocket) =>
        Effect.sync(() => {
          if (current === webSocket) current = undefined
          webSocket.close(1000)
        })
    )
    return Effect.map(Socket.fromWebSocket(open, { openTimeout }), (socket) => bounded(socket, () => current))
  })
