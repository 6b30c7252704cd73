/** An HTTP listener on a free port, with a route for each role, and requests with any headers. */
import { mkdtempSync, rmSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Clock, type Context, Effect, Layer, Logger, Scope } from "effect"
import * as Exit from "effect/Exit"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { TestClock } from "effect/testing"
import { Caller, Health, Http, layerHealthz } from "../../../src/Site/index.ts"
import { addToken, type HttpOptions, listenHttp } from "../../../src/Site/node/index.ts"

/** An answer. Headers that came several times are joined. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** The request. */
export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The address that the connection comes from; `127.0.0.1` by default. */
  readonly from?: string
}

export const ask = (port: number, to: string, { body, from, headers = {}, method = "GET" }: Asking = {}) =>
  new Promise<Answer>((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        path: to,
        method,
        headers,
        agent: false,
        ...(from === undefined ? {} : { localAddress: from })
      },
      (response) => {
        let text = ""
        response.on("data", (data) => (text += data)).on("error", reject)
        response.on("end", () =>
          resolve({
            status: response.statusCode!,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [
                name,
                Array.isArray(value) ? value.join("\n") : value
              ])
            ),
            body: text
          })
        )
      }
    )
    asked.on("error", reject)
    asked.end(body)
  })

const told = Effect.map(Caller, ({ by, expires, from, name, role }) =>
  HttpServerResponse.jsonUnsafe({ by, expires, from, name, role })
)

/** Requests that wait in the routes `/open` and `/held`. */
let waiting = 0
const counted = Effect.acquireRelease(
  Effect.sync(() => waiting++),
  () => Effect.sync(() => waiting--)
)
/** Waits until so many requests wait. */
export const untilWaiting = async (count: number): Promise<void> => {
  while (waiting !== count) await new Promise((resolve) => setImmediate(resolve))
}

const routes = Layer.mergeAll(
  Http.routes(HttpRouter.add("GET", "/none", told), { role: "none" }),
  Http.routes(
    Layer.mergeAll(
      HttpRouter.add("GET", "/read", told),
      HttpRouter.add(
        "GET",
        "/open",
        Effect.gen(function* () {
          yield* counted
          const { ended } = yield* Caller
          return HttpServerResponse.text(`${yield* ended}\n`)
        })
      ),
      HttpRouter.add("GET", "/held", Effect.andThen(counted, Effect.never)),
      HttpRouter.add("GET", "/defect", Effect.die(new Error("secret of the process"))),
      HttpRouter.add(
        "POST",
        "/body",
        Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) =>
          Effect.map(Effect.orDie(text), (body) => HttpServerResponse.text(String(body.length)))
        )
      )
    ),
    { role: "read" }
  ),
  Http.routes(HttpRouter.add("POST", "/control", told), { role: "control" }),
  Http.routes(HttpRouter.add("GET", "/admin", told), { role: "admin" }),
  layerHealthz
)

/** Listens, with the routes, until `close`. Time passes by `pass` alone, and begins at 0. What is logged is in `logged`. */
export const listening = async (options: Partial<HttpOptions> = {}) => {
  const scope = Scope.makeUnsafe()
  const clock = await Effect.runPromise(Layer.buildWithScope(TestClock.layer(), scope))
  const pass = async (seconds: number) => {
    await Effect.runPromise(Effect.provideContext(TestClock.adjust(seconds * 1000), clock))
    // what the fibers have begun: files are read, sockets closed
    await new Promise((resolve) => setImmediate(resolve))
  }
  /** Sets the time of day back. Nothing else passes. */
  const stepBack = (seconds: number) =>
    Effect.runPromise(
      Effect.provideContext(
        Effect.flatMap(Clock.currentTimeMillis, (now) => TestClock.setTime(now - seconds * 1000)),
        clock
      )
    )
  const logged: Array<string> = []
  const logger = Logger.layer([
    Logger.make<unknown, void>(({ message }) => void logged.push([message].flat().join(" ")))
  ])
  const url = await Effect.runPromise(
    Effect.gen(function* () {
      const services = yield* Layer.build(
        Layer.mergeAll(Layer.provideMerge(routes, Layer.merge(Http.layer, Health.layer)), logger)
      )
      return yield* Effect.provideContext(
        listenHttp({ port: 0, ...options }),
        services as Context.Context<Http | Health>
      )
    }).pipe(Scope.provide(scope), Effect.provideContext(clock))
  )
  const port = Number(new URL(url).port)
  return {
    url,
    port,
    logged,
    ask: (to: string, asking?: Asking) => ask(port, to, asking),
    pass,
    stepBack,
    close: async () => {
      const closed = Effect.runPromise(Effect.provideContext(Scope.close(scope, Exit.void), clock))
      await pass(1)
      await closed
    }
  }
}

/** A file of tokens in a folder of its own, with a token for each role. */
export const tokenFile = () => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-tokens-"))
  const file = path.join(folder, "tokens")
  const tokens = {
    read: addToken(file, { name: "reader", role: "read", expires: undefined }),
    control: addToken(file, { name: "operator", role: "control", expires: undefined }),
    admin: addToken(file, { name: "boss", role: "admin", expires: undefined })
  }
  return { file, tokens, remove: () => rmSync(folder, { recursive: true }) }
}

/** The headers of a caller who shows a token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
