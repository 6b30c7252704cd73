import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import type { Sink } from "../../Codec/index.ts"

const encoder = new TextEncoder()
const closed = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })

/**
 * Returns a connection whose other end sends these lines, one item in each turn of the event loop, reads everything
 * into `written`, and closes.
 */
export const scripted = (turns: ReadonlyArray<string>, written: Array<Uint8Array>): Socket.Socket => {
  const left = turns.values()
  const pull = Effect.flatMap(Effect.yieldNow, () => {
    const { done, value } = left.next()
    return done === true ? Effect.fail(closed) : Effect.succeed([encoder.encode(`${value}\n`)] as const)
  })
  const writeAll = (chunks: ReadonlyArray<Uint8Array | string>): undefined => {
    for (const chunk of chunks) written.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
  }
  const writer: Socket.Writer & Pick<Sink, "writeNow"> = {
    write: (chunk) =>
      Effect.sync(() => {
        if (!Socket.isCloseEvent(chunk)) writeAll([chunk])
      }),
    writeAll: (chunks) => Effect.sync(() => writeAll(chunks)),
    writeNow: writeAll
  }
  return Socket.make({
    reader: Effect.succeed({ pull, upgrade: Socket.SocketUpgradeError.unsupported }),
    writer: Effect.succeed(writer)
  })
}
