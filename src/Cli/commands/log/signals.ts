import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Calls a function on a signal until the scope closes. Systems without the signal never send it. */
export const onSignal = (signal: NodeJS.Signals, act: () => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => process.on(signal, act)),
      () => Effect.sync(() => process.off(signal, act))
    )
  )
