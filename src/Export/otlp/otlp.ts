import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import { expectOptions } from "../../Message/index.ts"
import type { Site } from "../../Site/index.ts"
import type { ExportRefused } from "../errors.ts"
import { targetOf } from "../http/HttpTarget.ts"
import { failureOf, post } from "../http/post.ts"
import { layerPush } from "../push/layer.ts"
import type { PushOptions } from "../push/push.ts"
import type { Sink } from "../push/Sink.ts"
import { OtlpMetrics } from "./otlpMetrics.ts"
import { rejectedByJson, rejectedByProtobuf } from "./partialSuccess.ts"

/**
 * The destination and format of OTLP metrics.
 *
 * @category models
 * @since 0.1.0
 */
export interface OtlpOptions {
  /** The URL of the collector: `http://HOST:4318/v1/metrics`, which is the default path. */
  readonly url: string | URL
  /** `protobuf` (default), or `json`. */
  readonly format?: "protobuf" | "json" | undefined
  /** Headers of the requests: `{ authorization: "Bearer …" }`. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Attributes of the resource, beside `service.name`, which is `katcp` by default. */
  readonly resource?: Readonly<Record<string, string>> | undefined
  /** The largest number of options of a discrete sensor whose states are sent. Default 32. */
  readonly states?: number | undefined
  /** The name of the sink in metrics and `/healthz`. Default `otlp`. */
  readonly name?: string | undefined
}

/**
 * A collector that takes OTLP metrics over HTTP. A reading is a point of the gauge `katcp.sensor.status`, and one of
 * `katcp.sensor.value` (numbers) or several of `katcp.sensor.state` (discrete sensors), with the attributes
 * `katcp.device`, `katcp.sensor`, `katcp.type` and `katcp.units`. A point without a valid value has the flag
 * `NoRecordedValue`. OTLP has no metrics of text: for string and address sensors it has the status. Fails with
 * `ExportRefused` for a malformed URL.
 *
 * @category sinks
 * @since 0.1.0
 */
export const otlp = (options: OtlpOptions): Effect.Effect<Sink, ExportRefused, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    expectOptions("Export.otlp", options, ["url"])
    const { format = "protobuf", name = "otlp", resource = {}, states = 32 } = options
    const client = yield* HttpClient.HttpClient
    const target = yield* Effect.fromResult(targetOf(withPath(options.url), options.headers))
    const services = yield* Effect.scoped(
      Layer.build(format === "json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf)
    )
    const { metrics: serialize } = Context.get(services, OtlpSerialization.OtlpSerialization)
    const attributes = Object.entries({ "service.name": "katcp", ...resource }).map(([key, stringValue]) => ({
      key,
      value: { stringValue }
    }))
    const made = new OtlpMetrics(states)
    const answered = format === "json" ? rejectedByJson : rejectedByProtobuf
    return {
      name,
      to: target.shown,
      write: (changes) =>
        Effect.suspend(() => {
          const { metrics, readings } = made.of(changes)
          if (readings === 0) return Effect.succeed({ written: 0, refused: 0, altered: 0 })
          const body = serialize({
            resourceMetrics: [
              {
                resource: { attributes, droppedAttributesCount: 0 },
                scopeMetrics: [{ scope: { name: "katcp" }, metrics }]
              }
            ]
          }) as HttpBody.Uint8Array
          return Effect.flatMap(post(client, target, body.body, body.contentType), (answer) => {
            if (answer.status < 200 || answer.status > 299) return Effect.fail(failureOf(target, answer))
            const refused = Math.min(readings, answered(answer.body))
            return Effect.succeed({ written: readings - refused, refused, altered: 0 })
          })
        })
    } satisfies Sink
  })

/**
 * Pushes every reading of a site's sensors to an OpenTelemetry collector: see {@link otlp}. Needs an `HttpClient`, such as
 * `FetchHttpClient.layer`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerOtlp = (
  options: OtlpOptions & PushOptions
): Layer.Layer<never, ExportRefused, Site | HttpClient.HttpClient> => layerPush(otlp(options), options)

const withPath = (url: string | URL): string | URL => {
  const parsed = URL.parse(String(url))
  return parsed === null || parsed.pathname !== "/" ? url : new URL(`/v1/metrics${parsed.search}`, parsed)
}
