import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import type { Destination, DialledSocket } from "./Ends.ts"

/** The part of a page's `WebSocket` that is used here. */
interface PageWebSocket extends Socket.WebSocketLike {
  readonly bufferedAmount: number
}

/** The globals of a page and of newer runtimes. */
interface PageGlobals {
  readonly WebSocket?: new (url: string, protocols: string) => PageWebSocket
  readonly location?: { readonly href: string }
}

/** Bytes that may wait in the browser before writes wait. Given by Node: as in its own sockets. */
const highWaterMark = 65_536
/** Bytes that may wait for the client, which reads at once. Not measured: four lines of the greatest length. */
const mostUnread = 67_108_864
/** The interval of checks for sent bytes, which the browser does not announce. Not measured: requests are small. */
const lookEvery = "20 millis"
/** The timeout of opening. Not measured: that of the library's other clients. */
const openTimeout = "5 seconds"
/** The subprotocol offered; `katcp/Node` does the same. */
const subProtocol = "katcp"

/**
 * Returns the address of a WebSocket: of a URL, or in a page of a path of its own origin. `http:` and `https:` become
 * `ws:` and `wss:`. Throws a `TypeError` for other text.
 *
 * @category sockets
 * @since 0.1.0
 */
export const webSocketAddress = (url: string): Destination & { readonly href: string } => {
  const { location } = globalThis as PageGlobals
  const base = location?.href
  if (!URL.canParse(url, base))
    throw new TypeError(`${JSON.stringify(url)} is not a WebSocket address: write wss://host/katcp/device`)
  const address = new URL(url, base)
  address.protocol = address.protocol.replace(/^http/, "ws")
  if (!/^wss?:$/.test(address.protocol))
    throw new TypeError(`${JSON.stringify(url)} is not a WebSocket address: it must begin with ws:// or wss://`)
  address.hash = ""
  const { hostname, href, port, protocol } = address
  const host = hostname.replace(/^\[(.*)\]$/, "$1")
  return { href, host, port: Number(port) || (protocol === "wss:" ? 443 : 80) }
}

/**
 * Dials a WebSocket with the global `WebSocket` of the browser, Node, Deno or Bun, whenever the client connects: for
 * clients in pages. `katcp/Node` has one with headers and certificates. Throws a `TypeError` for text that is not an
 * address.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Client } from "katcp"
 *
 * const program = Effect.gen(function* () {
 *   const dish = yield* Client.make()
 *   return yield* dish.call("watchdog")
 * }).pipe(Effect.scoped)
 *
 * export const main = Effect.provide(program, Client.layerWebSocket("wss://site.example/katcp/m000"))
 * ```
 *
 * @category sockets
 * @since 0.1.0
 */
export const layerWebSocket = (url: string): Layer.Layer<Socket.Socket> => {
  const { href, ...destination } = webSocketAddress(url)
  return Layer.effect(Socket.Socket, dial(href, destination))
}

const dial = (url: string, destination: Destination): Effect.Effect<DialledSocket> =>
  Effect.suspend(() => {
    let current: PageWebSocket | undefined
    const open = Effect.acquireRelease(
      Effect.try({
        try: () => {
          const { WebSocket } = globalThis as PageGlobals
          if (WebSocket === undefined) throw new Error("this runtime has no global WebSocket")
          return (current = new WebSocket(url, subProtocol))
        },
        catch: (cause) => new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: "Unknown", cause }) })
      }),
      (webSocket) =>
        Effect.sync(() => {
          if (current === webSocket) current = undefined
          webSocket.close(1000)
        })
    )
    /** Waits until the browser has sent enough. */
    const room: Effect.Effect<void> = Effect.suspend(() =>
      current === undefined || current.readyState > 1 || current.bufferedAmount <= highWaterMark
        ? Effect.void
        : Effect.andThen(Effect.sleep(lookEvery), room)
    )
    return Effect.map(
      Socket.fromWebSocket(open, { openTimeout, highWaterMark: mostUnread }),
      (socket): DialledSocket => ({
        ...Socket.make({
          reader: Effect.mapError(
            Effect.map(socket.reader, (reader) => ({ ...reader, pull: Effect.mapError(reader.pull, plain) })),
            plain
          ),
          writer: Effect.map(socket.writer, ({ write, writeAll }) => ({
            write: (chunk) => Effect.andThen(write(chunk), room),
            writeAll: (chunks) => Effect.andThen(writeAll(chunks), room)
          }))
        }),
        destination
      })
    )
  })

/** A browser does not report the reason of a failure. An end without a code is a normal one. */
const plain = (error: Socket.SocketError): Socket.SocketError => {
  const { reason } = error
  if (reason._tag === "SocketCloseError" && reason.code === 1005)
    return new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })
  if (reason._tag !== "SocketOpenError" || reason.kind === "Timeout" || reason.cause instanceof Error) return error
  const cause = new Error("the WebSocket could not be opened")
  return new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: reason.kind, cause }) })
}
