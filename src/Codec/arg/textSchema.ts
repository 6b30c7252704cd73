import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { decodeText, encodeText } from "../../Message/index.ts"

/** The bytes of an argument as text: the base of the schemas of all text types. */
export const textSchema: Schema.Codec<string, Uint8Array> = Schema.Uint8Array.pipe(
  Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: decodeText, encode: encodeText }))
)

/** Text that matches a pattern. */
export const textLike = (pattern: RegExp, what: string): Schema.Codec<string, Uint8Array> =>
  textSchema.check(Schema.isPattern(pattern, { message: `expected ${what}` }))
