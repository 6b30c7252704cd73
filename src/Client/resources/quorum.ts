/**
 * How many of so many must agree: all by default, a number, or a share from 0 to 1, rounded up.
 *
 * @category models
 * @since 0.1.0
 */
export type Quorum = number | { readonly share: number }

/** How many that are. Throws a `RangeError` for what makes no sense. */
export const needed = (quorum: Quorum | undefined, size: number): number => {
  if (quorum === undefined) return size
  if (typeof quorum === "number") {
    if (!Number.isInteger(quorum) || quorum < 0)
      throw new RangeError(`a quorum is a whole number or a share, not ${quorum}: write { share: ${quorum} }`)
    return Math.min(quorum, size)
  }
  const { share } = quorum
  if (!(share >= 0 && share <= 1)) throw new RangeError(`a share is from 0 to 1, not ${share}`)
  return Math.ceil(share * size)
}
