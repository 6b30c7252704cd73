import { Arg, type Dialect, type Encoder } from "../Codec/index.ts"
import type { Any, Sensor } from "./Sensor.ts"
import { type Status, statuses } from "./Status.ts"

/**
 * What a sensor showed at a time. The three belong together and change as one (Rev 5.1 §7). Readings are never changed
 * once they are made; a value that can be written to (bytes) must not be.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reading<out A> {
  /** When, in seconds since 1970-01-01 UTC. */
  readonly timestamp: number
  /** How far the value can be relied on. */
  readonly status: Status
  /** The value. Of a status that has no valid value (`isValid`) the last one, or what the type begins with. */
  readonly value: A
  /**
   * Returns the value in its wire form, without escapes, if the reading has it in this dialect: a reading that came from
   * another device is then sent with the bytes that came. By default the sensor's type encodes the value.
   */
  encoded?(dialect: Dialect.Dialect): string | Uint8Array | undefined
  /**
   * Returns the bytes that the value takes in its wire form, if the reading has all of its wire form in this dialect. Then
   * {@link writeWire} writes it. By default the sensor's type encodes the value.
   */
  wireLength?(dialect: Dialect.Dialect): number | undefined
  /** Writes the arguments of `#sensor-value` with this reading: timestamp, count, name, status and value, as they came. */
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
 * The arguments of a reading of the sensor on the wire: the timestamp in the unit of the dialect, the status, the value
 * in the form of the sensor's type (Rev 5.1 §7.2). `Invalid` where the value is none of the type.
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
 * The reading of a sensor from its three arguments on the wire, without escapes (Rev 5.1 §7.2). `Invalid` where one of
 * them makes no sense. Values outside the sensor's ranges are taken.
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
