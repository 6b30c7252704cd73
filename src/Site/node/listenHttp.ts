import { createServer, type IncomingMessage } from "node:http"
import { createServer as createTlsServer, type Server as TlsServer } from "node:https"
import * as ByteSize from "effect/ByteSize"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Recurrences } from "../../Interface/index.ts"
import { causeOf, errorText } from "../../Message/index.ts"
import { certificateOf, refusedHost, renewing, serverOptions } from "../../Node/index.ts"
import { Access } from "../../Server/index.ts"
import { Figures } from "../Figures.ts"
import type { Credentials } from "../http/Credentials.ts"
import { figuresOf } from "../http/figures.ts"
import { type ConnectionFacts, Gate } from "../http/Gate.ts"
import { Health } from "../http/Health.ts"
import { Http } from "../http/Http.ts"
import { ListenFailed } from "../http/ListenFailed.ts"
import { loginRoutes } from "../http/loginRoutes.ts"
import { problem } from "../http/problem.ts"
import { securityHeaders } from "../http/securityHeaders.ts"
import { isLoopback } from "../section/listen.ts"
import { answerBadRequest, longestHeaders } from "./answerBadRequest.ts"
import { boundConnections } from "./boundConnections.ts"
import type { HttpOptions } from "./HttpOptions.ts"
import { verifyTokens } from "./jwt.ts"
import { followTokens } from "./tokenFile.ts"

/** The longest time for receiving a request. Not measured: slow clients need a few seconds. */
const usualRequestTimeout = "30 seconds"
/** The longest time for receiving its headers. Not measured: they come in one or two packets. */
const usualHeadersTimeout = "10 seconds"
/** The interval of checking these times, in milliseconds. Not measured: Node's own 30 s would turn 10 s into forty. */
const checkEvery = 5000
/** The longest body, in bytes. Given by the API: the longest subscribe message and request are 1 MiB. */
const longestBody = 1_048_576
/**
 * The longest WebSocket message, in bytes. Given by the API: twice a message's limit, so a longer one is refused with
 * an error.
 */
const longestMessage = 2_097_152
/**
 * The milliseconds from the end of a token until its connections are closed: routes send their last messages meanwhile.
 * Given by the promise of 10 s in all, 2 s of them for reading the file of tokens.
 */
const goodbye = 5000
/** The interval of removing expired sessions, in milliseconds. Not measured: their sockets must close within 10 s. */
const sweepEvery = 2000

/**
 * Serves the routes of {@link Http} over HTTP/1.1, until the scope closes. Returns the URL of the listener.
 * `docs/gateway.md` describes refusals. Fails with `ListenFailed`.
 *
 * @category servers
 * @since 0.1.0
 */
