import * as Effect from "effect/Effect"
import type * as Socket from "effect/socket/Socket"
import { encode } from "../../Codec/index.ts"
import { inform } from "../../Message/index.ts"

/** The time for `#disconnect` to a client that does not read. Not measured: that of a server. */
const grace = "1 second"

/**
 * Sends `#disconnect` (Rev 5.1 §4.1) to a client when the effect is interrupted, because the command ends and its
 * clients continue.
 */
export const disconnectFirst = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  reason: string,
  { write }: Pick<Socket.Writer, "write">
): Effect.Effect<A, E, R> =>
  Effect.onInterrupt(effect, () => Effect.ignore(Effect.timeout(write(encode(inform("disconnect", [reason]))), grace)))
