import * as Schema from "effect/Schema"

/**
 * The database of a fleet fails, or refuses an operation.
 *
 * @category errors
 * @since 0.1.0
 */
export class FleetFailed extends Schema.TaggedError<FleetFailed>("katcp/FleetFailed")("FleetFailed", {
  /**
   * `away`: the database is unreachable; the next call may succeed. `refused`: the fleet does not accept this, such as
   * another number of shards. `taken`: another runner that is alive has the name. `replaced`: a runner of the same name
   * was started later. `broken`: something must be repaired.
   */
  why: Schema.Literals(["away", "refused", "taken", "replaced", "broken"]),
  /** The fault, and a remedy. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}
