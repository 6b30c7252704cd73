import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Change } from "../../Site/index.ts"

/**
 * A destination did not accept readings. `why` decides what the push loop does:
 *
 * - `away`: the destination is unreachable, or accepts nothing now. The same readings are retried, at growing
 *   intervals.
 * - `refused`: the destination refuses some of these readings. The loop halves them, finds the refused one, and counts
 *   it.
 * - `large`: these are too many at once. The loop halves them.
 *
 * @category errors
 * @since 0.1.0
 */
export class SinkFailed extends Schema.TaggedError<SinkFailed>("katcp/SinkFailed")("SinkFailed", {
  why: Schema.Literals(["away", "refused", "large"]),
  /** The fault, with the text of the destination. */
  message: Schema.String,
  /** For `away`: the wait that the destination requests, in seconds. The loop waits at most 5 minutes. */
  after: Schema.optionalKey(Schema.Finite)
}) {}

/**
 * The result of a sink that accepted changes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Written {
  /** The number of stored readings. */
  readonly written: number
  /** The number of refused readings, although the others were accepted. */
  readonly refused: number
  /** The number of readings with replaced parts: characters or a time that the destination cannot hold. */
  readonly altered: number
}

/**
 * A destination for readings. It may receive the same readings twice.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sink {
  /** The name of the sink in metrics, in `/healthz` and in the log: `influx`. */
  readonly name: string
  /** The destination, for people: a URL without its secrets, a file. */
  readonly to: string
  /** Writes changes, in order. Succeeds once the destination has them. The loop stops waiting after `timeout`. */
  readonly write: (changes: ReadonlyArray<Change>) => Effect.Effect<Written, SinkFailed>
  /** Reports lost changes before the next ones to the destination. Default: nothing. */
  readonly gap?: ((lost: number) => Effect.Effect<void, SinkFailed>) | undefined
}
