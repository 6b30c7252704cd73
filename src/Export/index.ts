/**
 * Exporters: the sensors of a site in the monitoring that people already have.
 *
 * @since 0.1.0
 */
export { ExportRefused } from "./errors.ts"
export { layerPrometheus, type PrometheusLayerOptions } from "./prometheus/layer.ts"
export { NamedMetric, type PrometheusOptions } from "./prometheus/options.ts"
export { makePrometheus, type Prometheus, type PrometheusStats } from "./prometheus/Prometheus.ts"
