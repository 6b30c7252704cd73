import { errorText } from "../../Message/index.ts"
import { type Any, type Arg, Invalid } from "./Arg.ts"
import { Address } from "./addressArg.ts"
import { Boolean } from "./Boolean.ts"
import { between } from "./between.ts"
import { DiscreteOf, discreteAnyCaseOf, Lru } from "./Discrete.ts"
import { DiscreteMulti } from "./DiscreteMulti.ts"
import { Float } from "./Float.ts"
import { GaussianInteger } from "./GaussianInteger.ts"
import { BigInt as BigInteger, Int, SafeInt } from "./Integer.ts"
import { boundsOf, type Numeric, type NumericDescription } from "./limits.ts"
import { opaque } from "./opaque.ts"
import { type Packed, Struct } from "./Struct.ts"
import { Bytes, Pattern, StrictText, Text } from "./Text.ts"
import { StrictTimestamp, Timestamp, TimestampOrNow } from "./Timestamp.ts"
import type { TypeDescription } from "./TypeDescription.ts"
import { unionOf } from "./union.ts"
import { fromWireValue } from "./wireValue.ts"

const toBigint = (value: Numeric): bigint => {
  if (typeof value === "number" && !Number.isInteger(value))
    throw new TypeError(`${value} is not a bound for big integers`)
  return BigInt(value)
}

const within = <A extends Numeric>(
  arg: Arg<A>,
  description: NumericDescription,
  convert: (value: Numeric) => A
): Any => {
  const { maximum, minimum } = boundsOf(description)
  // plain types are compared by identity
  if (minimum === undefined && maximum === undefined) return arg
  return between<A>(arg, {
    minimum: minimum === undefined ? undefined : convert(minimum),
    maximum: maximum === undefined ? undefined : convert(maximum)
  })
}

const several = <A>(items: ReadonlyArray<A>, what: string): readonly [A, ...ReadonlyArray<A>] => {
  const [first, ...others] = items
  if (first === undefined) throw new TypeError(`${what} needs one`)
  return [first, ...others]
}

/**
 * Returns the type of a description. Its own description equals the given one. Values of an {@link opaque} type are
 * bytes, and those of a discrete type its words. Throws the `TypeError` of the type's constructor if the description is
 * inconsistent. Patterns run unchecked: do not accept descriptions with patterns from people you do not trust.
 *
 * @example
 * ```ts
 * import { Arg } from "katcp/Codec"
 *
 * const Elevation = Arg.fromDescription({ kind: "float", minimum: 0, maximum: 90 })
 * ```
 *
 * @category descriptions
 * @since 0.1.0
 */
export const fromDescription = (description: TypeDescription): Any => {
  switch (description.kind) {
    case "boolean":
      return Boolean
    case "string":
      return Text
    case "strict-string":
      return StrictText
    case "bytes":
      return Bytes
    case "lru":
      return Lru
    case "timestamp-or-now":
      return TimestampOrNow
    case "address":
      return Address
    case "gaussian-integer":
      return GaussianInteger
    case "integer":
      return within(Int, description, (value) => value)
    case "safe-integer":
      return within(SafeInt, description, Number)
    case "big-integer":
      return within(BigInteger, description, toBigint)
    case "float":
      return within(Float, description, Number)
    case "timestamp":
      return within(Timestamp, description, Number)
    case "strict-timestamp":
      return within(StrictTimestamp, description, Number)
    case "discrete":
      return DiscreteOf(several(description.options, "a discrete type"))
    case "discrete-any-case":
      return discreteAnyCaseOf(several(description.options, "a discrete type"))
    case "discrete-list":
      return DiscreteMulti(several(description.options, "a discrete type"), description)
    case "pattern":
      return Pattern(regexOf(description.source, description.flags))
    case "struct":
      return structOf(description.fields)
    case "union":
      return unionFrom(description.members)
    case "opaque":
      return opaqueOf(description)
  }
}

const regexOf = (source: string, flags = ""): RegExp => {
  try {
    return new RegExp(source, flags)
  } catch (error) {
    throw new TypeError(`not a valid pattern: ${errorText(error)}`)
  }
}

const structOf = (fields: ReadonlyArray<{ readonly name: string; readonly packed: string }>): Any => {
  if (new Set(fields.map(({ name }) => name)).size < fields.length) throw new TypeError("two fields have the same name")
  return Struct(Object.fromEntries(fields.map(({ name, packed }) => [name, packed as Packed])))
}

const unionFrom = (members: ReadonlyArray<TypeDescription>): Any => {
  const [first, second, ...others] = members.map(fromDescription)
  if (first === undefined || second === undefined) throw new TypeError("a union needs two members")
  return unionOf([first, second, ...others])
}

const opaqueOf = (description: Extract<TypeDescription, { readonly kind: "opaque" }>): Any => {
  const { initial, name, parameters, sensorType } = description
  const bytes = initial === undefined ? undefined : fromWireValue(Bytes, initial)
  if (bytes instanceof Invalid) throw new TypeError(`${name}: ${bytes.message}`)
  return opaque(name, { sensorType, parameters, initial: bytes })
}
