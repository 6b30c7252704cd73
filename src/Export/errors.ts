import * as Schema from "effect/Schema"

/**
 * The options of an exporter make no sense, or its destination cannot be opened.
 *
 * @category errors
 * @since 0.1.0
 */
export class ExportRefused extends Schema.TaggedError<ExportRefused>("katcp/ExportRefused")("ExportRefused", {
  /** What is wrong, and what to write instead. */
  message: Schema.String
}) {}
