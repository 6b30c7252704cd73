import * as Cause from "effect/Cause"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { expectOptions, expectValue } from "../../Message/index.ts"
import { type Arg, Invalid, type SensorType } from "./Arg.ts"
import { make } from "./make.ts"
import { decodeText } from "./Text.ts"
import { textSchema } from "./textSchema.ts"

/**
 * The options of {@link fromSchema}.
 *
 * @category models
 * @since 0.1.0
 */
export interface FromSchemaOptions<A> {
  /** The value of a sensor of this type before its first reading. */
  readonly initial: A
  /** The wire name of sensors of this type. `string` by default. */
  readonly sensorType?: SensorType | undefined
  /** The parameters of a sensor of this type in `#sensor-list`. None by default. */
  readonly parameters?: ReadonlyArray<string> | undefined
}

const messageOf = (cause: Cause.Cause<Schema.SchemaError>): string =>
  Cause.prettyErrors(cause)
    .map((error) => error.message.replace(/\s*\n\s*/g, " "))
    .join("; ")

/**
 * Builds a custom type from a Schema codec between the value and the argument as text, as {@link Text} reads it. The
 * codec must be synchronous and need no services. Beware: the number schemas of Effect read empty text as 0 and accept
 * blanks around a number; the types of this module do not.
 *
 * @example
 * ```ts
 * import { Arg } from "katcp/Codec"
 * import * as Schema from "effect/Schema"
 *
 * const Name = Arg.fromSchema("name", Schema.NonEmptyString.check(Schema.isMaxLength(8)), { initial: "nobody" })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSchema = <A>(name: string, schema: Schema.Codec<A, string>, options: FromSchemaOptions<A>): Arg<A> => {
  const call = `Arg.fromSchema(${JSON.stringify(name)})`
  expectValue(call, Schema.isSchema(schema), "a Schema", schema)
  expectOptions(call, options, ["initial"])
  const decode = Schema.decodeExit(schema)
  const encode = Schema.encodeUnknownExit(schema)
  const orInvalid = <B>(exit: Exit.Exit<B, Schema.SchemaError>): B | Invalid =>
    Exit.isSuccess(exit) ? exit.value : new Invalid(messageOf(exit.cause))
  return make<A>({
    name,
    initial: options.initial,
    sensorType: options.sensorType ?? "string",
    parameters: options.parameters,
    decode: (bytes, start, end) => orInvalid(decode(decodeText(bytes, start, end))),
    encode: (value) => orInvalid(encode(value)),
    equals: Equal.equals,
    schema: () => textSchema.pipe(Schema.decodeTo(schema))
  })
}
