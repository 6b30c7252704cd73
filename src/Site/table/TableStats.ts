/**
 * The counts of a table.
 *
 * @category models
 * @since 0.1.0
 */
export interface TableStats {
  /** The number of rows. */
  readonly sensors: number
  /** The revision. */
  readonly revision: number
  /** The number of readings since the table was made. */
  readonly readings: number
  /** The number of sensors that were refused because the table was full. */
  readonly refused: number
  /** The number of kept removals. */
  readonly removals: number
  /** The number of removals that were forgotten early because there were too many. */
  readonly removalsDropped: number
  /** Changes in the ring. 0 while there is no feed. */
  readonly ring: number
  /** Changes that the ring dropped before a feed had taken them, added up over all feeds. */
  readonly ringLost: number
  /** The number of notifications of readers and feeds. */
  readonly wakeUps: number
}
