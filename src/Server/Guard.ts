import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ConnectedClient } from "../Interface/index.ts"
import { type Message, RequestFailed, RequestInvalid } from "../Message/index.ts"
import type { Job } from "./Job.ts"
import { type Entry, handled } from "./RequestTable.ts"

/**
 * What a request is refused with.
 *
 * @category models
 * @since 0.1.0
 */
export type Refusal = RequestFailed | RequestInvalid

/**
 * Decides who may request what: it gives nothing to let a request pass, or a `RequestFailed` or `RequestInvalid` to
 * refuse it, or an effect that does, or fails with, the same. It is asked for every request that would be answered,
 * the standard ones too (`halt`, `log-level`, `sensor-sampling`, …), before its arguments are decoded. The request may
 * be kept. One for which the guard throws or dies is refused.
 *
 * While an effect of the guard waits, later requests of the same client are served, unless the request is serial.
 *
 * @example
 * ```ts
 * import { RequestFailed, type Server } from "katcp"
 *
 * // who comes by the network may look, but not touch
 * const harmless = new Set(["help", "sensor-list", "sensor-value", "sensor-sampling", "watchdog", "version-list"])
 * export const guard: Server.Guard = (client, request) =>
 *   client.listener._tag === "UnixPathAddress" || harmless.has(request.name)
 *     ? undefined
 *     : new RequestFailed({ message: `?${request.name} is for operators.` })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export type Guard = (
  client: ConnectedClient,
  request: Message
) => Refusal | void | Effect.Effect<Refusal | void, Refusal>

/** The entry behind a guard. */
export const guarded = (entry: Entry, guard: Guard): Entry => ({
  ...entry,
  handle: (message, job) => {
    const request = message.own()
    const verdict = guard(job.session, request)
    // a refusal is an effect too
    if (isRefusal(verdict) || !Effect.isEffect(verdict)) return refused(verdict, job) ?? entry.handle(message, job)
    const noted = (cause: Cause.Cause<unknown>) => {
      if (cause.reasons.some(Cause.isFailReason)) job.denied()
    }
    if (!Exit.isExit(verdict))
      return Effect.flatMap(
        Effect.tapCause(verdict, (cause) => Effect.sync(() => noted(cause))),
        (found) => refused(found, job) ?? handled(entry, request, job)
      )
    if (Exit.isSuccess(verdict)) return refused(verdict.value, job) ?? entry.handle(message, job)
    noted(verdict.cause)
    return verdict
  }
})

const isRefusal = (value: unknown): value is Refusal =>
  value instanceof RequestFailed || value instanceof RequestInvalid

/** Undefined where the request may pass: nothing but nothing lets it. */
const refused = (verdict: unknown, job: Job): Exit.Exit<never, Refusal> | undefined => {
  if (verdict === undefined) return undefined
  job.denied()
  return isRefusal(verdict)
    ? Exit.fail(verdict)
    : Exit.die(new TypeError("the guard gives nothing, a RequestFailed, a RequestInvalid, or an Effect of these"))
}
