import type * as Effect from "effect/Effect"
import type { Row } from "./table/Row.ts"

/**
 * The demand for readings in the view of a fleet. The view knows the sensors of all runners, and asks another runner
 * for readings only while a reader needs them. An ordinary site mirrors its selection all the time, and has no demand.
 *
 * @category models
 * @since 0.1.0
 */
export interface Demand {
  /**
   * Requests the readings of a row until the returned function is called. The first one arrives within a round trip.
   * Before that, and from some seconds after the last request on, `row.reading` is undefined. Costs a few lookups.
   */
  readonly need: (row: Row) => () => void
  /**
   * Waits until rows have a reading, and keeps them for some seconds. It waits 2 seconds at most, and not for lost
   * devices: their rows stay as they are.
   */
  readonly fetch: (rows: ReadonlyArray<Row>) => Effect.Effect<void>
}
