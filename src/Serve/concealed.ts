import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { causeOf } from "../Message/index.ts"

/** A Socket that says nothing of its address, neither in errors nor as its destination. */
export const concealed = (
  socket: Layer.Layer<Socket.Socket>,
  conceal: (text: string) => string
): Layer.Layer<Socket.Socket> =>
  Layer.effect(
    Socket.Socket,
    Effect.map(Socket.Socket, ({ [Socket.TypeId]: id, reader, writer }) => ({
      [Socket.TypeId]: id,
      writer,
      reader: Effect.mapError(reader, (error) => {
        const { reason } = error
        if (reason._tag !== "SocketOpenError") return error
        const { code } = (reason.cause ?? {}) as { readonly code?: unknown }
        const cause = Object.assign(new Error(conceal(causeOf(reason.cause))), typeof code === "string" ? { code } : {})
        return new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: reason.kind, cause }) })
      })
    }))
  ).pipe(Layer.provide(socket))
