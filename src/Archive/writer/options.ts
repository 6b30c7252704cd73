import type * as ByteSize from "effect/ByteSize"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Keep } from "../model/Keep.ts"
import type { QueryLimits } from "../queries.ts"

/**
 * The part of an archive in a fleet: several runners write to one store, each the readings of the devices that it holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveFleet {
  /** The epoch under which this runner holds a device, or held it last; `undefined` if it never did. */
  readonly epochOf: (device: string) => number | undefined
  /** `true` while this runner holds a device. What is removed with a device that it does not hold has gone elsewhere. */
  readonly holds: (device: string) => boolean
  /** `true` if this runner is to sum up and drop old data now. One runner at a time does. */
  readonly tends: Effect.Effect<boolean>
}

/**
 * What an archive writes, and how long it keeps that.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveOptions {
  /** How long data are kept. Default: for ever. */
  readonly keep?: Keep | undefined
  /**
   * The sensors whose readings are kept: patterns of `device/sensor`, as in a selection. Default: all that the site mirrors.
   */
  readonly sensors?: string | ReadonlyArray<string> | undefined
  /** How often readings go to the store, at most. Default 200 ms. A killed process loses at most the readings of that time. */
  readonly every?: Duration.Input | undefined
  /**
   * The bytes of readings that wait in memory while the store cannot be written to. Default 64 MiB, some two million
   * numbers. What is beyond waits on the disk if a spill is provided (`ArchiveNode.layerSpill`); else it is lost, and its
   * number stands in a gap.
   */
  readonly buffer?: ByteSize.Input | undefined
  /** For a runner of a fleet. Default: this archive alone writes to its store. */
  readonly fleet?: ArchiveFleet | undefined
  /** How much one query may ask for. */
  readonly limits?: QueryLimits | undefined
}
