import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import { encode } from "../../Codec/index.ts"
import { inform } from "../../Message/index.ts"

/** Milliseconds that a refused client has to read the reason. Not measured: as `closeGrace` of a session. */
const grace = 1000

/** Sends `#disconnect` with the reason to a refused client, and closes the connection (Rev 5.1 §4.2). */
export const turnAway = (socket: Socket.Socket, reason: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const writer = yield* socket.writer
    // a write needs an acquired reader
    yield* socket.reader
    const sent = yield* Effect.timeoutOption(writer.write(encode(inform("disconnect", [reason]))), grace)
    if (sent._tag === "None") yield* writer.write(new Socket.CloseEvent())
  }).pipe(Effect.scoped, Effect.ignore)
