/** The limits of numbers in descriptions of types. */
import { type Limit, numericKinds, type TypeDescription } from "./TypeDescription.ts"

export type Numeric = number | bigint
export type NumericDescription = Extract<TypeDescription, { readonly kind: (typeof numericKinds)[number] }>

/** Whether a description is that of a type of numbers. */
const isNumeric = (description: TypeDescription): description is NumericDescription =>
  (numericKinds as ReadonlyArray<string>).includes(description.kind)

/**
 * A number as descriptions hold it.
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
 * The number that a limit of a description stands for.
 *
 * @category descriptions
 * @since 0.1.0
 */
export const fromLimit = (limit: Limit): Numeric => {
  if (typeof limit === "number") return limit
  if (limit === "inf") return Number.POSITIVE_INFINITY
  return limit === "-inf" ? Number.NEGATIVE_INFINITY : BigInt(limit)
}

/** A description with bounds beside those that it has; undefined where the type is none of numbers. */
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

/** The bounds of a type of numbers, as numbers. */
export const boundsOf = ({
  maximum,
  minimum
}: NumericDescription): { readonly minimum: Numeric | undefined; readonly maximum: Numeric | undefined } => ({
  minimum: minimum === undefined ? undefined : fromLimit(minimum),
  maximum: maximum === undefined ? undefined : fromLimit(maximum)
})
