import * as Schema from "effect/Schema"
import type { Series } from "./Series.ts"

/**
 * The reason for missing readings: `away`, the device was unreachable; `removed`, the device no longer has the sensor;
 * `off`, the archive did not run; `lost`, the archive could not keep received readings.
 *
 * @category models
 * @since 0.1.0
 */
export const GapReason = Schema.Literals(["away", "removed", "off", "lost"])

/**
 * The reason for missing readings.
 *
 * @category models
 * @since 0.1.0
 */
export type GapReason = typeof GapReason.Type

/**
 * A stretch of time with missing readings. Gaps are data like readings.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gap {
  /** The device; empty for all devices. */
  readonly device: string
  /** The sensor; empty for all sensors of the device. */
  readonly sensor: string
  /** The beginning, in microseconds since 1970. */
  readonly from: number
  /** The end, in microseconds since 1970; null while the gap lasts. */
  readonly to: number | null
  readonly reason: GapReason
  /** The number of readings that are known to be lost; 0 if unknown. */
  readonly lost: number
}

/**
 * Returns `true` if the gap includes this sensor: itself, all sensors of its device, or all devices.
 *
 * @category predicates
 * @since 0.1.0
 */
export const concerns = (gap: Gap, { device, sensor }: Pick<Series, "device" | "sensor">): boolean =>
  (gap.device === "" || gap.device === device) && (gap.sensor === "" || gap.sensor === sensor)

/** `true` if the last value is unknown at this time because of the gap. This does not apply to lost readings alone. */
export const hides = (gap: Gap, time: number): boolean =>
  gap.reason !== "lost" && gap.from <= time && (gap.to === null || time < gap.to)
