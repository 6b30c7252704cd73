/**
 * Access control of the HTTP listener, for the routes of every room. The gate checks each request in this order:
 *
 * 1. Is `Host` a name of this server? Otherwise 421: a web page can let its own name resolve to this server.
 * 2. Which address has the client? It is that of the connection, unless a trusted proxy reports another one.
 * 3. Does this address send too many requests? Then 429.
 * 4. Is the origin of the page allowed (`Origin`), and does a request that changes something have the header `X-Katcp`?
 *    Otherwise 403.
 * 5. Who is the caller, by a token, a session, a certificate, or the address alone? An invalid token is 401, for
 *    any address.
 * 6. Does this caller send too many requests? Then 429.
 *
 * Each route then requires its role: see `Http`. The gate is independent of Node.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as NetAddress from "effect/net/NetAddress"
import { type Certificate, holderOf, Recurrences } from "../../Interface/index.ts"
import { Access } from "../../Server/index.ts"
import { Caller } from "./Caller.ts"
import type { Credentials, Holder, TokenRefused } from "./Credentials.ts"
import { corsHeaders, lacksHeader, preflightHeaders, refusedPage } from "./crossSite.ts"
import { clientOf, ipOf, isForwarded, isSecureClient } from "./forwarded.ts"
import { problem, unauthorized } from "./problem.ts"
import { RateLimit } from "./RateLimit.ts"
import { Sessions } from "./Sessions.ts"

/** The decision on a request: its caller, or the answer that refuses it. */
export interface Admitted {
  readonly caller: Caller["Service"]
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>>
}

/** The rules of a gate. */
export interface GateOptions {
  /** Returns the reason to refuse a `Host`; `undefined` if it is allowed. */
  readonly refusedHost: (host: string | undefined) => string | undefined
  readonly origins: ReadonlyArray<string>
  /** `true`: programs of this machine need a token, too. */
  readonly loopbackNeedsToken: boolean
  /**
   * `true`: callers from other machines without credentials get a role by their address. Otherwise only explicit rules
   * give them one.
   */
  readonly isOpen: () => boolean
  readonly trustedProxies: ReadonlyArray<string>
  readonly roleOf: ReturnType<typeof Access.make>
  readonly credentials: ReadonlyArray<Credentials>
  /** The duration of a session of the login form, in seconds. */
  readonly sessionSeconds: number
  /** The limit of requests a second for each address and each caller; 0: no limit. */
  readonly perSecond: number
}

/** The facts that the listener knows of a connection. */
export interface ConnectionFacts {
  readonly listener: NetAddress.SocketAddress
  readonly certificate: Certificate | undefined
  readonly isSecure: boolean
}

/**
 * The size of a burst, in seconds' worth of the limit. Not measured: a page loads some twenty files and twenty answers
 * when it is opened, and the default limit of 100 a second then lets 50 tabs open at once.
 */
const burstSeconds = 20
/** The number of invalid tokens from one address at once. Not measured: people mistype a few times. */
const mistakes = 20
/** Further ones per second. Not measured: a token has 256 bits, so this only saves work. */
const mistakesPerSecond = 0.2

const onThisMachine = Access.make([{ role: "read", network: ["127.0.0.0/8", "::1"] }])

/** Milliseconds of a clock that never steps: for limits. */
const elapsed = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

const isIn =
  (networks: ReadonlyArray<string>) =>
  (address: NetAddress.IpAddress): boolean => {
    const at = NetAddress.inetAddressUnsafe(address, 0)
    return (
      Access.make([{ role: "read", network: networks }])({ address: at, listener: at, certificate: undefined }) ===
      "read"
    )
  }

export class Gate {
  readonly sessions: Sessions
  private readonly options: GateOptions
  private readonly isTrusted: (address: NetAddress.IpAddress) => boolean
  private readonly perAddress: RateLimit | undefined
  private readonly perCaller: RateLimit | undefined
  private readonly mistakes = new RateLimit(mistakesPerSecond, mistakes)
  private readonly recurrences = new Recurrences()

