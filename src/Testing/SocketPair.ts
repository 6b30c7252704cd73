/**
 * Two ends of a connection held in memory, with the closing rules of TCP.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Socket from "effect/socket/Socket"
import { Endpoint } from "./Endpoint.ts"
import type { Faults } from "./faults/Faults.ts"
import { fromAccepted, limitsOf } from "./memorySocket.ts"

/**
 * The limits and segmentation of a connection in memory, equal in both directions.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The bytes that one direction holds before a write waits for the other end to read. Default 65,536. The write that
   * passes the limit is accepted as a whole.
   */
  readonly limit?: number | undefined
  /**
   * Cuts arriving bytes into chunks of these sizes in bytes, cyclically, whatever the sizes of the writes: `[1]` gives
   * single bytes, `[Infinity]` one chunk per pull. A size below 1 counts as 1. By default the chunks are the written
   * ones.
   */
  readonly segments?: ReadonlyArray<number> | undefined
  /** Controls the faults of these connections. A network has its own by default, a pair of sockets has no faults. */
  readonly faults?: Faults | undefined
}

/**
 * A Socket in memory. It behaves like a TCP connection of Effect's `NodeSocket` (half-open allowed on both ends):
 *
 * - A write before the reader is acquired waits until it is. A write past the limit waits until the other end reads. If
 *   that end closes, the write fails with `SocketWriteError`.
 * - Closing the writer's scope is FIN: the other end reads what was sent, then fails with `SocketCloseError` 1000,
 *   and may still send. Writing after it is an error that breaks the connection.
 * - Closing the reader's scope closes the connection: a waiting pull fails with 1006, and sent bytes still arrive.
 *   Later writes wait for the next acquisition of the reader.
 * - Writing a `CloseEvent` closes at once: bytes beyond the limit are lost, and the other end sees the end of its
 *   input. With a code above 1000 the own pulls fail with `SocketReadError`, otherwise with 1000.
 * - Writing to an end that is gone succeeds once, then fails with `SocketWriteError` and breaks the connection.
 * - **A write on a broken or closed connection never returns**: race it with the reader.
 * - Chunks are passed without a copy: do not change the bytes after writing them.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemorySocket extends Socket.Socket {
  /**
   * Resets the connection (RST): the other end loses its unread bytes and fails with `SocketReadError`, and its waiting
   * writes fail with `SocketWriteError`. The own pulls end with code 1000. Does nothing while the reader is not
   * acquired.
   */
  readonly reset: Effect.Effect<void>
}

/**
 * Returns two connected Sockets. For `faults`, the first one is the client and the second one the server.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options?: Options): readonly [MemorySocket, MemorySocket] => {
  const limits = limitsOf(options)
  const [left, right] = options?.faults === undefined ? Endpoint.connect(limits) : options.faults.open(limits)
  return [fromAccepted(left), fromAccepted(right)]
}
