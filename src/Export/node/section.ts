import type * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import { type Http, millisecondsOf, type Site } from "../../Site/index.ts"
import { type ExportRefused, type ExportSection, layerInflux, layerOtlp, layerPrometheus } from "../index.ts"
import { layerLineFile } from "./file.ts"

/** A span in milliseconds, or `undefined`. */
const span = (given: string | number | undefined): number | undefined =>
  given === undefined ? undefined : millisecondsOf(given)

/**
 * Exports the sensors of a site as configured by a section of the site file.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSection = ({
  influx,
  ndjson,
  otlp,
  prometheus
}: ExportSection): Layer.Layer<never, ExportRefused, Site | Http> => {
  const layers: Array<Layer.Layer<never, ExportRefused, Site | Http>> = []
  if (prometheus !== undefined) layers.push(layerPrometheus(prometheus))
  if (influx !== undefined)
    layers.push(layerInflux({ ...influx, every: span(influx.every) }).pipe(Layer.provide(FetchHttpClient.layer)))
  if (otlp !== undefined)
    layers.push(layerOtlp({ ...otlp, every: span(otlp.every) }).pipe(Layer.provide(FetchHttpClient.layer)))
  if (ndjson !== undefined)
    layers.push(
      layerLineFile({
        ...ndjson,
        size: ndjson.size as ByteSize.Input | undefined,
        every: span(ndjson.every),
        age: span(ndjson.age)
      })
    )
  return layers.reduce((all, layer) => Layer.merge(all, layer), Layer.effectDiscard(Effect.void))
}
