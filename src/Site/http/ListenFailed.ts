import * as Schema from "effect/Schema"

/**
 * A listener cannot be opened.
 *
 * @category errors
 * @since 0.1.0
 */
export class ListenFailed extends Schema.TaggedError<ListenFailed>("katcp/Site/ListenFailed")("ListenFailed", {
  /** The address: `127.0.0.1:8080`. */
  at: Schema.String,
  message: Schema.String
}) {}
