/**
 * Exporters: the sensors of a site in existing monitoring systems.
 *
 * @since 0.1.0
 */
export { ExportRefused } from "./errors.ts"
export { type InfluxSinkOptions, influx, layerInflux } from "./influx/influx.ts"
export { type InfluxOptions, influxLines } from "./influx/influxLines.ts"
export type { LineForm, Lines } from "./LineForm.ts"
export { ndjsonLines } from "./ndjson/ndjsonLines.ts"
export { layerOtlp, type OtlpOptions, otlp } from "./otlp/otlp.ts"
export { layerPrometheus, type PrometheusLayerOptions } from "./prometheus/layer.ts"
export { NamedMetric, type PrometheusOptions } from "./prometheus/options.ts"
export { makePrometheus, type Prometheus, type PrometheusStats } from "./prometheus/Prometheus.ts"
export { layerPush } from "./push/layer.ts"
export type { PushHealth } from "./push/PushHealth.ts"
export { type PushOptions, push } from "./push/push.ts"
export { type Sink, SinkFailed, type Written } from "./push/Sink.ts"
export { ExportSection } from "./section.ts"
