import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Dialect } from "../Dialect.ts"
import type { Field } from "./ArgumentList.ts"
import { sameBytes } from "./Text.ts"

type Arguments = ReadonlyArray<Uint8Array>
type Named = { readonly [name: string]: Uint8Array | Arguments }

const fieldSchema = (field: Field, dialect: Dialect) => {
  if (!("_tag" in field)) return field.schema(dialect)
  const schema = field.arg.schema(dialect)
  if (field._tag === "Rest") return Schema.Array(schema)
  if (field._tag === "Optional") return Schema.optionalKey(schema)
  return schema.pipe(Schema.withDecodingDefaultTypeKey(Effect.succeed(field.value)))
}

/**
 * Builds the Schema of an argument list from the parts of Schema: the arguments by name, then each with its own codec.
 */
export const listSchema = (
  fields: { readonly [name: string]: Field },
  minimum: number,
  maximum: number,
  dialect: Dialect
): Schema.Codec<unknown, Arguments> => {
  const entries = Object.entries(fields)
  const struct = Schema.Struct(Object.fromEntries(entries.map(([name, field]) => [name, fieldSchema(field, dialect)])))
  const isRest = (index: number): boolean => {
    const field = entries[index]![1]
    return "_tag" in field && field._tag === "Rest"
  }
  const named = (given: Arguments): Named =>
    Object.fromEntries(
      entries.flatMap(([name], index): Array<[string, Uint8Array | Arguments]> => {
        if (isRest(index)) return [[name, given.slice(index)]]
        return index < given.length ? [[name, given[index]!]] : []
      })
    )
  /** Returns `true` if a part of the list is equal to an omitted one. */
  const isLeftOut = (part: Uint8Array | Arguments | undefined, field: Field): boolean => {
    if (part === undefined || !("_tag" in field)) return part === undefined
    if (!(part instanceof Uint8Array)) return part.length === 0
    return field._tag === "WithDefault" && sameBytes(part, Schema.encodeSync(field.arg.schema(dialect))(field.value))
  }
  const listed = (record: Named): Effect.Effect<Arguments, SchemaIssue.Issue> => {
    const parts = entries.map(([name]) => record[name])
    const end = parts.indexOf(undefined)
    if (end === -1) return Effect.succeed(parts.flatMap((part) => part!))
    return parts.every((part, index) => index < end || isLeftOut(part, entries[index]![1]))
      ? Effect.succeed(parts.slice(0, end).flatMap((part) => part!))
      : Effect.fail(new SchemaIssue.InvalidValue({ message: "an argument is given after an omitted one" }))
  }
  return Schema.Array(Schema.Uint8Array)
    .check(
      Schema.makeFilter((given: Arguments) => given.length >= minimum && given.length <= maximum, {
        expected: `${minimum} to ${maximum} arguments`
      })
    )
    .pipe(
      Schema.decodeTo(
        struct,
        SchemaTransformation.transformEffect({
          decode: (given: Arguments) => Effect.succeed(named(given)),
          encode: listed
        })
      )
    )
}
