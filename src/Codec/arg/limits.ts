/** The limits of numbers in descriptions of types. */
import { type Limit, numericKinds, type TypeDescription } from "./TypeDescription.ts"

export type Numeric = number | bigint
export type NumericDescription = Extract<TypeDescription, { readonly kind: (typeof numericKinds)[number] }>

/** Returns `true` if a description is of a numeric type. */
const isNumeric = (description: TypeDescription): description is NumericDescription =>
  (numericKinds as ReadonlyArray<string>).includes(description.kind)

/**
 * Returns a number in the form of descriptions.
 *
 * @category descriptions
 * @since 0.1.0
 */
export const toLimit = (value: Numeric): Limit => {
  if (typeof value === "bigint")
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString()
  if (Number.isFinite(value)) return value === 0 ? 0 : value
  return value > 0 ? "inf" : "-inf"
}

/**
 * Returns the number of a limit in a description.
 *
 * @category descriptions
 * @since 0.1.0
 */
export const fromLimit = (limit: Limit): Numeric => {
  if (typeof limit === "number") return limit
  if (limit === "inf") return Number.POSITIVE_INFINITY
  return limit === "-inf" ? Number.NEGATIVE_INFINITY : BigInt(limit)
}

/** Adds bounds to a description. Returns `undefined` if the type is not numeric. */
export const bounded = (
  description: TypeDescription,
  bounds: { readonly minimum?: Numeric | undefined; readonly maximum?: Numeric | undefined }
): NumericDescription | undefined => {
  if (!isNumeric(description)) return undefined
  const { maximum, minimum } = boundsOf(description)
  const least =
    bounds.minimum === undefined || (minimum !== undefined && minimum > bounds.minimum) ? minimum : bounds.minimum
  const greatest =
    bounds.maximum === undefined || (maximum !== undefined && maximum < bounds.maximum) ? maximum : bounds.maximum
  if (least !== undefined && greatest !== undefined && least > greatest)
    throw new TypeError(`no value is between ${least} and ${greatest}`)
  return {
    kind: description.kind,
    ...(least === undefined ? {} : { minimum: toLimit(least) }),
    ...(greatest === undefined ? {} : { maximum: toLimit(greatest) })
  }
}

/** Returns the bounds of a numeric type, as numbers. */
export const boundsOf = ({
  maximum,
  minimum
}: NumericDescription): { readonly minimum: Numeric | undefined; readonly maximum: Numeric | undefined } => ({
  minimum: minimum === undefined ? undefined : fromLimit(minimum),
  maximum: maximum === undefined ? undefined : fromLimit(maximum)
})
