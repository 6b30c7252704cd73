import { createServer } from "node:http"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { causeOf } from "../../Message/index.ts"
import { refusedHost } from "../../Node/index.ts"
import { Access } from "../../Server/index.ts"
import { Caller } from "../http/Caller.ts"
import { Http } from "../http/Http.ts"
import { ListenFailed } from "../http/ListenFailed.ts"

/** How long a request may take to come in whole, in milliseconds. Not measured: slow clients need a few seconds. */
const requestTimeout = 30_000

/**
 * Where to listen, and who may come in.
 *
 * @category models
 * @since 0.1.0
 */
export interface HttpOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** The port; 0 takes a free one. */
  readonly port: number
  /** Names by which clients may call the server, besides `localhost` and IP addresses; `*` for any. Default none. */
  readonly hosts?: ReadonlyArray<string> | undefined
  /** Gives a client its role; asked for each request. Default `Access.defaults`. */
  readonly roleOf?: ReturnType<typeof Access.make> | undefined
}

/**
 * Serves the routes of {@link Http} over HTTP/1.1, until the scope closes. Gives the URL that it listens at. Refuses requests
 * that call the server by a name that is not its own (DNS rebinding) with 421. Fails with `ListenFailed`.
 *
 * @category servers
 * @since 0.1.0
 */
export const listenHttp = ({
  host = "127.0.0.1",
  hosts = [],
  port,
  roleOf = Access.make(Access.defaults)
}: HttpOptions): Effect.Effect<string, ListenFailed, Http | Scope.Scope> =>
  Effect.gen(function* () {
    const http = yield* Http
    // loaded by who listens: whoever only dials devices does without
    const NodeHttpServer = yield* Effect.promise(() => import("@effect/platform-node/NodeHttpServer"))
    const server = yield* NodeHttpServer.make(
      () => createServer({ requestTimeout, headersTimeout: requestTimeout, keepAliveTimeout: 5000 }),
      { host, port, gracefulShutdownTimeout: "1 second" }
    ).pipe(
      Effect.mapError(
        (error) =>
          new ListenFailed({ at: `${host}:${port}`, message: `cannot listen at ${host}:${port}: ${causeOf(error)}` })
      )
    )
    const { address } = server
    const handle = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const refused = refusedHost(hosts, request.headers.host)
      if (refused !== undefined) return HttpServerResponse.text(`${refused}\n`, { status: 421 })
      const from = Option.getOrElse(request.remoteAddress, () => "")
      const ip = Result.getOrUndefined(NetAddress.ipFromString(from.replace(/%.*$/, "")))
      const role = roleOf({
        address: ip === undefined ? undefined : NetAddress.inetAddressUnsafe(ip, 0),
        listener: address,
        certificate: undefined
      })
      return yield* http.handle(Caller.byAddress(role, from))
    })
    yield* server.serve(handle)
    return HttpServer.formatAddress(address)
  })
