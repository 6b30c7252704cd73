import type { Duplex } from "node:stream"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Latch from "effect/Latch"
import * as Socket from "effect/socket/Socket"
import type { Sink } from "../Codec/index.ts"
import { Connection } from "./Connection.ts"

/** That a connection could not be opened. */
export const unopened = (kind: "Unknown" | "Timeout", cause: unknown): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind, cause }) })

/**
 * A `Socket` that dials when its reader is acquired, anew each time. What is written before that waits. `ready` names
 * the event of Node's socket that says that it can be used, or is undefined for a stream that can be used at once; `explain` says more of an error.
 */
export const dial = (
  connect: () => Duplex,
  ready: "connect" | "secureConnect" | undefined,
  openTimeout: Duration.Input,
  explain: (cause: unknown) => unknown = identity
): Socket.Socket => {
  let current: Connection | undefined
  let writer: Connection["writer"] | undefined
  const latch = Latch.makeUnsafe(false)

  const reader = Effect.gen(function* () {
    let socket: Duplex | undefined
    let connection: Connection | undefined
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        if (current === connection) {
          current = undefined
          writer = undefined
          latch.closeUnsafe()
        }
        if (connection === undefined) socket?.destroy()
        else connection.release()
      })
    )
    connection = yield* Effect.callback<Connection, Socket.SocketError>((resume) => {
      const fail = (cause: unknown) => resume(Effect.fail(unopened("Unknown", explain(cause))))
      try {
        const dialled = connect()
        socket = dialled
        dialled.once("error", fail)
        const open = () => {
          // in its place at once, so that no error finds nobody
          const made = new Connection(dialled)
          dialled.off("error", fail)
          resume(Effect.succeed(made))
        }
        if (ready === undefined) return open()
        dialled.once(ready, open)
        return Effect.sync(() => dialled.destroy())
      } catch (cause) {
        // options that make no sense
        return fail(cause)
      }
    }).pipe(
      Effect.timeoutOrElse({
        duration: openTimeout,
        orElse: () => Effect.fail(unopened("Timeout", new Error("the other end does not answer")))
      })
    )
    current = connection
    writer = connection.writer
    latch.openUnsafe()
    return connection.reader
  })
  const write: Socket.Writer["write"] = (chunk) =>
    Effect.suspend(() => (writer === undefined ? latch.whenOpen(write(chunk)) : writer.write(chunk)))
  const writeAll: Socket.Writer["writeAll"] = (chunks) =>
    Effect.suspend(() => (writer === undefined ? latch.whenOpen(writeAll(chunks)) : writer.writeAll(chunks)))
  const writeNow: Required<Sink>["writeNow"] = (chunks) =>
    writer === undefined
      ? writeAll(chunks as unknown as readonly [Uint8Array, ...Array<Uint8Array>])
      : writer.writeNow!(chunks)

  return Socket.make({
    reader,
    writer: Effect.acquireRelease(Effect.succeed({ write, writeAll, writeNow }), () =>
      Effect.sync(() => current?.finish())
    )
  })
}
