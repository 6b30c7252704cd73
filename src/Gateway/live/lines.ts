/**
 * KATCP lines over WebSocket: `/katcp/DEVICE` serves one device of the site under its own names, `/katcp` the whole
 * site as one device. Both are proxies (room `Proxy`), so devices get no further connections from these clients. A
 * proxy starts with its first client, and ends a minute after its last one.
 *
 * The HTTP listener decides on access and roles. A client is disconnected when its token ends.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as RcMap from "effect/RcMap"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import type { Certificate } from "../../Interface/index.ts"
import { Proxy } from "../../Proxy/index.ts"
import { Peer, PeerCertificate, PeerRole } from "../../Server/index.ts"
import { Allow, Caller, Http, Site, type SiteShape } from "../../Site/index.ts"
import { GatewayCounts } from "../counts.ts"
import type { GatewayOptions } from "../options.ts"
import { Places } from "../Places.ts"
import { Underlying } from "./Underlying.ts"

/** The time that a proxy stays without clients. Not measured: long enough for a page that reloads. */
const idleTime = "1 minute"
/** The bytes that may wait in a connection before writes wait. Given by Node: as in its own sockets. */
const mostWaiting = 65_536

type Serve = (socket: Socket.Socket) => Effect.Effect<unknown>
type Refused = { readonly status: number; readonly message: string }

/** A listener of a server that receives its connections from here, and serves each until it ends. */
class Door {
  private accept: ((effect: Effect.Effect<unknown>) => Fiber.Fiber<unknown, unknown>) | undefined = undefined
  private handler: Serve | undefined = undefined

  readonly sockets: SocketServer.SocketServer["Service"] = SocketServer.SocketServer.of({
    address: NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 0),
    run: (handler) =>
      Effect.gen({ self: this as Door }, function* () {
        const context = yield* Effect.context<never>()
        this.accept = yield* FiberSet.makeRuntime<never, unknown, unknown>()
        this.handler = (socket) =>
          // the services of the route come last
          Effect.contextWith((own: Context.Context<never>) =>
            Effect.provideContext(handler(socket) as Effect.Effect<unknown>, Context.merge(context, own))
          )
        return yield* Effect.never
      }).pipe(Effect.scoped) as Effect.Effect<never>
  })

  /** Serves a connection in a fiber of the server, which waits for the fiber when it ends. */
  serve(socket: Socket.Socket, context: Context.Context<never>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.accept === undefined || this.handler === undefined) return Effect.void
      const fiber = this.accept(Effect.provideContext(this.handler(socket), context))
      return Effect.onInterrupt(Effect.asVoid(Fiber.await(fiber)), () => Fiber.interrupt(fiber))
    })
  }
}

/** The routes of KATCP lines. */
export const layerLines = (
  { requests = Allow.none }: Pick<GatewayOptions, "requests">,
  counts = new GatewayCounts()
): Layer.Layer<never, never, Site | Http> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const site = yield* Site
      const http = yield* Http
      const places = new Places({ open: "lines", refused: "socketsRefused", name: "WebSockets" }, counts)
      const proxies = yield* RcMap.make({
        lookup: (device: string) => open(site, device, requests),
        idleTimeToLive: idleTime
      })
      const serve = (device: string) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const caller = yield* Caller
          if (request.headers.upgrade?.toLowerCase() !== "websocket")
            return refusal({ status: 426, message: "these are KATCP lines: connect with WebSocket (docs/browser.md)" })
          if (device !== "" && !site.devices.has(device)) return refusal(noDevice(site, device))
          yield* places.take(caller)
          const door = yield* RcMap.get(proxies, device)
          const socket = yield* request.upgrade
          const under = new Underlying(request)
          const bounded = boundedBy(socket, under)
          const end = Effect.flatMap(caller.ended, (why) =>
            Effect.ignore(
              Effect.flatMap(bounded.writer, ({ write }) => write(`#disconnect the\\_token\\_is\\_${why}\n`))
            )
          )
          yield* Effect.raceFirst(door.serve(bounded, contextOf(caller, under.port)), end)
          return HttpServerResponse.empty()
        }).pipe(
          Effect.scoped,
          Effect.catchTags({
            NoPlace: ({ response }) => Effect.succeed(response),
            Refused: (refused: ProxyGone) => Effect.succeed(refusal(refused)),
            HttpServerError: () => Effect.succeed(HttpServerResponse.empty())
          })
        )
      const routes = HttpRouter.addAll([
        HttpRouter.route("GET", "/katcp", serve("")),
        HttpRouter.route(
          "GET",
          "/katcp/:device",
          Effect.flatMap(HttpRouter.params, ({ device = "" }) => serve(device))
        )
      ])
      yield* http.mount(routes, { role: "read" })
    })
  )

