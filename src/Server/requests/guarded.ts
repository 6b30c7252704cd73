import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { type Entry, handled } from "./Entry.ts"
import type { Guard, Refusal } from "./Guard.ts"
import type { RequestInFlight } from "./RequestInFlight.ts"

/** Wraps an entry with a guard. */
export const guarded = (entry: Entry, guard: Guard): Entry => ({
  ...entry,
  handle: (message, inFlight) => {
    const request = message.own()
    const verdict = guard(inFlight.client, request)
    // a refusal is also an effect
    if (isRefusal(verdict) || !Effect.isEffect(verdict))
      return refused(verdict, inFlight) ?? entry.handle(message, inFlight)
    const noted = (cause: Cause.Cause<unknown>) => {
      if (cause.reasons.some(Cause.isFailReason)) inFlight.denied()
    }
    if (!Exit.isExit(verdict))
      return Effect.flatMap(
        Effect.tapCause(verdict, (cause) => Effect.sync(() => noted(cause))),
        (found) => refused(found, inFlight) ?? handled(entry, request, inFlight)
      )
    if (Exit.isSuccess(verdict)) return refused(verdict.value, inFlight) ?? entry.handle(message, inFlight)
    noted(verdict.cause)
    return verdict
  }
})

const isRefusal = (value: unknown): value is Refusal =>
  value instanceof RequestFailed || value instanceof RequestInvalid

/** Returns `undefined` if the request is allowed: only `undefined` from a guard allows it. */
const refused = (verdict: unknown, inFlight: RequestInFlight): Exit.Exit<never, Refusal> | undefined => {
  if (verdict === undefined) return undefined
  inFlight.denied()
  return isRefusal(verdict)
    ? Exit.fail(verdict)
    : Exit.die(new TypeError("the guard must return nothing, a RequestFailed, a RequestInvalid, or an Effect of these"))
}
