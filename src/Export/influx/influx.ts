import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as Layer from "effect/Layer"
import { expectOptions } from "../../Message/index.ts"
import type { Site } from "../../Site/index.ts"
import type { ExportRefused } from "../errors.ts"
import { type HttpTarget, targetOf } from "../http/HttpTarget.ts"
import { type Answer, failureOf, post } from "../http/post.ts"
import type { Lines } from "../LineForm.ts"
import { layerPush } from "../push/layer.ts"
import type { PushOptions } from "../push/push.ts"
import type { Sink, Written } from "../push/Sink.ts"
import { type InfluxOptions, influxLines } from "./influxLines.ts"

/**
 * The destination and contents of Influx lines.
 *
 * @category models
 * @since 0.1.0
 */
export interface InfluxSinkOptions extends InfluxOptions {
  /**
   * The URL for lines: `http://HOST:8086/write?db=katcp` for InfluxDB 1 and VictoriaMetrics,
   * `http://HOST:8086/api/v2/write?org=…&bucket=…` for InfluxDB 2. The default path is `/write?db=katcp`. A user and
   * password in it are sent as HTTP's basic authentication.
   */
  readonly url: string | URL
  /** Headers of the requests: `{ authorization: "Token …" }`. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The name of the sink in metrics and `/healthz`. Default `influx`. */
  readonly name?: string | undefined
}

/**
 * A destination that takes Influx lines over HTTP. Fails with `ExportRefused` for a malformed URL.
 *
 * @category sinks
 * @since 0.1.0
 */
export const influx = (options: InfluxSinkOptions): Effect.Effect<Sink, ExportRefused, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    expectOptions("Export.influx", options, ["url"])
    const client = yield* HttpClient.HttpClient
    const target = yield* Effect.fromResult(targetOf(withPath(options.url), options.headers))
    target.url.searchParams.set("precision", "ns")
    const form = influxLines(options)
    const encoder = new TextEncoder()
    return {
      name: options.name ?? form.name,
      to: target.shown,
      write: (changes) =>
        Effect.suspend(() => {
          const lines = form.lines(changes)
          if (lines.readings === 0) return Effect.succeed(nothing)
          return Effect.flatMap(post(client, target, encoder.encode(lines.text), form.contentType), (answer) =>
            written(target, lines, answer)
          )
        })
    } satisfies Sink
  })

/**
 * Pushes every reading of a site's sensors as Influx lines: to InfluxDB, VictoriaMetrics, Telegraf, QuestDB. Needs an
 * `HttpClient`, such as `FetchHttpClient.layer`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import * as Export from "katcp/Export"
 * import { NodeClient } from "katcp/Node"
 * import { Site } from "katcp/Site"
 *
 * const site = Site.layer({ devices: { m000: NodeClient.tcp({ host: "10.0.0.1", port: 7147 }) } })
 * export const main = Export.layerInflux({ url: "http://localhost:8086/write?db=katcp" }).pipe(
 *   Layer.provide([site, FetchHttpClient.layer])
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerInflux = (
  options: InfluxSinkOptions & PushOptions
): Layer.Layer<never, ExportRefused, Site | HttpClient.HttpClient> => layerPush(influx(options), options)

const nothing: Written = { written: 0, refused: 0, altered: 0 }

const withPath = (url: string | URL): string | URL => {
  const parsed = URL.parse(String(url))
  if (parsed === null || parsed.pathname !== "/" || parsed.search !== "") return url
  return new URL("/write?db=katcp", parsed)
}

const decoder = new TextDecoder()

/** Interprets an answer. "partial write" means that the other points were written. */
const written = (
  target: HttpTarget,
  lines: Lines,
  answer: Answer
): Effect.Effect<Written, ReturnType<typeof failureOf>> => {
  const { readings, altered } = lines
  if (answer.status >= 200 && answer.status < 300) return Effect.succeed({ written: readings, refused: 0, altered })
  const said = decoder.decode(answer.body)
  // a truncated answer does not tell all refused points
  if (answer.status !== 400 || answer.isCut || !said.includes("partial write"))
    return Effect.fail(failureOf(target, answer))
  const dropped = Number(/\bdropped=(\d+)/.exec(said)?.[1] ?? 0)
  const unparsed = said.split("unable to parse").length - 1
  const refused = Math.min(readings, Math.max(1, dropped + unparsed))
  return Effect.succeed({ written: readings - refused, refused, altered })
}
