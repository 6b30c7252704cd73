import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { permits } from "../../Interface/index.ts"
import { Caller } from "./Caller.ts"
import { Health, type Report } from "./Health.ts"
import { Http } from "./Http.ts"

/** The type of Prometheus' text format. */
const prometheusText = "text/plain; version=0.0.4; charset=utf-8"

/**
 * `/healthz`: 200 and `ok`, or 503 and `failing`, for everyone; callers of role `read` get all details as JSON.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerHealthz: Layer.Layer<never, never, Http | Health> = Layer.unwrap(
  Effect.map(Health, ({ report }) => Http.routes(HttpRouter.add("GET", "/healthz", told(report)), { role: "none" }))
)

const told = (report: Effect.Effect<Report>) =>
  Effect.gen(function* () {
    const { role } = yield* Caller
    const found = yield* report
    const status = found.status === "ok" ? 200 : 503
    return HttpServerResponse.jsonUnsafe(permits(role, "read") ? found : { status: found.status }, { status })
  })

/**
 * `/metrics`: the metrics of this process in Prometheus' text format, for role `read`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMetrics: Layer.Layer<never, never, Http> = Http.routes(
  HttpRouter.add(
    "GET",
    "/metrics",
    Effect.map(PrometheusMetrics.format(), (text) => HttpServerResponse.text(text, { contentType: prometheusText }))
  ),
  { role: "read" }
)
