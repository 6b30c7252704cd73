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
  /** What happened, where, and what to try. */
  message: Schema.String
}) {}

/**
 * What a spill holds: batches, with the definitions that the numbers in their column `series` stand for, and gaps.
 *
 * @category models
 * @since 0.1.0
 */
export type Spilled =
  | { readonly _tag: "Batch"; readonly batch: Batch; readonly definition: (series: number) => Definition }
  | { readonly _tag: "Gaps"; readonly gaps: ReadonlyArray<Gap> }

/**
 * Where batches wait when the store cannot be written to and the memory for them is full: outside the process, so that they
 * survive its end. First in, first out.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpillShape {
  /** The path of the spill. */
  readonly path: string
  /** The number of readings in the spill. */
  readonly readings: number
  /** The bytes that the spill takes. */
  readonly bytes: number
  /** `true` if the spill holds nothing. */
  readonly isEmpty: boolean
  /** The newest time of arrival among the readings that an earlier process has left, in microseconds since 1970. */
  readonly newest: number | undefined
  /** What was damaged and could not be read, since the spill was opened. */
  readonly damage: { readonly readings: number; readonly message: string | undefined }
  /** Puts a batch or gaps behind the others. Returns `false`, and does nothing, if the limit leaves no room. */
  readonly push: (spilled: Spilled) => Effect.Effect<boolean, SpillFailed>
  /** Returns the oldest entry, or `undefined` if the spill is empty. */
  readonly first: Effect.Effect<Spilled | undefined, SpillFailed>
  /** Takes the oldest entry out. */
  readonly shift: Effect.Effect<void, SpillFailed>
}

/**
 * The spill of an archive: `ArchiveNode.layerSpill`. By default there is none, and what does not fit into memory is lost and
 * counted.
 *
 * @category services
 * @since 0.1.0
 */
export class Spill extends Context.Reference<SpillShape | undefined>("katcp/Archive/Spill", {
  defaultValue: () => undefined
}) {}
