import * as Schema from "effect/Schema"

/**
 * A text in JSON: text, or `{ "base64": … }` if it is not UTF-8. The value is the Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const LiveText = Schema.Union([Schema.String, Schema.Struct({ base64: Schema.String })])

/**
 * A text in JSON.
 *
 * @category models
 * @since 0.1.0
 */
export type LiveText = typeof LiveText.Type
