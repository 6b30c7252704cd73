import { Arg } from "../../Codec/index.ts"
import { field, list, literal, type Source, text } from "./source.ts"

/** The types without parameters. */
const names = {
  boolean: "Boolean",
  string: "Text",
  "strict-string": "StrictText",
  bytes: "Bytes",
  lru: "Lru",
  "timestamp-or-now": "TimestampOrNow",
  address: "Address",
  "gaussian-integer": "GaussianInteger",
  integer: "Int",
  "safe-integer": "SafeInt",
  "big-integer": "BigInt",
  float: "Float",
  timestamp: "Timestamp",
  "strict-timestamp": "StrictTimestamp"
} as const

/** Returns the expression that builds a type. */
export const typeSource = (type: Arg.TypeDescription): Source => {
  switch (type.kind) {
    case "discrete":
      // a call accepts 65535 arguments
      return type.options.length > 1000
        ? list("Arg.DiscreteOf([", type.options.map(text), "])")
        : list("Arg.Discrete(", type.options.map(text), ")")
    case "discrete-any-case":
      return list("Arg.DiscreteAnyCase(", type.options.map(text), ")")
    case "discrete-list": {
      const options = [
        ...(type.all === "all" ? [] : [field("all", text(type.all))]),
        ...(type.separator === "," ? [] : [field("separator", text(type.separator))])
      ]
      const values = list("[", type.options.map(text), "]")
      return list("Arg.DiscreteMulti(", options.length === 0 ? [values] : [values, list("{ ", options, " }")], ")")
    }
    case "pattern":
      return `Arg.Pattern(${new RegExp(type.source, type.flags)})`
    case "struct":
      return list(
        "Arg.Struct({ ",
        type.fields.map(({ name, packed }) => field(name, text(packed))),
        " })"
      )
    case "union":
      return list("Arg.union(", type.members.map(typeSource), ")")
    case "opaque":
      return opaque(type)
    default:
      return "minimum" in type || "maximum" in type ? between(type) : `Arg.${names[type.kind]}`
  }
}

const between = (type: Extract<Arg.TypeDescription, { readonly minimum?: Arg.Limit }>): Source => {
  const bound = (limit: Arg.Limit): Source => {
    const value = Arg.fromLimit(limit)
    if (type.kind === "big-integer") return literal(BigInt(value))
    return literal(type.kind === "integer" ? value : Number(value))
  }
  const bounds = [
    ...(type.minimum === undefined ? [] : [field("minimum", bound(type.minimum))]),
    ...(type.maximum === undefined ? [] : [field("maximum", bound(type.maximum))])
  ]
  return list(`Arg.between(Arg.${names[type.kind]}, { `, bounds, " })")
}

const opaque = ({
  initial,
  name,
  parameters,
  sensorType
}: Extract<Arg.TypeDescription, { readonly kind: "opaque" }>): Source => {
  const options = [
    ...(sensorType === undefined ? [] : [field("sensorType", text(sensorType))]),
    ...(parameters === undefined ? [] : [field("parameters", literal(parameters))]),
    ...(initial === undefined ? [] : [field("initial", literal(Arg.fromWireValue(Arg.Bytes, initial)))])
  ]
  return options.length === 0 ? `Arg.opaque(${text(name)})` : list(`Arg.opaque(${text(name)}, { `, options, " })")
}
