import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { decodeText, encodeText } from "../../Message/index.ts"

/** The bytes of an argument as text: the schemas of all types of text stand on it. */
export const textSchema: Schema.Codec<string, Uint8Array> = Schema.Uint8Array.pipe(
  Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: decodeText, encode: encodeText }))
)

/** The same, of one form. */
export const textLike = (pattern: RegExp, what: string): Schema.Codec<string, Uint8Array> =>
  textSchema.check(Schema.isPattern(pattern, { message: `expected ${what}` }))
