import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"

/**
 * Both directions of an open connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Opened {
  readonly writer: Socket.Writer
  /**
   * Calls the function with the bytes that arrive, until it returns `false`: then it succeeds. Fails when the connection
   * ends. One reader at a time; bytes that arrive without a reader wait.
   */
  readonly read: (
    take: (chunks: ReadonlyArray<Uint8Array | string>) => boolean
  ) => Effect.Effect<void, Socket.SocketError>
  /** Closes the connection after sending the written bytes. */
  readonly release: () => void
}

/**
 * A Socket of a connection that is open already. A server can acquire its two directions without scopes and finalizers,
 * and receives its bytes without waking a fiber for each chunk. The listeners of `katcp/Node` provide such Sockets. A
 * server works with any other Socket, too.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenSocket extends Socket.Socket {
  /** Acquires both directions. Returns the error instead if the connection is over, or was acquired before. */
  readonly open: () => Opened | Socket.SocketError
}

/** Returns `true` if the Socket is open already. */
export const isOpenSocket = (socket: Socket.Socket): socket is OpenSocket => "open" in socket

/** Acquires both directions of any Socket, until the scope closes. */
export const acquire = (socket: Socket.Socket): Effect.Effect<Opened, Socket.SocketError, Scope.Scope> =>
  Effect.flatMap(socket.writer, (writer) =>
    // before the first write, which needs the reader
    Effect.map(socket.reader, ({ pull }) => ({ writer, read: reading(pull), release: () => {} }))
  )

const reading =
  (pull: Socket.Reader["pull"]): Opened["read"] =>
  (take) =>
    Effect.suspend(() => {
      let more = true
      const step = (chunks: ReadonlyArray<Uint8Array | string>) => {
        more = take(chunks)
      }
      return Effect.whileLoop({ while: () => more, body: () => pull, step })
    })
