/** Tokens of an issuer (JWT), checked with the keys that it publishes (JWKS). */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { permits, type Role } from "../../Interface/index.ts"
import { errorText } from "../../Message/index.ts"
import { type Credentials, untilExpired } from "../http/Credentials.ts"
import { ListenFailed } from "../http/ListenFailed.ts"

/**
 * The issuer of valid tokens.
 *
 * @category models
 * @since 0.1.0
 */
export interface JwtOptions {
  /** The issuer, as in the claim `iss`. */
  readonly issuer: string
  /** The required audience of tokens: the claim `aud`. */
  readonly audience: string
  /** The URL of the issuer's keys. */
  readonly jwks: string
  /** The claim with the roles: a text or a list; dots lead into objects (`realm_access.roles`). Default `roles`. */
  readonly claim?: string | undefined
  /** The role of each value of the claim. Default: `read`, `control` and `admin` stand for themselves. */
  readonly roles?: Readonly<Record<string, Role>> | undefined
}

/** Signatures that can be checked with an issuer's public keys. Shared secrets do not identify an issuer. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
/** The longest wait for the issuer's keys, in milliseconds. Not measured: a caller waits meanwhile. */
const keysTimeout = 5000
/** The largest difference of the clocks of issuer and gateway, in seconds. Not measured: NTP keeps it within one. */
const clockTolerance = 5

/** Errors of the issuer, or of the connection to it: the token may be valid. */
const unavailable = new Set(["ERR_JWKS_TIMEOUT", "ERR_JOSE_GENERIC", "ERR_JWKS_INVALID"])

/**
 * Loads the package `jose`, and checks tokens with the keys of the issuer. Fails with `ListenFailed` without the
 * package.
 */
export const verifyTokens = (options: JwtOptions): Effect.Effect<Credentials, ListenFailed> =>
  Effect.gen(function* () {
    const { audience, claim = "roles", issuer, jwks } = options
    const roles = options.roles ?? { read: "read", control: "control", admin: "admin" }
    // an optional peer: loaded only if it is used
    const jose = yield* Effect.tryPromise({
      try: () => import("jose"),
      catch: () =>
        new ListenFailed({ at: issuer, message: "tokens of an issuer (jwt) need the package jose: npm install jose" })
    })
    const keys = jose.createRemoteJWKSet(new URL(jwks), { timeoutDuration: keysTimeout })
    return {
      kind: "jwt",
      find: (token) =>
        Effect.gen(function* () {
          // other tokens are not JWTs, and the issuer need not be asked
          if (token.split(".").length !== 3) return yield* refused("it is not a JWT")
          const now = yield* Clock.currentTimeMillis
          const { payload } = yield* Effect.tryPromise({
            try: () =>
              jose.jwtVerify(token, keys, {
                issuer,
                audience,
                algorithms,
                clockTolerance,
                requiredClaims: ["exp", "sub"],
                currentDate: DateTime.toDate(DateTime.makeUnsafe(now))
              }),
            catch: (error) => {
              const { code } = error as { readonly code?: string }
              const isUnavailable = error instanceof TypeError || unavailable.has(code ?? "")
              return { reason: `JWT: ${errorText(error)}`, isUnavailable }
            }
          })
          const expires = payload.exp!
          const name = payload.sub!
          if (expires * 1000 <= now) return yield* refused(`the JWT of ${name} has expired`)
          const role = highest(valuesOf(payload, claim), roles)
          if (role === "none") return yield* refused(`the claim ${claim} of ${name} gives no role`)
          return { name, role, expires, ending: undefined, ended: untilExpired(expires) }
        })
    }
  })

const refused = (reason: string) => Effect.fail({ reason, isUnavailable: false })

/** The texts of a claim. */
const valuesOf = (payload: unknown, claim: string): ReadonlyArray<string> => {
  let found: unknown = payload
  for (const key of Object.hasOwn(payload as object, claim) ? [claim] : claim.split("."))
    found =
      typeof found === "object" && found !== null && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined
  // a scope is a text with several words
  if (typeof found === "string") return found.split(" ")
  return Array.isArray(found) ? found.filter((value) => typeof value === "string") : []
}

const highest = (values: ReadonlyArray<string>, roles: Readonly<Record<string, Role>>): Role => {
  let best: Role = "none"
  for (const value of values) {
    const role = Object.hasOwn(roles, value) ? roles[value]! : "none"
    if (permits(role, best)) best = role
  }
  return best
}
