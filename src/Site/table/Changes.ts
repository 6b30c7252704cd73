import type { WireReading } from "../../Client/index.ts"
import type { Row } from "./Row.ts"
import type { Removal } from "./Tombstones.ts"

/**
 * The changes for a reader. To apply them: if `snapshot`, forget everything; then remove the rows in `removed`; then
 * add or update the rows in `changed`. A sensor that was replaced is in both.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  /** The revision of a reader that has applied them, to ask for the next ones. */
  readonly revision: number
  /**
   * `true` if `changed` is the whole table: the first time, or if the reader was away for longer than removals are
   * kept.
   */
  readonly snapshot: boolean
  /** The removed sensors, oldest first. Empty in a snapshot. */
  readonly removed: ReadonlyArray<Removal>
  /** The rows that are new or have changed, each with its newest reading, oldest change first. */
  readonly changed: ReadonlyArray<Row>
}

/**
 * A change of the table, for readers of every reading ({@link Feed}).
 *
 * @category models
 * @since 0.1.0
 */
export type Change =
  | { readonly _tag: "Added"; readonly row: Row; readonly revision: number }
  | { readonly _tag: "Reading"; readonly row: Row; readonly reading: WireReading; readonly revision: number }
  | { readonly _tag: "Removed"; readonly row: Row; readonly revision: number }
