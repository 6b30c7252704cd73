/**
 * Returns the names most similar to a mistyped name, best first, at most three.
 *
 * @category checks
 * @since 0.1.0
 */
export const nearest = (name: string, names: Iterable<string>, count = 3): ReadonlyArray<string> => {
  const limit = Math.max(2, Math.floor(name.length / 3))
  const wanted = name.toLowerCase()
  const found: Array<readonly [distance: number, name: string]> = []
  for (const other of names) {
    const lower = other.toLowerCase()
    const distance = lower.includes(wanted) || wanted.includes(lower) ? 1 : distanceOf(wanted, lower, limit)
    if (distance <= limit) found.push([distance, other])
  }
  found.sort(([one, a], [other, b]) => one - other || (a < b ? -1 : 1))
  return found.slice(0, count).map(([, other]) => other)
}

/**
 * Returns `; did you mean …?` with the most similar names, or an empty string if no name is similar.
 *
 * @category checks
 * @since 0.1.0
 */
export const didYouMean = (name: string, names: Iterable<string>): string => {
  const found = nearest(name, names)
  return found.length === 0 ? "" : `; did you mean ${found.join(", ")}?`
}

/** Returns the number of letters to insert, remove, change or swap with the next. Stops counting above `limit`. */
const distanceOf = (one: string, other: string, limit: number): number => {
  if (Math.abs(one.length - other.length) > limit) return limit + 1
  let before: Array<number> = []
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        least = Math.min(least, before[j - 2]! + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[other.length]!
}
