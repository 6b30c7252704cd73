import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { decodeText, encodeText } from "../../Message/index.ts"

/**
 * A device's text in JSON: a string, or `{ "base64": … }` if it has bytes that are not UTF-8. JSON has no form for such
 * bytes that all readers understand.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AnyText: Schema.Codec<string, string | { readonly base64: string }> = Schema.Union([
  Schema.String,
  Schema.Struct({ base64: Schema.String })
]).pipe(
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transformEffect({
      decode: (json: string | { readonly base64: string }) => {
        if (typeof json === "string") return Effect.succeed(json)
        const bytes = Base64.decode(json.base64)
        return Result.isSuccess(bytes)
          ? Effect.succeed(decodeText(bytes.success))
          : Effect.fail(new SchemaIssue.InvalidValue({ message: "expected base64" }))
      },
      encode: (text: string): Effect.Effect<string | { readonly base64: string }> =>
        Effect.succeed(text.isWellFormed() ? text : { base64: Base64.encode(encodeText(text)) })
    })
  )
)
