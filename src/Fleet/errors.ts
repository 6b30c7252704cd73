import * as Schema from "effect/Schema"

/**
 * The database of a fleet cannot be used, or refuses.
 *
 * @category errors
 * @since 0.1.0
 */
export class FleetFailed extends Schema.TaggedError<FleetFailed>("katcp/FleetFailed")("FleetFailed", {
  /**
   * `away`: the database cannot be reached; the next call may do. `refused`: the fleet does not take this, such as another
   * number of shards. `replaced`: a runner of the same name was started later. `broken`: something has to be repaired.
   */
  why: Schema.Literals(["away", "refused", "replaced", "broken"]),
  /** What is wrong, and what to try. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}
