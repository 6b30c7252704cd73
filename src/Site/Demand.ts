import type * as Effect from "effect/Effect"
import type { Row } from "./table/Row.ts"

/**
 * The readings that somebody needs now. The view of a fleet knows the sensors of all runners, and asks another runner for
 * readings only while somebody needs them; a reader of such a site says so here. An ordinary site mirrors its selection,
 * whoever reads it, and has no demand.
 *
 * @category models
 * @since 0.1.0
 */
export interface Demand {
  /**
   * Needs the readings of a row until the function that is returned is called. The first one comes within a round trip; until
   * then, and some seconds after nobody needs the row any more, `row.reading` is undefined. Costs a few lookups.
   */
  readonly need: (row: Row) => () => void
  /**
   * Waits until rows have a reading, and keeps them for some seconds. Waits 2 seconds at most, and not for devices that are
   * away: those rows stay as they are.
   */
  readonly fetch: (rows: ReadonlyArray<Row>) => Effect.Effect<void>
}
