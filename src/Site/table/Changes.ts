import type { WireReading } from "../../Client/index.ts"
import type { Row } from "./Row.ts"
import type { Removal } from "./Tombstones.ts"

/**
 * What a reader has to do to be up to date: if `snapshot`, forget everything; then take out what `removed` names; then
 * take in the rows of `changed`. A sensor that was replaced is in both.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  /** The revision that the reader is at once it has done so: what it asks for next. */
  readonly revision: number
  /** `true` if `changed` is the whole table: at the first look, or if the reader was away for longer than removals are kept. */
  readonly snapshot: boolean
  /** The sensors that have gone, oldest first. Empty in a snapshot. */
  readonly removed: ReadonlyArray<Removal>
  /** The rows that are new or have changed, each with its newest reading, oldest change first. */
  readonly changed: ReadonlyArray<Row>
}

/**
 * One thing that happened to the table: for those that want every reading ({@link Feed}).
 *
 * @category models
 * @since 0.1.0
 */
export type Change =
  | { readonly _tag: "Added"; readonly row: Row; readonly revision: number }
  | { readonly _tag: "Reading"; readonly row: Row; readonly reading: WireReading; readonly revision: number }
  | { readonly _tag: "Removed"; readonly row: Row; readonly revision: number }
