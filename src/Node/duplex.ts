import { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { Connection } from "./Connection.ts"
import { refused } from "./listen.ts"

/**
 * The options of a server on a stream.
 *
 * @category models
 * @since 0.1.0
 */
export interface DuplexOptions {
  /** The path shown by `Server.address`. Default `duplex`. */
  readonly name?: string | undefined
  /**
   * Runs when the only connection has ended and no client can connect any more. Nothing by default: the device
   * continues.
   */
  readonly onEnd?: Effect.Effect<void> | undefined
}

/** A `SocketServer` that has one connection in its life: over a stream, which is opened when the layer is built. */
export const listenDuplex = Effect.fnUntraced(function* (
  open: () => Duplex,
  { name = "duplex", onEnd = Effect.void }: DuplexOptions
) {
  const connection = yield* Effect.acquireRelease(
    Effect.try({ try: () => new Connection(open()), catch: (cause) => refused(cause) }),
    (connection) => Effect.sync(() => connection.release())
  )
  let taken = false
  const run = <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) =>
    Effect.suspend(() => {
      if (taken) return Effect.never
      taken = true
      return Effect.ignoreCause(handler(connection.toSocket()), {
        log: "Error",
        message: "a connection's handler failed"
      }).pipe(
        Effect.ensuring(Effect.sync(() => connection.release())),
        Effect.andThen(onEnd),
        Effect.andThen(Effect.never)
      )
    })
  return SocketServer.SocketServer.of({ address: NetAddress.unixPathAddress(name), run })
})

/** The standard input and output of this process as one stream. */
export const standardStreams = (): Duplex => Duplex.from({ readable: process.stdin, writable: process.stdout })
