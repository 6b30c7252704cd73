/**
 * How pushing to a sink goes. All counts are since the exporter began.
 *
 * @category models
 * @since 0.1.0
 */
export interface PushHealth {
  /** The name of the sink. */
  readonly sink: string
  /** The destination, without secrets. */
  readonly to: string
  /** `true` unless the last attempt failed. */
  readonly ok: boolean
  /** Why it failed; `undefined` if it did not. */
  readonly error: string | undefined
  /** Since when it is, or is not, `ok`, in seconds since 1970. */
  readonly since: number
  /** Readings that the destination has taken. */
  readonly written: number
  /** Readings that the destination has refused. */
  readonly refused: number
  /** Readings of which something was replaced, since the destination could not hold it. */
  readonly altered: number
  /** Changes of the site's table that fell out of its ring before they could be sent: those of all sensors. */
  readonly lost: number
  /** Changes that wait in the ring, and those that are on their way. */
  readonly pending: number
  /** Attempts that failed. */
  readonly failures: number
  /** How often readings were lost, and the newest ones of the sensors concerned were sent again. */
  readonly snapshots: number
}
