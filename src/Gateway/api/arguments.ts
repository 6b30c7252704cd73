/** The arguments of requests in the API: for forms, and for programs that check their input. */
import * as Schema from "effect/Schema"
import type { Arg } from "../../Codec/index.ts"
import type { FieldDescription } from "../../Interface/index.ts"

export const ArgumentJson = Schema.Struct({
  name: Schema.String,
  type: Schema.String.annotate({
    description: "integer, float, boolean, timestamp, timestamp-or-now, discrete, address, string, …"
  }),
  presence: Schema.Literals(["required", "optional", "rest"]).annotate({
    description: "rest: any number of arguments, from here on."
  }),
  options: Schema.optionalKey(Schema.Array(Schema.String)).annotate({
    description: "The words of a discrete argument."
  }),
  minimum: Schema.optionalKey(Schema.String).annotate({ description: "The smallest number, as text." }),
  maximum: Schema.optionalKey(Schema.String).annotate({ description: "The largest number, as text." }),
  default: Schema.optionalKey(Schema.String).annotate({
    description: "The default of an optional argument, as on the wire of version 5."
  })
}).annotate({ identifier: "Argument", description: "An argument of a request, from the contract of the device." })
type ArgumentJson = typeof ArgumentJson.Type

/** Returns an argument of a contract as JSON. Integers of every width are called `integer`. */
export const argumentJson = ({ default: value, name, presence, type }: FieldDescription): ArgumentJson => ({
  name,
  presence: presence ?? "required",
  ...typeJson(type),
  ...(typeof value === "string" ? { default: value.toWellFormed() } : {})
})

const typeJson = (type: Arg.TypeDescription): Omit<ArgumentJson, "name" | "presence" | "default"> => {
  switch (type.kind) {
    case "integer":
    case "safe-integer":
    case "big-integer":
      return { type: "integer", ...limitsOf(type) }
    case "float":
      return { type: "float", ...limitsOf(type) }
    case "timestamp":
    case "strict-timestamp":
      return { type: "timestamp", ...limitsOf(type) }
    case "discrete":
    case "discrete-any-case":
      return { type: "discrete", options: type.options.map((option) => option.toWellFormed()) }
    case "discrete-list":
      return { type: "discrete-list", options: type.options.map((option) => option.toWellFormed()) }
    case "strict-string":
      return { type: "string" }
    case "opaque":
      return { type: type.sensorType ?? "string" }
    default:
      return { type: type.kind }
  }
}

const limitsOf = ({ maximum, minimum }: { readonly minimum?: Arg.Limit; readonly maximum?: Arg.Limit }) => ({
  ...(minimum === undefined ? {} : { minimum: String(minimum) }),
  ...(maximum === undefined ? {} : { maximum: String(maximum) })
})
