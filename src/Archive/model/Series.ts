/**
 * One sensor of one device with one type and one unit. A sensor whose type or units change goes on in a new series of
 * the same name, so that each series has values of one kind.
 *
 * @category models
 * @since 0.1.0
 */
export interface Series {
  /** The number of the series in its store. It never changes, and is never given to another series. */
  readonly id: number
  readonly device: string
  readonly sensor: string
  /** The type of the sensor on the wire: `integer`, `float`, `boolean`, `lru`, `timestamp`, `discrete`, `address` or `string`. */
  readonly type: string
  readonly units: string
  /** The description that the device gave last. */
  readonly description: string
  /** The parameters that the device gave last: the options of a discrete sensor. */
  readonly parameters: ReadonlyArray<string>
  /** The time at which the archive began the series, in microseconds since 1970-01-01 UTC. */
  readonly since: number
}

/**
 * A series that a store is asked for: everything but the number.
 *
 * @category models
 * @since 0.1.0
 */
export type Definition = Omit<Series, "id">

/**
 * Returns the name of a series outside KATCP: `device/sensor`.
 *
 * @category getters
 * @since 0.1.0
 */
export const nameOf = (series: Pick<Series, "device" | "sensor">): string => `${series.device}/${series.sensor}`

/** `true` if values of the type are numbers: buckets of such a series have a minimum, a maximum and a mean. */
export const isNumeric = (type: string): boolean =>
  type === "integer" || type === "float" || type === "timestamp" || type === "boolean"
