import * as ByteSize from "effect/ByteSize"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Span } from "../Site/index.ts"
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

const Size = Schema.Union([
  Schema.Finite,
  Schema.String.check(
    Schema.makeFilter((text) => Option.isSome(ByteSize.fromString(text)), { expected: "a size, like 256 MB" })
  )
])

/** The common options of all destinations that readings are pushed to. */
const pushed = {
  sensors: Schema.optional(Sensors),
  every: Schema.optional(Span).annotate({ description: "The time that readings are collected. Default 1s." })
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
  path: Schema.optional(Schema.String.check(Schema.isPattern(/^\/[^\s?#*:]*$/))).annotate({
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
  file: Schema.NonEmptyString.annotate({ description: "The file, relative to the working directory." }),
  size: Schema.optional(Size).annotate({ description: "The size after which a new file begins. Default 256 MB." }),
  age: Schema.optional(Span).annotate({ description: "The time after which a new file begins. Default 1 day." }),
  keep: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 }))).annotate({
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