export const listenHttp = (options: HttpOptions): Effect.Effect<string, ListenFailed, Http | Scope.Scope> =>
  Effect.gen(function* () {
    const { host = "127.0.0.1", port, tls } = options
    const at = `${host}:${port}`
    yield* checked(options, at)
    const http = yield* Http
    const files = options.tokens === undefined ? [] : [yield* followTokens(options.tokens)]
    const issuers = options.jwt === undefined ? [] : [yield* verifyTokens(options.jwt)]
    const gate = yield* gateOf(options, [...files, ...issuers], at)
    // loaded by listeners: programs that only dial devices do not need it
    const NodeHttpServer = yield* Effect.promise(() => import("@effect/platform-node/NodeHttpServer"))
    const headersTimeout = Duration.toMillis(options.headersTimeout ?? usualHeadersTimeout)
    const requestTimeout = Duration.toMillis(options.requestTimeout ?? usualRequestTimeout)
    const timeouts = {
      maxHeaderSize: longestHeaders,
      requestTimeout,
      headersTimeout: Math.min(headersTimeout, requestTimeout),
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: Math.min(checkEvery, headersTimeout)
    }
    const failed = (error: unknown) => new ListenFailed({ at, message: `cannot listen on ${at}: ${causeOf(error)}` })
    const nodeServer = yield* Effect.try({
      try: () => (tls === undefined ? createServer(timeouts) : createTlsServer({ ...timeouts, ...serverOptions(tls) })),
      catch: (error) => new ListenFailed({ at, message: `TLS at ${at}: ${errorText(error)}` })
    })
    const refusals = { badRequests: 0, slowRequests: 0 }
    nodeServer.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      // a connection that keeps its side open is reported at each check
      if (!socket.writable) return void socket.destroy()
      if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") refusals.slowRequests++
      else if (error.code !== "ECONNRESET") refusals.badRequests++
      answerBadRequest(error, socket, timeouts)
    })
    const connections = yield* boundConnections(nodeServer, options)
    const server = yield* NodeHttpServer.make(() => nodeServer as ReturnType<typeof createServer>, {
      host,
      port,
      gracefulShutdownTimeout: "1 second",
      // tracking would let open clients delay the end of the listener
      websocket: { maxPayload: longestMessage, perMessageDeflate: false, clientTracking: false }
    }).pipe(Effect.mapError(failed))
    if (tls !== undefined) yield* renewing(nodeServer as TlsServer, tls, `HTTPS at ${at}`)
    const { address } = server
    const factsOf = ({ source }: HttpServerRequest.HttpServerRequest): ConnectionFacts => ({
      listener: address,
      certificate: tls === undefined ? undefined : certificateOf((source as IncomingMessage).socket),
      isSecure: tls !== undefined
    })
    const remoteOf = (request: HttpServerRequest.HttpServerRequest) => Option.getOrElse(request.remoteAddress, () => "")
    const cookieFactsOf = (request: HttpServerRequest.HttpServerRequest): ConnectionFacts => {
      const facts = factsOf(request)
      return { ...facts, isSecure: gate.isSecure(request.headers, remoteOf(request), facts) }
    }
    if (gate.hasLogin) yield* http.mount(loginRoutes(gate, cookieFactsOf), { role: "none" })
    const serve = serveAdmitted(http)
    const handle = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const length = Number(request.headers["content-length"] ?? 0)
      if (length > longestBody)
        return dressed(problem(413, `the body has more than ${longestBody} bytes`, { connection: "close" }))
      // RFC 9112 §3.2: otherwise a proxy in front could have checked another one
      if (((request.source as IncomingMessage).headersDistinct.host?.length ?? 0) > 1)
        return dressed(problem(400, "the request has several Host headers; send one", { connection: "close" }))
      const admitted = yield* gate.admit(request, remoteOf(request), factsOf(request))
      if (HttpServerResponse.isHttpServerResponse(admitted)) return dressed(admitted)
      const { caller, headers } = admitted
      if (caller.by === "token" || caller.by === "session" || caller.by === "jwt")
        yield* Effect.forkScoped(
          caller.ended.pipe(
            Effect.andThen(Effect.sleep(goodbye)),
            Effect.andThen(Effect.sync(() => (request.source as IncomingMessage).socket.destroy()))
          )
        )
      const response = asProblem(yield* serve(caller, request))
      const isLogin = response.status === 401 && gate.hasLogin && isNavigation(request)
      return dressed(isLogin ? toLogin(request.url) : response, headers)
    }).pipe(Effect.provideService(HttpServerRequest.MaxBodySize, ByteSize.bytes(longestBody)))
    yield* server.serve(handle)
    yield* Effect.forkScoped(
      Effect.repeat(
        Clock.clockWith((clock) => Effect.sync(() => gate.sessions.sweep(clock.currentTimeMillisUnsafe() / 1000))),
        Schedule.spaced(sweepEvery)
      )
    )
    const counts = () => ({ ...gate.counts, ...connections.counts, ...refusals })
    const figures = yield* Effect.serviceOption(Figures)
    if (Option.isSome(figures)) yield* figures.value.add(figuresOf(counts))
    const health = yield* Effect.serviceOption(Health)
    if (Option.isSome(health))
      yield* health.value.add(
        "http",
        Effect.sync(() => ({
          status: "ok" as const,
          details: {
            ...counts(),
            ...(files[0]?.fault() === undefined ? {} : { tokens: files[0].fault() })
          }
        }))
      )
    return HttpServer.formatAddress(address).replace(/^http:/, tls === undefined ? "http:" : "https:")
  })

