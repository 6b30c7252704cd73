import * as Schema from "effect/Schema"
import type { SensorType } from "./Arg.ts"
import { AnyText } from "./anyText.ts"

/**
 * A limit of numbers in a description: a number if JSON holds it exactly, otherwise text. The text is an integer beyond
 * ±(2^53 − 1), `inf` or `-inf`.
 *
 * @category models
 * @since 0.1.0
 */
export type Limit = number | string

/**
 * The limits as a Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Limit: Schema.Codec<Limit> = Schema.Union([
  Schema.Finite,
  Schema.String.check(
    Schema.isPattern(/^(?:-?inf|-?\d{16,65536})$/, { message: "expected a large integer, inf or -inf" })
  )
])

/**
 * A value in a description, in its wire form of version 5: text, or hexadecimal digits for bytes that are not text.
 *
 * @category models
 * @since 0.1.0
 */
export type WireValue = string | { readonly hex: string }

/**
 * The values as a Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WireValue: Schema.Codec<WireValue> = Schema.Union([
  Schema.String,
  Schema.Struct({
    hex: Schema.String.check(
      Schema.isPattern(/^(?:[0-9a-f]{2})*$/, { message: "expected two hexadecimal digits for each byte" })
    )
  })
])

/** The types of numbers, which may have bounds. */
export const numericKinds = [
  "integer",
  "safe-integer",
  "big-integer",
  "float",
  "timestamp",
  "strict-timestamp"
] as const

/** The types without parameters. */
const plainKinds = [
  "boolean",
  "string",
  "strict-string",
  "bytes",
  "lru",
  "timestamp-or-now",
  "address",
  "gaussian-integer"
] as const

/**
 * A type as plain JSON: contracts describe arguments and sensors with it, and code is generated from it.
 * `fromDescription` turns it back into a type. A custom type is `opaque`: its name, and enough for others to pass its
 * values on as bytes.
 *
 * @category models
 * @since 0.1.0
 */
export type TypeDescription =
  | { readonly kind: (typeof plainKinds)[number] }
  | { readonly kind: (typeof numericKinds)[number]; readonly minimum?: Limit; readonly maximum?: Limit }
  | { readonly kind: "discrete" | "discrete-any-case"; readonly options: ReadonlyArray<string> }
  | {
      readonly kind: "discrete-list"
      readonly options: ReadonlyArray<string>
      /** The word for all options. Empty: the type has no such word. */
      readonly all: string
      readonly separator: string
    }
  | { readonly kind: "pattern"; readonly source: string; readonly flags?: string }
  | { readonly kind: "struct"; readonly fields: ReadonlyArray<{ readonly name: string; readonly packed: string }> }
  | { readonly kind: "union"; readonly members: ReadonlyArray<TypeDescription> }
  | {
      readonly kind: "opaque"
      readonly name: string
      /** The wire name of sensors of the type. If absent, sensors cannot have this type. */
      readonly sensorType?: SensorType
      /** The parameters of such a sensor in `#sensor-list`. */
      readonly parameters?: ReadonlyArray<string>
      /** The initial value of such a sensor. Empty if absent. */
      readonly initial?: WireValue
    }

const texts = Schema.Array(AnyText)

/**
 * The Schema of type descriptions. In JSON, text that is not UTF-8 is `{ "base64": … }`. The Schema checks the form
 * only; `fromDescription` checks the meaning.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TypeDescription: Schema.Codec<TypeDescription, unknown> = Schema.Union([
  // a struct for each kind, so errors refer to the right one
  ...plainKinds.map((kind) => Schema.Struct({ kind: Schema.Literal(kind) })),
  ...numericKinds.map((kind) =>
    Schema.Struct({
      kind: Schema.Literal(kind),
      minimum: Schema.optionalKey(Limit),
      maximum: Schema.optionalKey(Limit)
    })
  ),
  ...(["discrete", "discrete-any-case"] as const).map((kind) =>
    Schema.Struct({ kind: Schema.Literal(kind), options: texts })
  ),
  Schema.Struct({
    kind: Schema.Literal("discrete-list"),
    options: texts,
    all: Schema.String,
    separator: Schema.String
  }),
  Schema.Struct({
    kind: Schema.Literal("pattern"),
    source: Schema.String,
    flags: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({
    kind: Schema.Literal("struct"),
    fields: Schema.Array(Schema.Struct({ name: Schema.String, packed: Schema.String }))
  }),
  Schema.Struct({
    kind: Schema.Literal("union"),
    members: Schema.Array(Schema.suspend((): Schema.Codec<TypeDescription, unknown> => TypeDescription))
  }),
  Schema.Struct({
    kind: Schema.Literal("opaque"),
    name: AnyText,
    sensorType: Schema.optionalKey(
      Schema.Literals(["integer", "float", "boolean", "lru", "timestamp", "discrete", "address", "string"])
    ),
    parameters: Schema.optionalKey(texts),
    initial: Schema.optionalKey(WireValue)
  })
])
