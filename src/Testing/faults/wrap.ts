import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { Batch, Endpoint } from "../Endpoint.ts"
import { fromEndpoint, limitsOf } from "../memorySocket.ts"
import type { MemorySocket } from "../SocketPair.ts"
import type { Faults } from "./Faults.ts"

/**
 * Wraps another Socket, for example of TCP, with faults: a connection in memory that is joined to it. Each acquisition
 * of the reader dials both. A reset reaches the far end of the other Socket as the end of its input, because no Socket
 * can send a RST.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Socket from "effect/socket/Socket"
 * import { Faults } from "katcp/Testing"
 *
 * export const faulty = Effect.gen(function* () {
 *   const faults = yield* Faults.make
 *   return { faults, socket: Faults.wrap(yield* Socket.Socket, faults) }
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const wrap = (socket: Socket.Socket, faults: Faults): MemorySocket =>
  fromEndpoint(
    Effect.flatMap(faults.dial("", alwaysListening), (planned) =>
      Effect.map(openFar(socket, faults.scope), (far) =>
        Effect.suspend(() => {
          const [client, server] = faults.open(limitsOf(undefined), undefined, planned)
          return Effect.as(Effect.forkIn(join(server, far), faults.scope, { startImmediately: true }), client)
        })
      )
    )
  )

// the other Socket finds out if there is a listener
const alwaysListening = () => true

/** The connection of the other Socket. */
interface Far {
  readonly scope: Scope.Closeable
  readonly pull: Effect.Effect<Batch, Socket.SocketError>
  readonly writer: Socket.Writer
  /** Ends the outgoing direction. */
  readonly finish: Effect.Effect<void>
}

const openFar = Effect.fnUntraced(function* (
  socket: Socket.Socket,
  outer: Scope.Scope
): Effect.fn.Return<Far, Socket.SocketError> {
  const scope = yield* Scope.fork(outer)
  const pull = yield* Socket.readerBytes(socket).pipe(
    Scope.provide(scope),
    Effect.onError(() => Scope.close(scope, Exit.void))
  )
  const writing = yield* Scope.fork(scope)
  const writer = yield* Scope.provide(socket.writer, writing)
  return { scope, pull, writer, finish: Scope.close(writing, Exit.void) }
})

/** Copies bytes and ends in both directions, until both have ended or the connection breaks on one side. */
const join = (near: Endpoint, { finish, pull, scope, writer }: Far): Effect.Effect<void> => {
  const carry = (
    from: Effect.Effect<Batch, Socket.SocketError>,
    to: (chunks: Batch) => Effect.Effect<void, Socket.SocketError>,
    end: Effect.Effect<void>
  ): Effect.Effect<void, Socket.SocketError> =>
    Effect.catchIf(Effect.forever(Effect.flatMap(from, to)), isEnd, () => end)
  const there = carry(near.pull, (chunks) => writer.writeAll(chunks), finish)
  const back = carry(
    pull,
    (chunks) => near.send(chunks),
    Effect.sync(() => near.finish())
  )
  // not awaited: the write itself may be broken
  const abort = Effect.forkIn(Effect.ignore(writer.write(new Socket.CloseEvent(1006))), scope, {
    startImmediately: true
  })
  return Effect.all([there, back], { concurrency: "unbounded", discard: true }).pipe(
    Effect.catch(() => {
      near.reset()
      return Effect.asVoid(abort)
    }),
    Effect.ensuring(Scope.close(scope, Exit.void))
  )
}

const isEnd = ({ reason }: Socket.SocketError): boolean => reason._tag === "SocketCloseError" && reason.code === 1000
