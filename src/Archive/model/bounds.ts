/** Limits of one answer of a store. */

/**
 * The bytes of text after which a store may end an answer to {@link RowsQuery}. Not measured: several times the longest
 * message of a device.
 */
export const enoughText = 8 * 1024 * 1024

/**
 * The number of gaps at which a store ends an answer. Not measured: a device that is lost once a minute has as many in
 * ten weeks.
 */
export const maxGaps = 100_000
