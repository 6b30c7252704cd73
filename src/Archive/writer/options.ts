import type * as ByteSize from "effect/ByteSize"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Keep } from "../model/Keep.ts"
import type { QueryLimits } from "../queries.ts"

/**
 * The part of an archive in a fleet: several runners write to one store, each for the devices that it holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveFleet {
  /** The epoch of this runner's current or last hold of a device; `undefined` if it never held it. */
  readonly epochOf: (device: string) => number | undefined
  /** `true` while this runner holds a device. Sensors of a device that it does not hold have moved elsewhere. */
  readonly holds: (device: string) => boolean
  /** `true` if this runner does the summaries and drops old data now. Only one runner at a time does. */
  readonly tends: Effect.Effect<boolean>
}

/**
 * Options of an archive.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveOptions {
  /** The retention. Default: forever. */
  readonly keep?: Keep | undefined
  /** The archived sensors: patterns of `device/sensor`, as in a selection. Default: all of the site. */
  readonly sensors?: string | ReadonlyArray<string> | undefined
  /**
   * The shortest interval of writing to the store. Default 200 ms. A killed process loses at most the readings of that
   * time.
   */
  readonly every?: Duration.Input | undefined
  /**
   * The bytes of readings that wait in memory while the store is not writable. Default 64 MiB, some two million
   * numbers. Further ones wait on the disk if a spill is provided (`ArchiveNode.layerSpill`); otherwise they are lost,
   * and a gap has their number.
   */
  readonly buffer?: ByteSize.Input | undefined
  /** For a runner of a fleet. Default: only this archive writes to its store. */
  readonly fleet?: ArchiveFleet | undefined
  /** Limits of one query. */
  readonly limits?: QueryLimits | undefined
}
