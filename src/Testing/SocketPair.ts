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
 * How a connection in memory holds and cuts what passes through it; the same in both directions.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * How many bytes one direction holds before a write waits for the other end to read. Default 65,536. The write that
   * passes the limit is taken as a whole.
   */
  readonly limit?: number | undefined
  /**
   * Cuts what arrives anew into chunks of these sizes in bytes, in turn and again from the start, whatever the sizes
   * of the writes: `[1]` gives single bytes, `[Infinity]` one chunk per pull. A size below 1 counts as 1. By default
   * the chunks are those that were written.
   */
  readonly segments?: ReadonlyArray<number> | undefined
  /** Has the faults of these connections in hand. A network has its own by default, a pair of sockets none. */
  readonly faults?: Faults | undefined
}

/**
 * A Socket in memory. It behaves as a TCP connection of Effect's `NodeSocket` (half-open allowed on both ends):
 *
 * - A write before the reader is acquired waits until it is. A write past the limit waits until the other end reads;
 *   if that end closes, it fails with `SocketWriteError`.
 * - Closing the writer's scope is FIN: the other end reads what was sent, then fails with `SocketCloseError` 1000,
 *   and may still send. Writing after it is an error that breaks the connection.
 * - Closing the reader's scope closes the connection: a waiting pull fails with 1006, what was sent still arrives.
 *   Later writes wait for a next acquisition of the reader.
 * - Writing a `CloseEvent` closes at once: bytes beyond the limit are lost, the other end sees the end of its input.
 *   With a code above 1000 the own pulls fail with `SocketReadError`, otherwise with 1000.
 * - To write to an end that is gone succeeds once, then fails with `SocketWriteError` and breaks the connection.
 * - **A write on a broken or closed connection never returns**: race it with the reader.
 * - Chunks are handed over as they are, not copied: do not change the bytes after writing them.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemorySocket extends Socket.Socket {
  /**
   * Resets the connection (RST): the other end loses what it has not read and fails with `SocketReadError`, its waiting
   * writes with `SocketWriteError`. The own pulls end with code 1000. Does nothing while the reader is not acquired.
   */
  readonly reset: Effect.Effect<void>
}

/**
 * Two Sockets, each the other end of the other. To `faults`, the first one is the client, the second one the server.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options?: Options): readonly [MemorySocket, MemorySocket] => {
  const limits = limitsOf(options)
  const [left, right] = options?.faults === undefined ? Endpoint.connect(limits) : options.faults.open(limits)
  return [fromAccepted(left), fromAccepted(right)]
}
