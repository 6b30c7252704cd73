/**
 * Two ends of a connection held in memory, with the closing rules of TCP.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { Endpoint, type Limits } from "./Endpoint.ts"

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

export const limitsOf = (options: Options | undefined): Limits => ({
  limit: options?.limit ?? 65_536,
  segments: options?.segments !== undefined && options.segments.length > 0 ? options.segments : undefined
})

const encoder = new TextEncoder()
const bytesOf = (chunk: Uint8Array | string): Uint8Array => (typeof chunk === "string" ? encoder.encode(chunk) : chunk)

/** A Socket whose reader, each time it is acquired, opens an end of a connection. */
export const fromEndpoint = (open: Effect.Effect<Endpoint, Socket.SocketError>): MemorySocket => {
  const latch = Latch.makeUnsafe(false)
  let current: Endpoint | undefined

  const reader: Effect.Effect<Socket.Reader, Socket.SocketError, Scope.Scope> = Effect.acquireRelease(
    Effect.tap(open, (endpoint) => {
      current = endpoint
      return latch.open
    }),
    (endpoint) =>
      Effect.sync(() => {
        endpoint.release()
        latch.closeUnsafe()
        current = undefined
      })
  ).pipe(Effect.map(({ pull }) => ({ pull, upgrade: Socket.SocketUpgradeError.unsupported })))

  const write: Socket.Writer["write"] = (chunk) =>
    Effect.suspend(() => {
      if (current === undefined) return latch.whenOpen(write(chunk))
      if (!Socket.isCloseEvent(chunk)) return current.send([bytesOf(chunk)])
      current.destroy(chunk.code)
      return Effect.void
    })
  const writeAll: Socket.Writer["writeAll"] = (chunks) =>
    Effect.suspend(() => (current === undefined ? latch.whenOpen(writeAll(chunks)) : current.send(chunks.map(bytesOf))))
  const writer = Effect.acquireRelease(Effect.succeed({ write, writeAll }), () => Effect.sync(() => current?.finish()))

  return { ...Socket.make({ reader, writer }), reset: Effect.sync(() => current?.reset()) }
}

/** The Socket of one end of a connection that exists already. */
export const fromAccepted = (endpoint: Endpoint): MemorySocket =>
  fromEndpoint(
    Effect.suspend(() =>
      endpoint.openFailure === undefined ? Effect.succeed(endpoint) : Effect.fail(endpoint.openFailure)
    )
  )

/**
 * Two Sockets, each the other end of the other.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options?: Options): readonly [MemorySocket, MemorySocket] => {
  const [left, right] = Endpoint.connect(limitsOf(options))
  return [fromAccepted(left), fromAccepted(right)]
}