  constructor(options: GateOptions) {
    this.options = options
    this.sessions = new Sessions(options.sessionSeconds)
    const { perSecond, trustedProxies } = options
    this.isTrusted = trustedProxies.length === 0 ? () => false : isIn(trustedProxies)
    const limit = () => (perSecond === 0 ? undefined : new RateLimit(perSecond, perSecond * burstSeconds))
    // many callers can share one address
    this.perAddress = limit()
    this.perCaller = limit()
  }

  /** `true` if there are tokens to log in with. */
  get hasLogin(): boolean {
    return this.options.credentials.length > 0
  }

  /** Counts of refusals and of known keys. */
  get counts() {
    const limits = [this.perAddress, this.perCaller, this.mistakes]
    const sum = (of: (limit: RateLimit) => number) =>
      limits.reduce((total, limit) => total + (limit === undefined ? 0 : of(limit)), 0)
    return {
      sessions: this.sessions.size,
      droppedSessions: this.sessions.dropped,
      tooManyRequests: sum(({ refused }) => refused),
      forgottenAddresses: sum(({ forgotten }) => forgotten)
    }
  }

  /** Returns `true` if the client of a connection uses TLS, with this server or with a trusted proxy. */
  isSecure(headers: Readonly<Record<string, string | undefined>>, remote: string, facts: ConnectionFacts): boolean {
    const peer = ipOf(remote)
    return facts.isSecure || (peer !== undefined && this.isTrusted(peer) && isSecureClient(headers))
  }

  /** Decides on a request. */
  admit(
    request: HttpServerRequest.HttpServerRequest,
    remote: string,
    facts: ConnectionFacts
  ): Effect.Effect<Admitted | HttpServerResponse.HttpServerResponse> {
    const { origins, refusedHost } = this.options
    return Clock.clockWith((clock) => {
      const { headers } = request
      const now = elapsed(clock)
      const refused = refusedHost(headers.host)
      if (refused !== undefined) return Effect.succeed(problem(421, refused))
      const peer = ipOf(remote)
      const client = peer === undefined ? undefined : clientOf(peer, headers, this.isTrusted)
      const from = client === undefined ? remote : NetAddress.formatIp(client)
      const wait = this.perAddress?.take(from, now) ?? 0
      if (wait > 0) return Effect.succeed(tooMany(wait, "this address makes"))
      const cors = corsHeaders(origins, headers)
      const page = refusedPage(origins, headers)
      if (page !== undefined) return Effect.succeed(problem(403, page))
      if (request.method === "OPTIONS" && headers["access-control-request-method"] !== undefined)
        return Effect.succeed(HttpServerResponse.empty({ status: 204, headers: { ...cors, ...preflightHeaders } }))
      const lacking = isForm(request) ? undefined : lacksHeader(request.method, headers)
      if (lacking !== undefined) return Effect.succeed(problem(403, lacking, cors))
      const time = clock.currentTimeMillisUnsafe() / 1000
      return Effect.map(this.identify(request, { ...facts, peer, client, from, time }), (found) => {
        if (HttpServerResponse.isHttpServerResponse(found)) return HttpServerResponse.setHeaders(found, cors)
        const { by, from, name } = found
        const pause = by === "address" || by === "nobody" ? 0 : (this.perCaller?.take(`${by} ${name}`, now) ?? 0)
        if (pause > 0) return HttpServerResponse.setHeaders(tooMany(pause, `${name} makes`), cors)
        return { caller: { ...found, from }, headers: cors }
      })
    })
  }

  /**
   * Finds the holder of a token, sent from an address. Fails with an answer of 401, or 429 after too many invalid
   * tokens.
   */
  holderOf(
    token: string,
    from: string
  ): Effect.Effect<{ readonly holder: Holder; readonly kind: "token" | "jwt" }, HttpServerResponse.HttpServerResponse> {
    return Clock.clockWith((clock) => {
      const now = elapsed(clock)
      const wait = this.mistakes.wait(from, now)
      if (wait > 0) return Effect.fail(tooMany(wait, "this address has sent too many wrong tokens, and makes"))
      const refusals: Array<TokenRefused> = []
      const tried = this.options.credentials.map(({ find, kind }) =>
        find(token).pipe(
          Effect.map((holder) => ({ holder, kind })),
          Effect.tapError((refused) => Effect.sync(() => refusals.push(refused)))
        )
      )
      const none = Effect.fail({ reason: "no tokens are configured", isUnavailable: false })
      return Effect.catch(tried.length === 0 ? none : Effect.firstSuccessOf(tried), ({ reason }) => {
        const isUnavailable = refusals.some((refused) => refused.isUnavailable)
        if (!isUnavailable) this.mistakes.take(from, now)
        const answer = isUnavailable
          ? problem(503, "the token cannot be checked now, because its issuer does not answer; try again", {
              "retry-after": "5"
            })
          : unauthorized("the token is unknown, was revoked, or has expired", true)
        const suffix = this.recurrences.note(from, now)
        if (suffix === undefined) return Effect.fail(answer)
        const why = refusals.map((refused) => refused.reason).join("; ") || reason
        return Effect.andThen(
          Effect.logWarning(`http: a token of ${from} was refused: ${why}${suffix}`),
          Effect.fail(answer)
        )
      })
    })
  }

