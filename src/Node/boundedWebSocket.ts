import type * as Net from "node:net"
import type * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import type { Sink } from "../Codec/index.ts"
import { untaken } from "./Connection.ts"

/** Bytes that may wait in a connection before writes do. Given by Node: as in its own sockets. */
const highWaterMark = 65536
/**
 * Bytes of the longest frame that is sent. Given by receivers: the default `maxFrame` of a server of this library,
 * and less than libraries take.
 */
const longestFrame = 1048576
/** Milliseconds that the other end has to agree to the end. Not measured: that of a server. */
export const closeTimeout = 1000
/** What is offered and accepted as the protocol inside. */
export const subProtocol = "katcp"

const encoder = new TextEncoder()
const unwritable = (cause: unknown) => new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) })

type Chunks = ReadonlyArray<Uint8Array | string>

/** Sends all at once; undefined where there is room for more, else what waits until all is taken. */
const send = (webSocket: NodeWS.WebSocket, chunks: Chunks): Effect.Effect<void, Socket.SocketError> | undefined => {
  let failure: Error | undefined
  let pending = 0
  let resume: ((effect: Effect.Effect<void, Socket.SocketError>) => void) | undefined
  const settle = (): Effect.Effect<void, Socket.SocketError> =>
    failure === undefined ? Effect.void : Effect.fail(unwritable(failure))
  const sent = (error?: Error | null): void => {
    pending--
    failure ??= error ?? undefined
    if (pending === 0) resume?.(settle())
  }
  for (const chunk of chunks) {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk
    for (let at = 0; at < bytes.length; at += longestFrame) {
      pending++
      webSocket.send(bytes.subarray(at, at + longestFrame), sent)
    }
  }
  if (webSocket.bufferedAmount <= highWaterMark || pending === 0) return failure === undefined ? undefined : settle()
  return Effect.callback((then) => {
    if (pending === 0) return then(settle())
    resume = then
    return Effect.sync(() => {
      resume = undefined
    })
  })
}

/**
 * The Socket of a WebSocket with what that of Effect leaves out: its writes wait while the other end does not read and
 * fail when it is gone; its errors say what is wrong; an end without a code is one in order. All frames are binary.
 */
export const bounded = (socket: Socket.Socket, current: () => NodeWS.WebSocket | undefined): Socket.Socket =>
  Socket.make({
    reader: Effect.mapError(
      Effect.map(socket.reader, (reader) => ({ ...reader, pull: Effect.mapError(reader.pull, plain) })),
      plain
    ),
    writer: Effect.map(socket.writer, (writer): Socket.Writer & Required<Pick<Sink, "writeNow" | "untaken">> => {
      const writeNow = (chunks: Chunks) => {
        const webSocket = current()
        // what is written before it is open waits for that
        if (webSocket === undefined || webSocket.readyState === 0)
          return writer.writeAll(chunks as readonly [Uint8Array, ...Array<Uint8Array>])
        if (webSocket.readyState > 1) return Effect.fail(unwritable(new Error("the connection is closed")))
        return send(webSocket, chunks)
      }
      return {
        writeNow,
        untaken: () => {
          const { _socket } = (current() ?? {}) as { readonly _socket?: Net.Socket }
          return _socket === undefined ? undefined : untaken(_socket)
        },
        writeAll: (chunks) => Effect.suspend(() => writeNow(chunks) ?? Effect.void),
        write: (chunk) =>
          Effect.suspend(() => {
            if (typeof chunk === "string" || !Socket.isCloseEvent(chunk)) return writeNow([chunk]) ?? Effect.void
            const { code } = chunk
            // the other codes may not be sent: the connection is cut off
            if (code !== 1000 && (code < 1007 || (code > 1014 && code < 3000))) current()?.terminate()
            else current()?.close(code, chunk.reason)
            return Effect.void
          })
      }
    })
  })

const plain = (error: Socket.SocketError): Socket.SocketError => {
  const { reason } = error
  // 1005: the other end gave none
  if (reason._tag === "SocketCloseError" && reason.code === 1005)
    return new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })
  if (reason._tag !== "SocketOpenError" && reason._tag !== "SocketReadError") return error
  const cause = errorOf(reason.cause)
  if (cause === undefined) return error
  return new Socket.SocketError({
    reason:
      reason._tag === "SocketReadError"
        ? new Socket.SocketReadError({ cause })
        : new Socket.SocketOpenError({ kind: reason.kind, cause })
  })
}

/** The error of an event that tells of one. */
const errorOf = (event: unknown): Error | undefined =>
  typeof event === "object" && event !== null && "error" in event && event.error instanceof Error
    ? event.error
    : undefined
