import * as Schema from "effect/Schema"

/**
 * A sensor under an individual name, besides the common metrics: for dashboards that expect this name, and for
 * counters.
 *
 * @category models
 * @since 0.1.0
 */
export const NamedMetric = Schema.Struct({
  /** The sensors: `device/sensor` with globs, or a regular expression (`/…/`). The first rule that matches decides. */
  match: Schema.String.annotate({
    description: "device/sensor with * and ? for any text, or a regular expression (/…/)."
  }),
  /** The name of the metric. Letters, digits and `_`. */
  metric: Schema.String.annotate({ description: "The name of the metric: letters, digits and _." }),
  /** Default `gauge`. A counter has the suffix `_total`; going backwards is a reset. */
  kind: Schema.optional(Schema.Literals(["gauge", "counter"])).annotate({
    description: "gauge (default), or counter: a value that only grows, until it is reset."
  }),
  /** A description for people. */
  help: Schema.optional(Schema.String).annotate({ description: "A description for people." })
})

/**
 * A sensor under an individual name. See the Schema of this name.
 *
 * @category models
 * @since 0.1.0
 */
export type NamedMetric = typeof NamedMetric.Type

/**
 * Options of rendering sensors for Prometheus.
 *
 * @category models
 * @since 0.1.0
 */
export interface PrometheusOptions {
  /** Patterns of the sensors: `m000/rx.*`, `/temp$/`. Default: all of the site. */
  readonly sensors?: ReadonlyArray<string> | undefined
  /** Individual names for some sensors. Default none. */
  readonly named?: ReadonlyArray<NamedMetric> | undefined
  /** The largest number of options of a discrete sensor for a state set. Default 32. */
  readonly states?: number | undefined
  /**
   * Exports the values of string, address and discrete sensors as `katcp_sensor_text_info`, at most 1000 characters of each.
   * Default `false`: each new value is a new series in Prometheus.
   */
  readonly text?: boolean | undefined
  /**
   * Includes the time of each reading. Default `false`: with times, Prometheus does not notice at once that a sensor is
   * gone, and refuses old readings.
   */
  readonly timestamps?: boolean | undefined
}