  private identify(
    request: HttpServerRequest.HttpServerRequest,
    facts: ConnectionFacts & {
      readonly peer: NetAddress.IpAddress | undefined
      readonly client: NetAddress.IpAddress | undefined
      readonly from: string
      /** In seconds since 1970. */
      readonly time: number
    }
  ): Effect.Effect<Caller["Service"] | HttpServerResponse.HttpServerResponse> {
    const { certificate, client, from, listener, peer, time } = facts
    const { authorization } = request.headers
    if (authorization !== undefined) {
      const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
      if (token === undefined)
        return Effect.succeed(unauthorized(`the header Authorization is not "Bearer TOKEN"`, true))
      return Effect.match(this.holderOf(token, from), {
        onSuccess: ({ holder, kind }) => callerOf(holder, kind, from),
        onFailure: (answer) => answer
      })
    }
    const session = this.sessionOf(request, time)
    if (session !== undefined) return Effect.succeed(callerOf(session, "session", from))
    const nobody: Caller["Service"] = { ...Caller.byAddress("none", from), by: "nobody" }
    // the client of a proxy can be anywhere: neither the proxy's address nor its report gives a role
    if (isForwarded(request.headers)) return Effect.succeed(nobody)
    const address = client === undefined ? undefined : NetAddress.inetAddressUnsafe(client, 0)
    const isHere = peer === undefined || onThisMachine({ address, listener, certificate: undefined }) === "read"
    const mayEnter = isHere ? !this.options.loopbackNeedsToken : this.options.isOpen() || certificate !== undefined
    if (!mayEnter) return Effect.succeed(nobody)
    const role = this.options.roleOf({ address, listener, certificate })
    const caller = Caller.byAddress(role, from)
    if (certificate !== undefined) return Effect.succeed({ ...caller, name: holderOf(certificate) })
    return Effect.succeed(role === "none" ? nobody : caller)
  }

  /**
   * The holder of the session in a request's cookie. An invalid cookie counts as no cookie, because ports share
   * cookies.
   */
  private sessionOf(request: HttpServerRequest.HttpServerRequest, time: number): Holder | undefined {
    for (const name in request.cookies) {
      if (!isSessionCookie(name)) continue
      const found = this.sessions.find(request.cookies[name]!, time)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** The name of the cookie of a session. Ports of a host share their cookies, so each has its own name. */
export const sessionCookie = (isSecure: boolean, { listener }: ConnectionFacts): string =>
  `${isSecure ? "__Host-" : ""}katcp-session-${NetAddress.isInetAddress(listener) ? listener.port : 0}`

const isSessionCookie = (name: string): boolean => /^(?:__Host-)?katcp-session-\d+$/.test(name)

/** Returns `true` for the forms of the login page: browsers send them without our header, and with an `Origin`. */
const isForm = ({ method, url }: HttpServerRequest.HttpServerRequest): boolean =>
  method === "POST" && /^\/log(?:in|out)(?:\?|$)/.test(url)

const callerOf = (holder: Holder, by: "token" | "session" | "jwt", from: string): Caller["Service"] => ({
  role: holder.role,
  from,
  name: holder.name,
  by,
  expires: holder.expires,
  ended: holder.ended
})

const tooMany = (seconds: number, who: string): HttpServerResponse.HttpServerResponse =>
  problem(429, `${who} too many requests; try again in ${seconds} s`, { "retry-after": String(seconds) })
