/**
 * The health of the writer: for `/healthz`, metrics, sensors of a proxy, and people.
 *
 * @category models
 * @since 0.1.0
 */
export interface WriterHealth {
  /** `false` while the store is not writable. */
  readonly ok: boolean
  /** The reason. */
  readonly error: string | undefined
  /** The time since when, in seconds since 1970. */
  readonly since: number
  /** The number of readings that the store has acknowledged. */
  readonly written: number
  /** The number of waiting readings, in memory and in the spill. */
  readonly waiting: number
  /** The number of those in the spill. */
  readonly spilled: number
  /** Bytes that waiting readings take. */
  readonly waitingBytes: number
  /** The number of readings that were lost because there was no room to wait. */
  readonly lost: number
  /** The time of arrival of the newest reading in the store, in seconds since 1970. */
  readonly newest: number | undefined
  /**
   * The seconds by which the clock is ahead of the time for dropping old data; 0 if the clock is trusted. After a step
   * of the clock, or after the archive was off, data stay a day longer.
   */
  readonly clockAhead: number
}
