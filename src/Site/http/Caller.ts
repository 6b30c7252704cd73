/**
 * The one who makes an HTTP request, as the listener knows them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Role } from "../../Interface/index.ts"

/**
 * Why a caller may not go on: the token was revoked (or the session closed), or its time is over.
 *
 * @category models
 * @since 0.1.0
 */
export type CallerEnd = "revoked" | "expired"

/**
 * The one who makes an HTTP request, for routes that need to know.
 *
 * @category services
 * @since 0.1.0
 */
export class Caller extends Context.Service<
  Caller,
  {
    /** The role: what the caller may do. */
    readonly role: Role
    /** The address of the caller, for the audit and for limits. Behind a trusted proxy it is the address that the proxy tells. */
    readonly from: string
    /** The name that the caller's token was made for; `undefined` if the caller has shown none. */
    readonly name: string | undefined
    /**
     * How the listener knows the role: by the caller's `address` alone, by a `token`, by the `session` of the login form, by a
     * `jwt`. `nobody`: the caller has shown nothing, and has the role `none`.
     */
    readonly by: "address" | "token" | "session" | "jwt" | "nobody"
    /** When the token or session ends, in seconds since 1970; `undefined` if it does not end by itself. */
    readonly expires: number | undefined
    /**
     * Waits until the caller may not go on. Routes that stay open (WebSocket, streams) race with it, say goodbye and close.
     * The listener cuts the connection 5 seconds later. Never done for a caller without a token.
     */
    readonly ended: Effect.Effect<CallerEnd>
  }
>()("katcp/Site/Caller") {
  /** A caller that is known by the address alone, such as a program of this machine. */
  static readonly byAddress = (role: Role, from: string): Caller["Service"] => ({
    role,
    from,
    name: undefined,
    by: "address",
    expires: undefined,
    ended: Effect.never
  })
}
