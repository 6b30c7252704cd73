import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Disconnected, KatcpError } from "../../Message/index.ts"
import type { ClientState } from "../connection/State.ts"

/** Waits for a state that fulfils a condition. Fails if the client is closed and that state does not fulfil it. */
export const until = (
  state: SubscriptionRef.SubscriptionRef<ClientState>,
  condition: (state: ClientState) => boolean
): Effect.Effect<ClientState, KatcpError> =>
  SubscriptionRef.changes(state).pipe(
    Stream.filter((state) => condition(state) || state._tag === "Closed"),
    Stream.runHead,
    Effect.flatMap(
      Option.match({
        onNone: () => Effect.fail(new KatcpError({ reason: new Disconnected({ sent: false, detail: "closed" }) })),
        onSome: (state) =>
          state._tag === "Closed" && !condition(state) ? Effect.fail(state.reason) : Effect.succeed(state)
      })
    )
  )
