import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"

/** The part of a socket of Node that is needed here. This room is independent of Node. */
interface NodeSocket {
  readonly writableLength: number
  readonly remotePort?: number | undefined
  readonly destroyed: boolean
  readonly destroy: () => unknown
  readonly setKeepAlive?: (on: boolean, delay: number) => unknown
  readonly once: (event: "drain" | "close", listener: () => void) => unknown
  readonly off: (event: "drain" | "close", listener: () => void) => unknown
}

/** The silence after which the system probes a peer, in milliseconds. Not measured: that of the library's servers. */
const keepAliveAfter = 60_000

/**
 * The connection under a WebSocket. Effect's writer takes everything at once and holds it in this process; only the
 * connection knows how much of it waits. For a request without a connection, nothing ever waits.
 */
export class Underlying {
  private readonly socket: NodeSocket | undefined

  constructor({ source }: Pick<HttpServerRequest.HttpServerRequest, "source">) {
    this.socket = (source as { readonly socket?: NodeSocket | undefined }).socket
    this.socket?.setKeepAlive?.(true, keepAliveAfter)
  }

  /** The port of the other end; 0 if unknown. */
  get port(): number {
    return this.socket?.remotePort ?? 0
  }

  /** Bytes that wait for the other end to read. */
  get waiting(): number {
    return this.socket?.writableLength ?? 0
  }

  /** Waits until the other end has taken everything, or the connection is closed. */
  readonly drained: Effect.Effect<void> = Effect.callback((resume) => {
    const { socket } = this
    if (socket === undefined || socket.destroyed || socket.writableLength === 0) return resume(Effect.void)
    const end = () => {
      socket.off("drain", end)
      socket.off("close", end)
      resume(Effect.void)
    }
    socket.once("drain", end)
    socket.once("close", end)
    return Effect.sync(() => {
      socket.off("drain", end)
      socket.off("close", end)
    })
  })

  /** Destroys the connection. */
  destroy(): void {
    this.socket?.destroy()
  }
}
