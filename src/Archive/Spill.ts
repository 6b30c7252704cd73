import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Batch } from "./model/Batch.ts"
import type { Gap } from "./model/Gap.ts"
import type { Definition } from "./model/Series.ts"

/**
 * The spill cannot be read or written.
 *
 * @category errors
 * @since 0.1.0
 */
export class SpillFailed extends Schema.TaggedError<SpillFailed>("katcp/SpillFailed")("SpillFailed", {
  /** The failure, its place, and a remedy. */
  message: Schema.String
}) {}

/**
 * An entry of a spill: a batch, with the definitions of the numbers in its column `series`, or gaps.
 *
 * @category models
 * @since 0.1.0
 */
export type Spilled =
  | { readonly _tag: "Batch"; readonly batch: Batch; readonly definition: (series: number) => Definition }
  | { readonly _tag: "Gaps"; readonly gaps: ReadonlyArray<Gap> }

/**
 * The place for batches while the store is not writable and the memory for them is full. It is outside the process, so
 * they survive its end. First in, first out.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpillShape {
  /** The path of the spill. */
  readonly path: string
  /** The number of readings in the spill. */
  readonly readings: number
  /** The size of the spill, in bytes. */
  readonly bytes: number
  /** `true` if the spill is empty. */
  readonly isEmpty: boolean
  /** The newest time of arrival among the readings of an earlier process, in microseconds since 1970. */
  readonly newest: number | undefined
  /** The damaged readings that could not be read since the spill was opened. */
  readonly damage: { readonly readings: number; readonly message: string | undefined }
  /** Adds a batch or gaps at the end. Returns `false`, without effect, if the limit leaves no room. */
  readonly push: (spilled: Spilled) => Effect.Effect<boolean, SpillFailed>
  /** Returns the oldest entry, or `undefined` if the spill is empty. */
  readonly first: Effect.Effect<Spilled | undefined, SpillFailed>
  /** Removes the oldest entry. */
  readonly shift: Effect.Effect<void, SpillFailed>
}

/**
 * The spill of an archive: `ArchiveNode.layerSpill`. By default there is no spill, and readings that do not fit into
 * memory are lost and counted.
 *
 * @category services
 * @since 0.1.0
 */
export class Spill extends Context.Reference<SpillShape | undefined>("katcp/Archive/Spill", {
  defaultValue: () => undefined
}) {}
