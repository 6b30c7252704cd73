/** Wraps ends of a connection in memory as Sockets. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { ConnectedReader, Ends } from "../Client/index.ts"
import type { Endpoint, Limits } from "./Endpoint.ts"
import type { MemorySocket, Options } from "./SocketPair.ts"

export const limitsOf = (options: Options | undefined): Limits => ({
  limit: options?.limit ?? 65_536,
  segments: options?.segments !== undefined && options.segments.length > 0 ? options.segments : undefined
})

const encoder = new TextEncoder()
const bytesOf = (chunk: Uint8Array | string): Uint8Array => (typeof chunk === "string" ? encoder.encode(chunk) : chunk)

/**
 * A Socket whose reader, at each acquisition, dials, which may take time, and then opens an end of a connection, which
 * does not. `ends` provides the addresses of the opened end.
 */
export const fromEndpoint = (
  dial: Effect.Effect<Effect.Effect<Endpoint, Socket.SocketError>, Socket.SocketError>,
  ends: () => Ends | undefined = () => undefined
): MemorySocket => {
  const latch = Latch.makeUnsafe(false)
  let current: Endpoint | undefined

  const reader: Effect.Effect<Socket.Reader, Socket.SocketError, Scope.Scope> = Effect.flatMap(dial, (open) =>
    Effect.acquireRelease(
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
    )
  ).pipe(
    Effect.map(({ pull }): ConnectedReader => ({ pull, upgrade: Socket.SocketUpgradeError.unsupported, ends: ends() }))
  )

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

/** The Socket of one end of an existing connection. */
export const fromAccepted = (endpoint: Endpoint): MemorySocket =>
  fromEndpoint(
    Effect.succeed(
      Effect.suspend(() =>
        endpoint.openFailure === undefined ? Effect.succeed(endpoint) : Effect.fail(endpoint.openFailure)
      )
    )
  )
