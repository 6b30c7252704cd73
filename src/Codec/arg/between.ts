import * as Schema from "effect/Schema"
import { expectOptions, expectValue } from "../../Message/index.ts"
import { type Arg, Invalid } from "./Arg.ts"
import { bounded } from "./limits.ts"
import { isArg, make } from "./make.ts"

/**
 * The bounds of {@link between}, inclusive. Each is optional.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bounds<A> {
  /** The smallest value. */
  readonly minimum?: A | undefined
  /** The largest value. */
  readonly maximum?: A | undefined
}

/**
 * A type of numbers within bounds. Refuses NaN and values outside the bounds when reading and writing. A sensor of this
 * type begins with 0, or with the bound nearest to 0. Throws a `TypeError` if no value is within the bounds.
 *
 * @example
 * ```ts
 * import { Arg } from "katcp/Codec"
 *
 * const Elevation = Arg.between(Arg.Float, { minimum: 0, maximum: 90 })
 * const Channels = Arg.between(Arg.SafeInt, { minimum: 1 })
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const between = <A extends number | bigint>(arg: Arg<A>, bounds: Bounds<NoInfer<A>>): Arg<A> => {
  expectValue("Arg.between", isArg(arg), "a type of numbers", arg)
  expectOptions("Arg.between", bounds)
  const { maximum, minimum } = bounds
  if (Number.isNaN(minimum) || Number.isNaN(maximum)) throw new TypeError("a bound must not be NaN")
  if (minimum !== undefined && maximum !== undefined && minimum > maximum)
    throw new TypeError(`no value is between ${minimum} and ${maximum}`)
  const description = bounded(arg.description, bounds)
  const fault = (value: A): string | undefined => {
    if (minimum !== undefined && value < minimum) return `${value} is lower than the minimum ${minimum}`
    if (maximum !== undefined && value > maximum) return `${value} is higher than the maximum ${maximum}`
    return Number.isNaN(value) ? "NaN is not within the bounds" : undefined
  }
  const { decode, encode } = arg
  return make<A>({
    name: arg.name,
    sensorType: arg.sensorType,
    parameters: arg.parameters,
    description,
    initial:
      minimum !== undefined && arg.initial < minimum
        ? minimum
        : maximum !== undefined && arg.initial > maximum
          ? maximum
          : arg.initial,
    decode: (bytes, start, end, dialect) => {
      const value = decode(bytes, start, end, dialect)
      if (value instanceof Invalid) return value
      const wrong = fault(value)
      return wrong === undefined ? value : new Invalid(wrong)
    },
    encode: (value, dialect) => {
      const argument = encode(value, dialect)
      if (argument instanceof Invalid) return argument
      const wrong = fault(value)
      return wrong === undefined ? argument : new Invalid(wrong)
    },
    equals: arg.equals,
    schema: (dialect) => arg.schema(dialect).check(Schema.makeFilter(fault))
  })
}
