/**
 * How the writing goes: for `/healthz`, metrics, sensors of a proxy, and people.
 *
 * @category models
 * @since 0.1.0
 */
export interface WriterHealth {
  /** `false` while the store cannot be written to. */
  readonly ok: boolean
  /** Why not. */
  readonly error: string | undefined
  /** Since when it is so, in seconds since 1970. */
  readonly since: number
  /** Readings that were acknowledged by the store. */
  readonly written: number
  /** Readings that wait, in memory and in the spill. */
  readonly waiting: number
  /** Those of them that are in the spill. */
  readonly spilled: number
  /** Bytes that waiting readings take. */
  readonly waitingBytes: number
  /** Readings that were lost, since more came than could wait. */
  readonly lost: number
  /** When the newest reading that is in the store came, in seconds since 1970. */
  readonly newest: number | undefined
  /**
   * Seconds that the clock is ahead of the time by which old data are dropped; 0 if the clock is trusted. After a step of
   * the clock, or after the archive was off, data stay a day longer.
   */
  readonly clockAhead: number
}
