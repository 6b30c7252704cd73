import * as Schema from "effect/Schema"

/**
 * The store of an archive could not do what it was asked for.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreFailed extends Schema.TaggedError<StoreFailed>("katcp/StoreFailed")("StoreFailed", {
  /**
   * `full`: the disk, or the file's limit, is full. `away`: the database cannot be reached, or gives no answer. `held`:
   * another process writes to the store. `newer`: a later version of this library made the store. `foreign`: what is there
   * is no archive. `broken`: anything else.
   */
  why: Schema.Literals(["full", "away", "held", "newer", "foreign", "broken"]),
  /** The store: a path, or the address of a database without its password. */
  store: Schema.String,
  /** What is wrong. */
  detail: Schema.String
}) {
  override get message(): string {
    return `the archive in ${this.store}: ${this.detail}`
  }
}

/**
 * A query asks for more than one answer may hold, or for what makes no sense.
 *
 * @category errors
 * @since 0.1.0
 */
export class QueryRefused extends Schema.TaggedError<QueryRefused>("katcp/QueryRefused")("QueryRefused", {
  /** `large`: more than an answer may hold. `senseless`: a mistake in the query. `unknown`: no such sensor was archived. */
  why: Schema.Literals(["large", "senseless", "unknown"]),
  /** What is wrong, and what to ask instead. */
  message: Schema.String
}) {}
