/**
 * The number of members that must agree: a number, or a share from 0 to 1, rounded up. All by default.
 *
 * @category models
 * @since 0.1.0
 */
export type Quorum = number | { readonly share: number }

/** Returns the number of members that a quorum needs. Throws a `RangeError` for an invalid quorum. */
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
