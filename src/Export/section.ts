import * as ByteSize from "effect/ByteSize"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { PositiveSpan } from "../Site/index.ts"
import { targetOf } from "./http/HttpTarget.ts"
import { namedBy } from "./prometheus/named.ts"
import { NamedMetric } from "./prometheus/options.ts"
import { wantedBy } from "./select.ts"

const Sensors = Schema.Array(Schema.String).check(
  Schema.makeFilter(
    (patterns: ReadonlyArray<string>) => {
      const wanted = wantedBy(patterns)
      return Result.isSuccess(wanted) || wanted.failure.message
    },
    { description: "The exported sensors: device/sensor with * and ?, or /expressions/. Default all." }
  )
)

const Url = Schema.String.check(
  Schema.makeFilter((text: string) => Result.isSuccess(targetOf(text)) || "expected a URL: http://HOST:PORT/PATH")
)

const Headers = Schema.Record(Schema.String, Schema.String)

/** A size of more than 0. */
const Size = Schema.Union([Schema.Number, Schema.String]).check(
  Schema.makeFilter((size: string | number) => {
    const bytes = typeof size === "number" ? size : Option.getOrUndefined(ByteSize.fromString(size))
    const count = bytes === undefined || typeof bytes === "number" ? bytes : ByteSize.toNumberUnsafe(bytes)
    return (count !== undefined && Number.isSafeInteger(count) && count > 0) || "expected a size, like 256 MB"
  })
)

/** Paths of the listener and of the gateway. The listener would answer some of them before the exporter. */
const taken = /^\/(?:$|(?:healthz|metrics|openapi\.json|login(?:\.css)?|logout)$|(?:api|katcp)(?:\/|$))/

const RoutePath = Schema.String.check(
  Schema.makeFilter((path: string) => {
    if (!/^\/[^\s?#*:]*$/.test(path)) return "expected a path that begins with /, like /metrics/sensors"
    return !taken.test(path) || `${path} is a path of the listener itself: write another, like /metrics/sensors`
  })
)

/** The common options of all destinations that readings are pushed to. */
const pushed = {
  sensors: Schema.optional(Sensors),
  every: Schema.optional(PositiveSpan).annotate({ description: "The time that readings are collected. Default 1s." })
}

/** A destination over HTTP. */
const posted = {
  ...pushed,
  url: Url,
  headers: Schema.optional(Headers).annotate({
    description: "Headers of the requests; secrets as ${" + "env:NAME}."
  })
}

const PrometheusSection = Schema.Struct({
  path: Schema.optional(RoutePath).annotate({
    description: "The path on the HTTP listener. Default /metrics/sensors."
  }),
  sensors: Schema.optional(Sensors),
  named: Schema.optional(
    Schema.Array(NamedMetric)
      .check(
        Schema.makeFilter((rules: ReadonlyArray<NamedMetric>) => {
          const named = namedBy(rules)
          return Result.isSuccess(named) || named.failure.message
        })
      )
      .annotate({ description: "Individual names for some sensors: the first matching rule decides." })
  ),
  states: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))).annotate({
    description: "The largest number of options of a discrete sensor that is a state set. Default 32."
  }),
  text: Schema.optional(Schema.Boolean).annotate({
    description: "Export text values as labels: each new value is a new series. Default false."
  }),
  timestamps: Schema.optional(Schema.Boolean).annotate({
    description: "Include the time of each reading. Default false."
  })
})

const InfluxSection = Schema.Struct({
  ...posted,
  measurement: Schema.optional(Schema.NonEmptyString),
  strings: Schema.optional(Schema.Boolean).annotate({
    description: "Write text fields. Default true; set false for VictoriaMetrics."
  })
})

const OtlpSection = Schema.Struct({
  ...posted,
  format: Schema.optional(Schema.Literals(["protobuf", "json"])),
  resource: Schema.optional(Schema.Record(Schema.String, Schema.String)).annotate({
    description: "Attributes of the resource, beside service.name."
  }),
  states: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })))
})

const NdjsonSection = Schema.Struct({
  ...pushed,
  file: Schema.String.check(
    Schema.makeFilter((file: string) => file !== "" || "expected the name of a file, like night.ndjson")
  ).annotate({ description: "The file, relative to the working directory." }),
  size: Schema.optional(Size).annotate({ description: "The size after which a new file begins. Default 256 MB." }),
  age: Schema.optional(PositiveSpan).annotate({
    description: "The time after which a new file begins. Default 1 day."
  }),
  keep: Schema.optional(
    Schema.Int.check(
      Schema.makeFilter((count: number) => (count >= 0 && count <= 100_000) || "expected a number from 0 to 100000")
    )
  ).annotate({
    description: "The number of earlier files to keep. Default 14."
  })
})

/**
 * The Schema of the section `export` of a site file: the destinations of sensors besides KATCP. `prometheus` is a route
 * of the section `http`; readings are pushed to the others.
 *
 * @category sections
 * @since 0.1.0
 */
export const ExportSection = Schema.Struct({
  prometheus: Schema.optional(PrometheusSection),
  influx: Schema.optional(InfluxSection),
  otlp: Schema.optional(OtlpSection),
  ndjson: Schema.optional(NdjsonSection)
})

/**
 * The section `export` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type ExportSection = typeof ExportSection.Type
