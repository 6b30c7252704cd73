import type { Status } from "./Status.ts"

/**
 * The status and time of a value that is set.
 *
 * @category models
 * @since 0.1.0
 */
export interface SetOptions {
  /** The status. By default the result of the sensor's `statusFrom`, or `nominal` without one. */
  readonly status?: Status | undefined
  /** The time when the value was read, in seconds since 1970-01-01 UTC. By default now, to the millisecond. */
  readonly timestamp?: number | undefined
}

/**
 * The wire arguments of a reading from another device or a client, without escapes.
 *
 * @category models
 * @since 0.1.0
 */
export interface FormattedOptions {
  /** The status. The default of {@link SetOptions}. */
  readonly status?: string | Uint8Array | undefined
  /** The timestamp in the unit of the dialect. By default now. */
  readonly timestamp?: string | Uint8Array | undefined
}
