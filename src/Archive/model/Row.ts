/**
 * A reading in a store.
 *
 * One rule decides between two readings of one series with the same time. Readings are taken in the order of arrival:
 *
 * - A reading that arrived earlier than the current one repeats something that was replaced: it is ignored.
 * - A reading with the same value and status is the same as the current one.
 * - Any other replaces the current one, and the number of replaced readings grows by one.
 *
 * So readings can be repeated any number of times, in the order of arrival, with the same result.
 */
import { receivedTime } from "./Batch.ts"
import { sameText, type Text } from "./Text.ts"

/**
 * A reading in a store. Times are in microseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Row {
  readonly time: number
  readonly lag: number
  readonly status: number
  /** Null for NaN, and for a value that is not a number. */
  readonly value: number | null
  readonly text: Text | null
  /** The number of other readings with this time that it replaced. */
  readonly replaced: number
}

const arrival = (row: Row): number => receivedTime(row.time, row.lag)

/** Returns the valid row of two with the same time, in the order of arrival. */
export const standing = <A extends Row>(stands: A | undefined, next: A): A => {
  if (stands === undefined) return next
  if (arrival(next) < arrival(stands)) return stands
  const same = stands.status === next.status && stands.value === next.value && sameText(stands.text, next.text)
  return same ? stands : { ...next, replaced: stands.replaced + next.replaced + 1 }
}

/** Sorts rows by time and merges those with the same time. */
export const settled = <A extends Row>(rows: Array<A>): Array<A> => {
  rows.sort((one, other) => one.time - other.time || arrival(one) - arrival(other))
  let kept = 0
  for (const row of rows) {
    const before = kept === 0 ? undefined : rows[kept - 1]!
    if (before !== undefined && before.time === row.time) rows[kept - 1] = standing(before, row)
    else rows[kept++] = row
  }
  rows.length = kept
  return rows
}
