/** `katcp export`: exports sensors to other monitoring systems. */
import * as Command from "effect/cli/Command"
import { prometheus } from "./export/prometheus.ts"
import { influx, ndjson, otlp } from "./export/push.ts"

/** `katcp export`. */
export const exporting = Command.make("export").pipe(
  Command.withDescription("Export sensors to Prometheus, InfluxDB, VictoriaMetrics, OpenTelemetry, or files"),
  Command.withSubcommands([prometheus, influx, otlp, ndjson])
)