/** Fails if others have access without credentials, and `insecure` is not set. */
const checked = ({ host, insecure, jwt, tls, tokens }: HttpOptions, at: string): Effect.Effect<void, ListenFailed> =>
  insecure === true ||
  host === undefined ||
  isLoopback(host) ||
  tokens !== undefined ||
  jwt !== undefined ||
  tls?.ca !== undefined
    ? Effect.void
    : Effect.fail(
        new ListenFailed({
          at,
          message: `${at} can be reached from other machines, and callers need no credentials: set a file of tokens, an issuer (jwt) or TLS with ca, or set insecure`
        })
      )

const gateOf = (
  options: HttpOptions,
  credentials: ReadonlyArray<Credentials>,
  at: string
): Effect.Effect<Gate, ListenFailed> => {
  const { hosts = [], insecure = false, origins = [], roleOf, trustedProxies = [] } = options
  const make = () =>
    new Gate({
      refusedHost: (name) => refusedHost(hosts, name),
      origins,
      loopbackNeedsToken: options.loopback === "token",
      isOpen: options.isOpen ?? (() => insecure || roleOf !== undefined),
      trustedProxies,
      roleOf: roleOf ?? Access.make(Access.defaults),
      credentials,
      sessionSeconds: Duration.toSeconds(options.session ?? "12 hours"),
      perSecond: options.requestsPerSecond ?? 100
    })
  return Effect.try({
    try: make,
    catch: (error) => new ListenFailed({ at, message: `trustedProxies: ${errorText(error)}` })
  })
}

/** Runs the routes. A fault of a route is logged; the caller receives no details. */
const serveAdmitted = (http: Http["Service"]) => {
  const recurrences = new Recurrences()
  return (caller: Parameters<Http["Service"]["handle"]>[0], request: HttpServerRequest.HttpServerRequest) =>
    Effect.catchCause(http.handle(caller), (cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
      const error = Cause.squash(cause)
      const { reason } = error as { readonly reason?: { readonly _tag?: string; readonly reason?: string } }
      if (reason?._tag === "RequestParseError")
        return Effect.succeed(
          reason.reason === "BodyTooLarge"
            ? problem(413, `the body has more than ${longestBody} bytes`, { connection: "close" })
            : problem(400, "the body of the request cannot be read")
        )
      return Clock.clockWith((clock) => {
        const place = `${request.method} ${request.url.replace(/\?.*$/s, "")}`
        const suffix = recurrences.note(place, Number(clock.monotonicTimeNanosUnsafe()) / 1e6)
        const answer = problem(500, "the server has a defect here; see its log")
        return suffix === undefined
          ? Effect.succeed(answer)
          : Effect.as(Effect.logError(`http: ${place}: ${Cause.pretty(cause)}${suffix}`), answer)
      })
    })
}

/** Turns every error into problem details, for any answer of a route. */
const asProblem = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
  const { body, headers, status } = response
  if (status < 400) return response
  const isPlain = body._tag === "Empty" || /^text\/plain\b/.test(headers["content-type"] ?? "")
  if (!isPlain) return response
  const text = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body).trim() : ""
  const { "content-length": _length, "content-type": _type, ...others } = headers
  const detail = text === "" ? "the request cannot be answered" : text
  return problem(status, status === 415 ? `${detail}; send the header Content-Type: application/json` : detail, others)
}

/** Adds the headers that all answers have. Without a header for it, browsers do not keep an answer. */
const dressed = (
  response: HttpServerResponse.HttpServerResponse,
  more: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse => {
  const { vary } = response.headers
  const both = vary !== undefined && more.vary !== undefined ? { vary: `${vary}, ${more.vary}` } : {}
  const own = response.headers["cache-control"] === undefined ? { "cache-control": "no-store" } : {}
  return HttpServerResponse.setHeaders(response, { ...securityHeaders, ...own, ...more, ...both })
}

/** Returns `true` if a user goes to an address in a web browser. */
const isNavigation = ({ headers, method }: HttpServerRequest.HttpServerRequest): boolean =>
  method === "GET" && /\btext\/html\b/.test(headers.accept ?? "") && headers.authorization === undefined

const toLogin = (url: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.redirect(`/login?next=${encodeURIComponent(url)}`, { status: 303 })
