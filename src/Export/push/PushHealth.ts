/**
 * The health of pushing to a sink. All counts are since the start of the exporter.
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
  /** The reason of the failure; `undefined` without one. */
  readonly error: string | undefined
  /** The time since when it is `ok` or not, in seconds since 1970. */
  readonly since: number
  /** Readings that the destination has accepted. */
  readonly written: number
  /** Readings that the destination has refused. */
  readonly refused: number
  /** Readings with replaced parts, because the destination could not hold them. */
  readonly altered: number
  /** Changes of the site's table that its ring dropped before they could be sent: those of all sensors. */
  readonly lost: number
  /** Changes that wait in the ring, and those on their way. */
  readonly pending: number
  /** The number of failed attempts. */
  readonly failures: number
  /** The number of times that readings were lost, and the newest ones of the affected sensors were sent again. */
  readonly snapshots: number
}
