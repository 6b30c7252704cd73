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

/** Returns the limits. Throws a `TypeError` for an invalid limit. */
export const keptOf = (keep: Keep): Kept => {
  const bytes = sizeOf(keep.bytes)
  const kept = { raw: micros(keep.raw), minute: micros(keep.minute), bytes }
  const fault = faultOf(kept)
  if (fault !== undefined) throw new TypeError(`keep.${fault.key} ${fault.message}`)
  return kept
}

/** The reason why a limit is invalid; `undefined` if all are valid. */
export const faultOf = ({
  bytes,
  minute,
  raw
}: Kept): { readonly key: keyof Kept; readonly message: string } | undefined =>
  raw < 600e6
    ? { key: "raw", message: "must be at least 10 minutes" }
    : minute < raw
      ? {
          key: "minute",
          message: Number.isFinite(raw)
            ? "must be at least as long as keep.raw"
            : "needs keep.raw beside it: without it readings are kept for ever, and minutes are kept at least as long as readings"
        }
      : bytes < 8 * 1024 * 1024
        ? { key: "bytes", message: "must be at least 8 MiB" }
        : undefined

const micros = (duration: Duration.Input | undefined): number =>
  duration === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(Duration.fromInputUnsafe(duration)) * 1000

/** Returns the bytes of a size; infinite without one. Throws for an invalid size. */
const sizeOf = (size: ByteSize.Input | undefined): number =>
  size === undefined ? Number.POSITIVE_INFINITY : ByteSize.toNumberUnsafe(ByteSize.fromInputUnsafe(size))
