import type * as Tls from "node:tls"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import type { ConnectedReader, Destination, DialledSocket, Ends } from "../Client/index.ts"
import { bounded, closeTimeout, subProtocol } from "./boundedWebSocket.ts"
import { explained } from "./credentials.ts"
import { late, StreamEnds, unopened } from "./dial.ts"
import { keepAlive } from "./keepAlive.ts"
import { type Address, names } from "./Names.ts"

/** Returns Node's options for connecting to the found addresses: each address has its share of the time. */
const lookingUp = (addresses: ReadonlyArray<Address>, openTimeout: Duration.Input) => ({
  lookup: (
    _: string,
    options: { readonly all?: boolean },
    done: (error: null, ...found: ReadonlyArray<unknown>) => void
  ) => (options.all === true ? done(null, addresses) : done(null, addresses[0]?.address, addresses[0]?.family)),
  autoSelectFamilyAttemptTimeout: Math.max(
    250,
    Math.min(2 ** 30, Duration.toMillis(Duration.fromInputUnsafe(openTimeout)) / addresses.length)
  )
})

/** Returns the host and port of a URL, or `undefined` for other text. */
const destinationOf = (url: string): Destination | undefined => {
  if (!URL.canParse(url)) return undefined
  const { hostname, port, protocol } = new URL(url)
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) || (protocol === "wss:" ? 443 : 80) }
}

/** Returns a `Socket` that dials a WebSocket whenever its reader is acquired. */
export const dialWebSocket = (
  url: string,
  options: Tls.SecureContextOptions & {
    readonly headers: Readonly<Record<string, string>>
    readonly localAddress?: string
    readonly servername?: string
  },
  openTimeout: Duration.Input
): Effect.Effect<Socket.Socket> =>
  Effect.suspend(() => {
    let current: NodeWS.WebSocket | undefined
    let ends: Ends | undefined
    const clientOptions = { ...options, closeTimeout, perMessageDeflate: false }
    const named = Effect.suspend(() => names.find(new URL(url).hostname.replace(/^\[(.*)\]$/, "$1"))).pipe(
      Effect.catchDefect(Effect.fail),
      Effect.mapError((cause) => unopened("Unknown", explained(url, cause))),
      Effect.timeoutOrElse({ duration: openTimeout, orElse: () => Effect.fail(late(true)) })
    )
    const open = Effect.acquireRelease(
      Effect.flatMap(named, (addresses) =>
        Effect.try({
          try: () => {
            const webSocket = new NodeWS.WebSocket(url, [subProtocol], {
              ...clientOptions,
              ...lookingUp(addresses, openTimeout)
            })
            webSocket.once("upgrade", ({ socket }) => {
              keepAlive(socket)
              ends = new StreamEnds(socket)
            })
            current = webSocket
            return webSocket
          },
          catch: (cause) => unopened("Unknown", explained(url, cause))
        })
      ),
      (webSocket) =>
        Effect.sync(() => {
          if (current === webSocket) current = undefined
          webSocket.close(1000)
        })
    )
    return Effect.map(Socket.fromWebSocket(open, { openTimeout }), (socket): DialledSocket => {
      const { reader, ...rest } = bounded(socket, () => current)
      const connectedReader = Effect.map(reader, (reader): ConnectedReader => ({ ...reader, ends }))
      return { ...rest, reader: connectedReader, destination: destinationOf(url) }
    })
  })
