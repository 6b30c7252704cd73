import * as Duration from "effect/Duration"
import type { Limits } from "../options.ts"

/**
 * The limits of a table.
 *
 * @category models
 * @since 0.1.0
 */
export interface TableLimits {
  /** Sensors of all devices. Default 1,000,000. */
  readonly sensors: number
  /** Sensors of one device. Default 200,000. */
  readonly sensorsPerDevice: number
  /** Removals that are kept for slow readers. Default 100,000. */
  readonly removals: number
  /** How long a removal is kept, in milliseconds. Default ten minutes. */
  readonly removalAge: number
  /** Changes in the ring for {@link Feed}s. Default 262,144. */
  readonly ringChanges: number
  /** Bytes of those changes, including their values. Default 64 MiB. */
  readonly ringBytes: number
}

/**
 * The limits of a table, with defaults.
 *
 * @category options
 * @since 0.1.0
 */
export const limitsOf = (limits: Limits = {}): TableLimits => ({
  sensors: limits.sensors ?? 1_000_000,
  sensorsPerDevice: limits.sensorsPerDevice ?? 200_000,
  removals: limits.removals ?? 100_000,
  removalAge: Duration.toMillis(limits.removalAge ?? "10 minutes"),
  ringChanges: limits.ringChanges ?? 262_144,
  ringBytes: limits.ringBytes ?? 64 * 1024 * 1024
})
