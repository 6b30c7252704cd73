import * as Schema from "effect/Schema"

/**
 * A failure of the store of an archive.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreFailed extends Schema.TaggedError<StoreFailed>("katcp/StoreFailed")("StoreFailed", {
  /**
   * `full`: the disk, or the file's limit, is full. `away`: the database is unreachable, or does not answer. `held`:
   * another process writes to the store. `newer`: a later version of this library made the store. `foreign`: the target
   * is not an archive. `broken`: anything else.
   */
  why: Schema.Literals(["full", "away", "held", "newer", "foreign", "broken"]),
  /** The store: a path, or the address of a database without its password. */
  store: Schema.String,
  /** The fault. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the archive in ${this.store}: ${this.detail}`
  }
}

/**
 * A query that is too large or malformed.
 *
 * @category errors
 * @since 0.1.0
 */
export class QueryRefused extends Schema.TaggedError<QueryRefused>("katcp/QueryRefused")("QueryRefused", {
  /**
   * `large`: the answer would be too large. `senseless`: a mistake in the query. `unknown`: the sensor was never
   * archived.
   */
  why: Schema.Literals(["large", "senseless", "unknown"]),
  /** The fault, and a query to use instead. */
  message: Schema.String
}) {}
