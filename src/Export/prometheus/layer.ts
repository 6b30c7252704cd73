import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { Http, Site } from "../../Site/index.ts"
import { ExportRefused } from "../errors.ts"
import { register } from "../metrics.ts"
import { contentTypes, formatFor } from "./negotiate.ts"
import type { PrometheusOptions } from "./options.ts"
import { makePrometheus, type Prometheus } from "./Prometheus.ts"

/**
 * Options of serving sensors for Prometheus.
 *
 * @category models
 * @since 0.1.0
 */
export interface PrometheusLayerOptions extends PrometheusOptions {
  /** The path of the route. Default `/metrics/sensors`. */
  readonly path?: string | undefined
}

const unavailable = HttpServerResponse.text("too many scrapes wait already; scrape less often\n", {
  status: 503,
  headers: { "retry-after": "5" }
})

/** Answers a scrape. */
const answer = ({ render }: Prometheus) =>
  Effect.gen(function* () {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const format = formatFor(headers.accept)
    const bytes = yield* render(format)
    return bytes === undefined
      ? unavailable
      : HttpServerResponse.uint8Array(bytes, { contentType: contentTypes[format], headers: { vary: "accept" } })
  })

/**
 * Serves the sensors of a site for Prometheus, as a route of the single HTTP listener, for the role `read`: as
 * OpenMetrics 1.0 if the scraper accepts it, otherwise in Prometheus' text format. Names of metrics are fixed; device
 * and sensor are labels:
 *
 * | metric | |
 * |---|---|
 * | `katcp_sensor_value` | the value of float, integer, boolean and timestamp sensors; absent unless the status is nominal, warn or error |
 * | `katcp_sensor_status` | the code of the status, always: 0 unknown, 1 nominal, 2 warn, 3 error, 4 failure, 5 unreachable, 6 inactive |
 * | `katcp_sensor_timestamp_seconds` | the time of the reading by the device's clock |
 * | `katcp_sensor_state` | a state set: 1 for the current option of a discrete sensor, 0 for the others |
 * | `katcp_sensor_info` | type, units and description |
 * | `katcp_device_up`, … | the connection to each device |
 *
 * Fails with `ExportRefused` for a malformed pattern, path or name of a metric.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as Export from "katcp/Export"
 * import { NodeClient } from "katcp/Node"
 * import { Site } from "katcp/Site"
 *
 * const site = Site.layer({ devices: { m000: NodeClient.tcp({ host: "10.0.0.1", port: 7147 }) } })
 * export const metrics = Export.layerPrometheus({
 *   path: "/metrics/sensors",
 *   named: [{ match: "*\/rx.packets", metric: "rx_packets", kind: "counter" }]
 * }).pipe(Layer.provide(site)) // needs Http of katcp/Site, which listenHttp of katcp/Site/node serves
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerPrometheus = (options: PrometheusLayerOptions = {}): Layer.Layer<never, ExportRefused, Site | Http> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { path = "/metrics/sensors", ...rendered } = options
      if (!/^\/[^\s?#*:]*$/.test(path))
        return yield* new ExportRefused({
          message: `path: ${JSON.stringify(path)} is not a path: write /metrics/sensors`
        })
      const prometheus = yield* makePrometheus(yield* Site, rendered)
      yield* prometheus.prepare
      const { mount } = yield* Http
      yield* mount(HttpRouter.add("GET", path as `/${string}`, answer(prometheus)), { role: "read" })
      const { stats } = prometheus
      yield* register(
        [
          ["katcp_export_scrapes_total", "Scrapes that were answered", () => stats.scrapes],
          ["katcp_export_scrapes_refused_total", "Scrapes refused because too many waited", () => stats.refused],
          ["katcp_export_scrape_bytes", "The size of the last answer", () => stats.bytes],
          ["katcp_export_scrape_seconds", "The time that the last answer took to make", () => stats.seconds],
          [
            "katcp_export_scrape_stretch_seconds",
            "The longest time that an answer has blocked the process",
            () => stats.stretch
          ]
        ],
        { path }
      )
    })
  )
