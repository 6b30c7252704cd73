import * as Schema from "effect/Schema"
import type { Series } from "./Series.ts"

/**
 * Why the archive has no readings: `away`, the device could not be reached; `removed`, the device has no such sensor any
 * more; `off`, the archive did not run; `lost`, readings came that the archive could not keep.
 *
 * @category models
 * @since 0.1.0
 */
export const GapReason = Schema.Literals(["away", "removed", "off", "lost"])

/**
 * Why the archive has no readings.
 *
 * @category models
 * @since 0.1.0
 */
export type GapReason = typeof GapReason.Type

/**
 * A stretch of time of which the archive does not have all readings. Gaps are data like readings.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gap {
  /** The device; empty if all devices are meant. */
  readonly device: string
  /** The sensor; empty if all sensors of the device are meant. */
  readonly sensor: string
  /** The beginning, in microseconds since 1970. */
  readonly from: number
  /** The end, in microseconds since 1970; null while the gap lasts. */
  readonly to: number | null
  readonly reason: GapReason
  /** The number of readings that are known to be lost; 0 if none is known. */
  readonly lost: number
}

/**
 * Returns `true` if the gap tells of this sensor: of it, of all sensors of its device, or of all devices.
 *
 * @category predicates
 * @since 0.1.0
 */
export const concerns = (gap: Gap, { device, sensor }: Pick<Series, "device" | "sensor">): boolean =>
  (gap.device === "" || gap.device === device) && (gap.sensor === "" || gap.sensor === sensor)

/** `true` if the gap says that the last value is not the value at this time. Lost readings alone do not. */
export const hides = (gap: Gap, time: number): boolean =>
  gap.reason !== "lost" && gap.from <= time && (gap.to === null || time < gap.to)
