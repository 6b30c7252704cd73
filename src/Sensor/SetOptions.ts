import type { Status } from "./Status.ts"

/**
 * What may be said of a value that is set.
 *
 * @category models
 * @since 0.1.0
 */
export interface SetOptions {
  /** The status. By default what the sensor's `statusFrom` says, which is `nominal` where there is none. */
  readonly status?: Status | undefined
  /** When the value was read, in seconds since 1970-01-01 UTC. By default now, to the millisecond. */
  readonly timestamp?: number | undefined
}

/**
 * The arguments of a reading as another device or a client gives them, without escapes.
 *
 * @category models
 * @since 0.1.0
 */
export interface FormattedOptions {
  /** The status; like in {@link SetOptions} by default. */
  readonly status?: string | Uint8Array | undefined
  /** The timestamp in the unit of the dialect; now by default. */
  readonly timestamp?: string | Uint8Array | undefined
}
