import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Archive } from "../../Archive/index.ts"
import { permits } from "../../Interface/index.ts"
import { Allow, Caller, Http, Site } from "../../Site/index.ts"
import { GatewayCounts } from "../counts.ts"
import type { GatewayOptions } from "../options.ts"
import { Places } from "../Places.ts"
import { Api } from "./api.ts"
import { keepAudit } from "./audit.ts"
import { deviceDetails, deviceJson, deviceOf, missingOf } from "./devices.ts"
import { streamEvents } from "./events.ts"
import { getHistory } from "./history.ts"
import { Forbidden, layerProblems } from "./problems.ts"
import { getReadings } from "./readings.ts"
import { expectUtf8, makeRequest } from "./requests.ts"
import { getSensor, listSensors } from "./sensors.ts"

/** The default number of kept audit records. Not measured: some 500 KB. */
const usualRecords = 1000

/** The HTTP API, and its OpenAPI document, for the role `read`; endpoints that need more check it here. */
export const layerApi = (
  options: GatewayOptions,
  counts = new GatewayCounts()
): Layer.Layer<never, never, Site | Http> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const site = yield* Site
      const allow = options.requests ?? Allow.none
      const provided = yield* Effect.serviceOption(Archive)
      const history = options.history ?? Effect.succeed(Option.getOrUndefined(provided))
      const places = new Places({ open: "streams", refused: "streamsRefused", name: "streams of events" }, counts)
      const audit = yield* keepAudit(site, options.auditRecords ?? usualRecords)
      const layerSite = HttpApiBuilder.group(Api, "site", (handlers) =>
        handlers.handleAll({
          listDevices: () =>
            Effect.sync(() => ({
              devices: Array.from(site.devices.values(), (device) => deviceJson(site, device)),
              ...missingOf(site)
            })),
          getDevice: ({ params }) =>
            Effect.flatMap(Caller, (caller) =>
              Effect.map(deviceOf(site, params.device), (device) => deviceDetails(site, device, allow, caller))
            ),
          listSensors: ({ headers, query }) => listSensors(site, query, headers["if-none-match"]),
          getSensor: ({ headers, params }) => getSensor(site, params.device, params.sensor, headers["if-none-match"]),
          makeRequest: ({ params, payload, request }) =>
            Effect.flatMap(Effect.andThen(expectUtf8(request), Caller), (caller) =>
              makeRequest(site, allow, caller, { ...params, payload })
            )
        })
      )
      const layerHistory = HttpApiBuilder.group(Api, "history", (handlers) =>
        handlers.handleAll({
          getHistory: ({ query }) => getHistory(history, query),
          getReadings: ({ query }) => getReadings(history, query)
        })
      )
      const layerProcess = HttpApiBuilder.group(Api, "process", (handlers) =>
        handlers.handleAll({
          getCaller: () =>
            Effect.map(Caller, ({ by, expires, from, name, role }) => ({
              role,
              by,
              from,
              ...(name === undefined ? {} : { name }),
              ...(expires === undefined ? {} : { expires })
            })),
          listAudit: ({ query }) =>
            Effect.flatMap(Caller, ({ role }) =>
              permits(role, "admin")
                ? Effect.succeed({ records: audit.after(query.after, query.limit ?? 100), missed: audit.missed() })
                : Effect.fail(new Forbidden({ detail: `your role here is ${role}; audit records need admin` }))
            ),
          streamEvents: ({ headers, query }) =>
            Effect.flatMap(Caller, (caller) =>
              streamEvents(site, caller, query, headers["last-event-id"], { counts, places })
            )
        })
      )
      const routes = HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
        Layer.provide(Layer.mergeAll(layerSite, layerHistory, layerProcess)),
        Layer.provide(layerProblems),
        Layer.provide(HttpServer.layerServices)
      )
      return Http.routes(routes, { role: "read" })
    })
  )
