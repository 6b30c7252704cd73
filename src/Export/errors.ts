import * as Schema from "effect/Schema"

/**
 * The options of an exporter are invalid, or its destination cannot be opened.
 *
 * @category errors
 * @since 0.1.0
 */
export class ExportRefused extends Schema.TaggedError<ExportRefused>("katcp/ExportRefused")("ExportRefused", {
  /** The fault, and a remedy. */
  message: Schema.String
}) {}
