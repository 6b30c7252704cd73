/**
 * A reading as it stands in a store.
 *
 * One rule decides what stands when two readings of one series have the same time. Readings are looked at in the order in
 * which they came:
 *
 * - A reading that came earlier than the one that stands is a repetition of something that was replaced: it is passed over.
 * - A reading with the same value and status is one with the reading that stands.
 * - Any other takes the place of the one that stands, and the number of replaced readings goes up by one.
 *
 * So readings can be given any number of times, in the order in which they came, and the outcome is the same.
 */
import { receivedTime } from "./Batch.ts"
import { sameText, type Text } from "./Text.ts"

/**
 * A reading in a store. Times in microseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Row {
  readonly time: number
  readonly lag: number
  readonly status: number
  /** Null for NaN, and for a value that is no number. */
  readonly value: number | null
  readonly text: Text | null
  /** The number of other readings with this time that came before, and were replaced. */
  readonly replaced: number
}

const arrival = (row: Row): number => receivedTime(row.time, row.lag)

/** Returns the row that stands after another of the same time has come. */
export const standing = <A extends Row>(stands: A | undefined, next: A): A => {
  if (stands === undefined) return next
  if (arrival(next) < arrival(stands)) return stands
  const same = stands.status === next.status && stands.value === next.value && sameText(stands.text, next.text)
  return same ? stands : { ...next, replaced: stands.replaced + next.replaced + 1 }
}

/** Sorts rows by time and makes those of the same time one. */
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
