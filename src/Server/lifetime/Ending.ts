import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import { errorText } from "../../Message/index.ts"

/**
 * A service of the device, or a listener of its server, has failed, which ended the server.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceFailed extends Data.TaggedError("ServiceFailed")<{
  /** The error or the defect. */
  readonly cause: Cause.Cause<unknown>
}> {
  override get message(): string {
    return `a service of the device has failed: ${errorText(Cause.squash(this.cause), "it has a defect")}`
  }
}

/**
 * The time that requests in flight get to finish when a server stops: ten seconds with `true`, or the given duration.
 * Unfinished requests are then interrupted, and fail.
 *
 * @category models
 * @since 0.1.0
 */
export type Drain = boolean | Duration.Input

/**
 * The reason of a server's end.
 *
 * @category models
 * @since 0.1.0
 */
export type Ending = "halt" | "restart"

/** An order to end a server. */
export interface Order {
  readonly ending: Ending | ServiceFailed
  /** The text of `#disconnect` to all clients. */
  readonly reason: string
  /** Default: the server's option `drain`. */
  readonly drain?: Drain | undefined
}
