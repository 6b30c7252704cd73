/**
 * The identity of the sender of an HTTP request.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Role } from "../../Interface/index.ts"

/**
 * The reason why the access of a caller ends: the token was revoked (or the session closed), or has expired.
 *
 * @category models
 * @since 0.1.0
 */
export type CallerEnd = "revoked" | "expired"

/**
 * The sender of an HTTP request, for routes that need to know.
 *
 * @category services
 * @since 0.1.0
 */
export class Caller extends Context.Service<
  Caller,
  {
    /** The role of the caller. */
    readonly role: Role
    /**
     * The address of the caller, for the audit and for limits. Behind a trusted proxy it is the address that the proxy
     * reports.
     */
    readonly from: string
    /** The name in the caller's token; `undefined` without a token. */
    readonly name: string | undefined
    /**
     * The source of the role: the caller's `address` alone, a `token`, a `session` of the login form, or a `jwt`.
     * `nobody`: the caller has shown no credentials, and has the role `none`.
     */
    readonly by: "address" | "token" | "session" | "jwt" | "nobody"
    /** The time when the token or session expires, in seconds since 1970; `undefined` if it does not expire. */
    readonly expires: number | undefined
    /**
     * Waits until the caller's access ends. Routes that stay open (WebSocket, streams) race with it, send a last
     * message and close. The listener closes the connection 5 seconds later. Never completes for a caller without a
     * token.
     */
    readonly ended: Effect.Effect<CallerEnd>
  }
>()("katcp/Site/Caller") {
  /** A caller that is identified by the address alone, such as a program of this machine. */
  static readonly byAddress = (role: Role, from: string): Caller["Service"] => ({
    role,
    from,
    name: undefined,
    by: "address",
    expires: undefined,
    ended: Effect.never
  })
}
