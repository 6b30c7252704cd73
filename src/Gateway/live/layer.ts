import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { Allow, Caller, Http, Site } from "../../Site/index.ts"
import { GatewayCounts } from "../counts.ts"
import type { GatewayOptions } from "../options.ts"
import { Places } from "../Places.ts"
import { DeviceLogs } from "./deviceLogs.ts"
import { liveLimits } from "./frames.ts"
import { Hub } from "./Hub.ts"
import { layerLines } from "./lines.ts"
import { Page } from "./Page.ts"

/** The interval of the check whether pages read and acknowledge. Not measured: their times are minutes. */
const checkEvery = "5 seconds"
/** The time for the pages to end when the gateway stops. Not measured: a page has a second after its last frame. */
const stopTimeout = "3 seconds"

/** The WebSocket for pages, `/api/live`: see `frames.ts`. */
export const layerPages = (
  { requests: allow = Allow.none }: Pick<GatewayOptions, "requests">,
  counts = new GatewayCounts()
): Layer.Layer<never, never, Site | Http> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const site = yield* Site
      const http = yield* Http
      const clock = yield* Clock.Clock
      const scope = yield* Effect.scope
      const hub = new Hub(site, allow, clock)
      const pages = new Set<Page>()
      const places = new Places({ open: "pages", refused: "socketsRefused", name: "WebSockets" }, counts)
      const epoch = `${site.table.epoch.toString(36)}-${Math.abs(yield* Random.nextInt).toString(36)}`
      const logs = new DeviceLogs({
        site,
        scope,
        queues: () => Array.from(pages, (page) => page.logs),
        added: () => hub.poke()
      })
      const parts = { hub, site, allow, limits: liveLimits, epoch, counts, logsWanted: logs.update }

      yield* Effect.forkScoped(hub.run)
      yield* Effect.sync(() => {
        const now = hub.now()
        for (const page of pages) page.check(now)
      }).pipe(Effect.delay(checkEvery), Effect.forever, Effect.forkScoped)
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          for (const page of pages) page.end("stopping")
          return Effect.ignore(
            Effect.timeoutOption(
              Effect.forEach(pages, ({ closed }) => closed),
              stopTimeout
            )
          )
        })
      )

      const serve = Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const caller = yield* Caller
        if (request.headers.upgrade?.toLowerCase() !== "websocket")
          return HttpServerResponse.text(
            "this is the WebSocket for pages: connect with WebSocket (docs/browser.md)\n",
            {
              status: 426,
              headers: { upgrade: "websocket", connection: "upgrade" }
            }
          )
        yield* places.take(caller)
        const register = (page: Page) =>
          Effect.acquireRelease(
            Effect.sync(() => pages.add(page)),
            () =>
              Effect.suspend(() => {
                pages.delete(page)
                return logs.update
              })
          )
        yield* Effect.ignore(Page.serve(parts, request, caller, register))
        return HttpServerResponse.empty()
      }).pipe(
        Effect.scoped,
        Effect.catchTag("NoPlace", ({ response }) => Effect.succeed(response))
      )
      yield* http.mount(HttpRouter.add("GET", "/api/live", serve), { role: "read" })
    })
  )

/** The routes of WebSockets: `/api/live` for pages, and KATCP lines for tools if the options enable them. */
export const layerLive = (options: GatewayOptions, counts: GatewayCounts): Layer.Layer<never, never, Site | Http> =>
  options.katcp === true
    ? Layer.mergeAll(layerPages(options, counts), layerLines(options, counts))
    : layerPages(options, counts)