/** An error: a proxy cannot be made. */
interface ProxyGone extends Refused {
  readonly _tag: "Refused"
}

const refusal = ({ message, status }: Refused): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(`${message}\n`, { status })

const noDevice = (site: SiteShape, device: string): Refused => ({
  status: 404,
  message: `there is no device ${JSON.stringify(device.slice(0, 100))}; the devices are ${[...site.devices.keys()].slice(0, 20).join(", ") || "none"}`
})

/** Serves a device of the site, or the whole site for the name "", on connections that the gateway passes in. */
const open = (site: SiteShape, device: string, requests: Allow.Allow): Effect.Effect<Door, ProxyGone, Scope.Scope> => {
  const door = new Door()
  const own =
    device === ""
      ? { view: site, options: {} }
      : {
          view: only(site, device),
          options: {
            name: device,
            transparent: device,
            sensors: [{ match: `${device}/*` }, { match: "*", as: false as const }]
          }
        }
  // clients of this interface must not control the gateway itself
  const server = { refuse: ["halt", "restart", "log-level"] as const }
  return Layer.build(
    Proxy.layer({ ...own.options, requests, server }).pipe(
      Layer.provide([Layer.succeed(Site, own.view), Layer.succeed(SocketServer.SocketServer, door.sockets)])
    )
  ).pipe(
    // the server listens in its own fiber
    Effect.andThen(Effect.yieldNow),
    Effect.as(door),
    Effect.mapError(
      (error): ProxyGone => ({ _tag: "Refused", status: 503, message: `the proxy cannot be started: ${error.message}` })
    )
  )
}

/** A site with only one of its devices. The table is still that of all. */
const only = (site: SiteShape, device: string): SiteShape =>
  Object.create(site, {
    devices: {
      get: () => {
        const found = site.devices.get(device)
        return new Map(found === undefined ? [] : [[device, found]])
      }
    }
  })

/** The server's context of a client. */
const contextOf = ({ from, name, role }: Caller["Service"], port: number): Context.Context<never> => {
  const ip = Result.getOrUndefined(NetAddress.ipFromString(from.replace(/%.*$/, "")))
  return Context.empty().pipe(
    Context.add(PeerRole, role),
    Context.add(Peer, ip === undefined ? undefined : NetAddress.inetAddressUnsafe(ip, port)),
    Context.add(PeerCertificate, name === undefined ? undefined : holderOf(name))
  ) as Context.Context<never>
}

/** The holder of a token, for audit records: in proxies these have the name in a certificate. */
const holderOf = (name: string): Certificate => ({
  subject: { CN: [name] },
  issuer: {},
  altNames: [],
  fingerprint: "",
  serialNumber: "",
  validTo: Number.POSITIVE_INFINITY
})

/**
 * The Socket of a WebSocket whose writes wait while the other end does not read. An end without a code is a normal one.
 */
const boundedBy = (socket: Socket.Socket, under: Underlying): Socket.Socket => {
  const room = Effect.suspend(() => (under.waiting > mostWaiting ? under.drained : Effect.void))
  return Socket.make({
    reader: Effect.map(socket.reader, (reader) => ({ ...reader, pull: Effect.mapError(reader.pull, inOrder) })),
    writer: Effect.map(socket.writer, ({ write, writeAll }) => ({
      untaken: () => under.waiting,
      write: (chunk) => Effect.andThen(write(chunk), room),
      writeAll: (chunks) => Effect.andThen(writeAll(chunks), room)
    }))
  })
}

const inOrder = (error: Socket.SocketError): Socket.SocketError =>
  error.reason._tag === "SocketCloseError" && (error.reason.code === 1005 || error.reason.code === 1001)
    ? new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1000 }) })
    : error
