/** What a store puts into one answer, at most. */

/**
 * Bytes of text after which a store may end an answer to {@link RowsQuery}. Not measured: a few times more than a message of a
 * device may have.
 */
export const enoughText = 8 * 1024 * 1024

/**
 * Gaps of an answer, at which a store stops. Not measured: a device that is lost once a minute has as many in ten weeks.
 */
export const maxGaps = 100_000
