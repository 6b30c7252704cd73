import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { strictUtf8 } from "../bytes.ts"

const encoder = new TextEncoder()

/** The bytes of an argument as UTF-8 text: what the schemas of all types of text stand on. */
export const textSchema: Schema.Codec<string, Uint8Array> = Schema.Uint8Array.pipe(
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transformEffect({
      decode: (bytes: Uint8Array) => {
        const text = strictUtf8(bytes)
        return text === undefined
          ? Effect.fail(new SchemaIssue.InvalidValue({ message: "expected UTF-8 text" }))
          : Effect.succeed(text)
      },
      encode: (text: string) => Effect.succeed(encoder.encode(text))
    })
  )
)

/** The same, of one form. */
export const textLike = (pattern: RegExp, what: string): Schema.Codec<string, Uint8Array> =>
  textSchema.check(Schema.isPattern(pattern, { message: `expected ${what}` }))
