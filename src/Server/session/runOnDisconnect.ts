import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { ConnectedClient } from "../../Interface/index.ts"
import type { Departure, OnDisconnect } from "./Departure.ts"
import type { Outgoing } from "./Outgoing.ts"

/**
 * Milliseconds that the connection waits for the hook. Not measured: as long as a client has to read its last
 * informs, so a hanging hook at most doubles the time of a stop.
 */
const grace = 1000

/**
 * Runs the hook `onDisconnect` for at most a second. Informs that the hook sends follow everything else and precede
 * `#disconnect`.
 */
export const runOnDisconnect = Effect.fnUntraced(function* (
  client: ConnectedClient,
  outgoing: Outgoing,
  onDisconnect: OnDisconnect
) {
  const { runtime } = outgoing
  const { how, reason } = outgoing.ended ?? { how: "lost", reason: "The connection was ended." }
  outgoing.disconnecting = outgoing.reads
  const departure: Departure = { how, reason, reachable: outgoing.disconnecting }
  const fiber = runtime.runOwn(Effect.suspend(() => onDisconnect(client, departure)))
  const late = () => {
    fiber.interruptUnsafe()
    // the server waits for a hook that cannot be interrupted
    if (fiber.pollUnsafe() === undefined) Fiber.runIn(fiber, runtime.uninterruptible)
    return Effect.as(
      Effect.logWarning(`onDisconnect of ${client.address} took longer than ${grace} ms`),
      Exit.void as Exit.Exit<void>
    )
  }
  const exit =
    fiber.pollUnsafe() ?? (yield* Effect.timeoutOrElse(Fiber.await(fiber), { duration: grace, orElse: late }))
  outgoing.disconnecting = false
  if (how === "dismissed") outgoing.writeDisconnect(reason)
  if (Exit.isFailure(exit))
    runtime.report("Error", "onDisconnect", `onDisconnect has failed for ${client.address}`, exit.cause)
})
