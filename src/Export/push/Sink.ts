import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Change } from "../../Site/index.ts"

/**
 * A destination did not take what it was given. `why` says what the push loop does about it:
 *
 * - `away`: the destination cannot be reached, or takes nothing now. The same readings are tried again, later and later.
 * - `refused`: the destination does not want something among these readings. The loop halves them, finds the one that is
 *   refused, and counts it.
 * - `large`: these are too many at once. The loop halves them.
 *
 * @category errors
 * @since 0.1.0
 */
export class SinkFailed extends Schema.TaggedError<SinkFailed>("katcp/SinkFailed")("SinkFailed", {
  why: Schema.Literals(["away", "refused", "large"]),
  /** What is wrong, with what the destination said. */
  message: Schema.String,
  /** Of `away`: how long the destination asks to be left alone, in seconds. The loop waits at most 5 minutes. */
  after: Schema.optionalKey(Schema.Finite)
}) {}

/**
 * What a sink has made of changes that it took.
 *
 * @category models
 * @since 0.1.0
 */
export interface Written {
  /** Readings that the destination holds now. */
  readonly written: number
  /** Readings that the destination has refused, though it took the others. */
  readonly refused: number
  /** Readings of which something was replaced: characters that the destination cannot hold, a time that it cannot. */
  readonly altered: number
}

/**
 * A destination for readings. It may be given the same readings twice.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sink {
  /** The name of the sink in metrics, in `/healthz` and in the log: `influx`. */
  readonly name: string
  /** The destination, for people: a URL without its secrets, a file. */
  readonly to: string
  /** Writes changes, in their order. Succeeds once the destination has them. The loop gives up after a time; see `timeout`. */
  readonly write: (changes: ReadonlyArray<Change>) => Effect.Effect<Written, SinkFailed>
  /** Tells the destination that so many changes were lost before those that come next. Default: nothing. */
  readonly gap?: ((lost: number) => Effect.Effect<void, SinkFailed>) | undefined
}
