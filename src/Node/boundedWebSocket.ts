import type * as Net from "node:net"
import type * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import type { Sink } from "../Codec/index.ts"
import { untaken } from "./Connection.ts"

/** Bytes that may wait in a connection before writes wait. Given by Node: as in its own sockets. */
const highWaterMark = 65536
/**
 * Bytes of the longest frame that is sent. Given by receivers: the default `maxFrame` of a server of this library, and
 * less than other libraries accept.
 */
const longestFrame = 1048576
/** Milliseconds for the other end to acknowledge the close. Not measured: that of a server. */
export const closeTimeout = 1000
/** The subprotocol offered and accepted. */
export const subProtocol = "katcp"

const encoder = new TextEncoder()
const unwritable = (cause: unknown) => new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) })

type Chunks = ReadonlyArray<Uint8Array | string>

/**
 * Sends at once. Returns `undefined` if there is room for more, otherwise an effect that waits until everything is
 * taken.
 */
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
 * The Socket of a WebSocket with additions to Effect's: writes wait while the other end does not read and fail when it
 * is gone, errors have a reason, and an end without a code is a normal one. All frames are binary.
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
        // writes before the opening wait for it
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
            // the other codes must not be sent: the connection is cut off
            if (code !== 1000 && (code < 1007 || (code > 1014 && code < 3000))) current()?.terminate()
            else current()?.close(code, chunk.reason)
            return Effect.void
          })
      }
    })
  })

const plain = (error: Socket.SocketError): Socket.SocketError => {
  const { reason } = error
  // 1005: the other end sent no code
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

/** Returns the error of an event, if it has one. */
const errorOf = (event: unknown): Error | undefined =>
  typeof event === "object" && event !== null && "error" in event && event.error instanceof Error
    ? event.error
    : undefined
