import { Arg, type Dialect, type Encoder } from "../Codec/index.ts"
import type { Any, Sensor } from "./Sensor.ts"
import { type Status, statuses } from "./Status.ts"

/**
 * A sensor's value, status and timestamp, which change together (Rev 5.1 §7). Readings are immutable: do not write to a
 * value of bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reading<out A> {
  /** The time of the reading, in seconds since 1970-01-01 UTC. */
  readonly timestamp: number
  /** The status, which says how reliable the value is. */
  readonly status: Status
  /**
   * The value. If the status has no valid value (`isValid`), this is the last valid one, or the type's initial value
   * (Q-22).
   */
  readonly value: A
  /**
   * Returns the value in its wire form, without escapes, if the reading has the form of this dialect. A reading from
   * another device is then sent with the original bytes. By default the sensor's type encodes the value.
   */
  encoded?(dialect: Dialect.Dialect): string | Uint8Array | undefined
  /**
   * Returns the number of bytes of the value's wire form, if the reading has its whole wire form in this dialect.
   * {@link writeWire} then writes it. By default the sensor's type encodes the value.
   */
  wireLength?(dialect: Dialect.Dialect): number | undefined
  /**
   * Writes the arguments of `#sensor-value` with this reading in their original form: timestamp, count, name, status
   * and value.
   */
  writeWire?(encoder: Encoder, name: string, dialect: Dialect.Dialect): void
}

/**
 * The arguments of a reading on the wire, without escapes: timestamp, status, value (Rev 5.1 §7.2).
 *
 * @category models
 * @since 0.1.0
 */
export type FormattedReading = readonly [timestamp: string, status: string, value: string | Uint8Array]

const statusArg = Arg.Discrete(...statuses)
/** Decodes a status. */
export const decodeStatus = (argument: string | Uint8Array, dialect: Dialect.Dialect): Status | Arg.Invalid =>
  Arg.decodeArgument(statusArg, argument, dialect)

/**
 * Returns the wire arguments of a reading: the timestamp in the unit of the dialect, the status, and the value encoded
 * by the sensor's type (Rev 5.1 §7.2). Returns `Invalid` if the value is not of the type.
 *
 * @category wire
 * @since 0.1.0
 */
export const formatReading = (
  sensor: Any,
  reading: Reading<unknown>,
  dialect: Dialect.Dialect
): FormattedReading | Arg.Invalid => {
  const value: string | Uint8Array | Arg.Invalid =
    reading.encoded?.(dialect) ?? sensor.type.encode(reading.value, dialect)
  return value instanceof Arg.Invalid
    ? value
    : [dialect.formatTime(reading.timestamp), dialect.status(reading.status), value]
}

/**
 * Decodes a reading from its three wire arguments, without escapes (Rev 5.1 §7.2). Returns `Invalid` if one of them is
 * malformed. Values outside the sensor's ranges are accepted.
 *
 * @category wire
 * @since 0.1.0
 */
export const parseReading = <A>(
  sensor: Sensor<string, A>,
  [timestamp, status, value]: readonly [
    timestamp: string | Uint8Array,
    status: string | Uint8Array,
    value: string | Uint8Array
  ],
  dialect: Dialect.Dialect
): Reading<A> | Arg.Invalid => {
  const time = Arg.decodeArgument(Arg.Timestamp, timestamp, dialect)
  if (time instanceof Arg.Invalid) return time
  const known = decodeStatus(status, dialect)
  if (known instanceof Arg.Invalid) return known
  const decoded = Arg.decodeArgument(sensor.type, value, dialect)
  return decoded instanceof Arg.Invalid ? decoded : { timestamp: time, status: known, value: decoded }
}
