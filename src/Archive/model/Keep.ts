import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"

/**
 * The retention of an archive. Whole periods are dropped, so a file does not grow and nothing is deleted row by row;
 * data stay up to one period longer than configured.
 *
 * @category models
 * @since 0.1.0
 */
export interface Keep {
  /** How long readings are kept. Default: forever. */
  readonly raw?: Duration.Input | undefined
  /** How long the summaries of minutes are kept. Default: forever. At least as long as readings. */
  readonly minute?: Duration.Input | undefined
  /** The size in bytes above which the oldest readings, then the oldest minutes, are dropped. Default: no limit. */
  readonly bytes?: ByteSize.Input | undefined
}

/** The same in microseconds and bytes; infinite without a limit. */
export interface Kept {
  readonly raw: number
  readonly minute: number
  readonly bytes: number
}

/** Checks the limits. Throws a `TypeError` for an invalid limit. */
export const keptOf = (keep: Keep): Kept => {
  const raw = micros(keep.raw)
  const minute = micros(keep.minute)
  const bytes =
    keep.bytes === undefined ? Number.POSITIVE_INFINITY : ByteSize.toNumberUnsafe(ByteSize.fromInputUnsafe(keep.bytes))
  if (raw < 600e6) throw new TypeError("keep.raw must be at least 10 minutes")
  if (minute < raw) throw new TypeError("keep.minute must be at least as long as keep.raw")
  if (bytes < 8 * 1024 * 1024) throw new TypeError("keep.bytes: an archive needs at least 8 MiB")
  return { raw, minute, bytes }
}

const micros = (duration: Duration.Input | undefined): number =>
  duration === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(Duration.fromInputUnsafe(duration)) * 1000
