/**
 * One sensor of one device with one type and one unit. A sensor whose type or units change continues in a new series of
 * the same name, so each series has values of one kind.
 *
 * @category models
 * @since 0.1.0
 */
export interface Series {
  /** The number of the series in its store. It never changes, and is never reused. */
  readonly id: number
  readonly device: string
  readonly sensor: string
  /** The type of the sensor on the wire: `integer`, `float`, `boolean`, `lru`, `timestamp`, `discrete`, `address` or `string`. */
  readonly type: string
  readonly units: string
  /** The last description from the device. */
  readonly description: string
  /** The last parameters from the device: the options of a discrete sensor. */
  readonly parameters: ReadonlyArray<string>
  /** The time when the archive began the series, in microseconds since 1970-01-01 UTC. */
  readonly since: number
}

/**
 * A series without its number, to be defined in a store.
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
