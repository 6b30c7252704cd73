/**
 * How the writing goes: for `/healthz`, metrics, and people.
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
  /** Readings that wait. */
  readonly waiting: number
  /** Readings that were lost, since more came than could wait. */
  readonly lost: number
  /** When the newest reading that is in the store came, in seconds since 1970. */
  readonly newest: number | undefined
}
