/** A gateway at a real listener, and pages that connect to it. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Caller, Http, type Site } from "katcp/Site"
import { WebSocket } from "ws"
import { GatewayFrame } from "../../../src/Gateway/live/frames.ts"
import { PageModel } from "./pageModel.ts"

export type Callers = Readonly<Record<string, Caller["Service"]>>

/** Callers by what a test calls them. */
export const callers: Callers = {
  nobody: Caller.byAddress("none", "10.0.0.9"),
  reader: { ...Caller.byAddress("read", "10.0.0.1"), name: "rita", by: "token" },
  operator: { ...Caller.byAddress("control", "10.0.0.2"), name: "otto", by: "session" },
  admin: Caller.byAddress("admin", "127.0.0.1")
}

/** Serves routes at a free port. `?as=NAME` says who calls. Gives the URL for WebSockets. */
export const listen = <E>(
  routes: Layer.Layer<never, E, Http | Site>,
  who: Callers = callers
): Effect.Effect<string, E, Site | Scope.Scope> =>
  Effect.gen(function* () {
    const services = yield* Layer.build(Http.layer)
    yield* Effect.provideContext(Layer.build(routes), services)
    return yield* Effect.provideContext(serve(who), services)
  })

/** Serves the routes that there are, and those that come. */
export const serve = (who: Callers = callers): Effect.Effect<string, never, Http | Scope.Scope> =>
  Effect.gen(function* () {
    const http = yield* Http
    const server = yield* Effect.orDie(
      NodeHttpServer.make(createServer, {
        host: "127.0.0.1",
        port: 0,
        gracefulShutdownTimeout: "1 second",
        websocket: { maxPayload: 4_194_304, clientTracking: false }
      })
    )
    yield* server.serve(
      Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) =>
        http.handle(who[new URL(url, "http://x").searchParams.get("as") ?? "admin"]!)
      )
    )
    return HttpServer.formatAddress(server.address).replace(/^http/, "ws")
  })

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(GatewayFrame))

/** A page: checks each frame by the Schema, and acknowledges data, unless it is `stalled`. */
export class TestPage {
  readonly frames: Array<GatewayFrame> = []
  readonly model = new PageModel()
  readonly socket: WebSocket
  closed: { readonly code: number; readonly reason: string } | undefined = undefined
  /** The faults of the page. */
  fault: unknown = undefined
  private readonly waiting = new Set<() => void>()

  constructor(url: string, { acknowledges = true } = {}) {
    this.socket = new WebSocket(url)
    this.socket.on("message", (data: Buffer) => {
      try {
        const frame = decode(data.toString())
        this.frames.push(frame)
        if ("n" in frame) {
          this.model.take(frame)
          if (acknowledges) this.send({ ack: frame.n })
        }
      } catch (error) {
        this.fault ??= error
      }
      this.look()
    })
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() }
      this.look()
    })
    this.socket.on("error", (error) => {
      this.fault ??= error
      this.look()
    })
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame))
  }

  /** Waits until a function gives something. */
  async until<A>(find: (page: TestPage) => A | undefined | false): Promise<A> {
    for (;;) {
      const found = find(this)
      if (found !== undefined && found !== false) return found
      if (this.fault !== undefined) throw this.fault
      if (this.closed !== undefined) throw new Error(`closed: ${JSON.stringify(this.closed)}`)
      await new Promise<void>((resolve) => this.waiting.add(resolve))
    }
  }

  /** The first frame with a key that a function accepts. */
  frame<K extends string>(
    key: K,
    is: (frame: Extract<GatewayFrame, { readonly [Key in K]: unknown }>) => boolean = () => true
  ) {
    type Found = Extract<GatewayFrame, { readonly [Key in K]: unknown }>
    return this.until(({ frames }) => frames.find((frame): frame is Found => key in frame && is(frame as Found)))
  }

  private look(): void {
    const all = [...this.waiting]
    this.waiting.clear()
    for (const resolve of all) resolve()
  }
}

/** A page that was greeted, until the scope closes. */
export const pageAt = (url: string, as = "admin", options?: { readonly acknowledges?: boolean }) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const page = new TestPage(`${url}/api/live?as=${as}`, options)
      await page.frame("hello")
      return page
    }),
    (page) => Effect.sync(() => page.socket.terminate())
  )
