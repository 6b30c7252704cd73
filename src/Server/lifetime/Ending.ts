import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import { errorText } from "../../Message/index.ts"

/**
 * A service of the device, or a listener of its server, has failed, and the server has ended for that.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceFailed extends Data.TaggedError("ServiceFailed")<{
  /** The error or the defect that it failed with. */
  readonly cause: Cause.Cause<unknown>
}> {
  override get message(): string {
    return `a service of the device has failed: ${errorText(Cause.squash(this.cause), "it has a defect")}`
  }
}

/**
 * Whether a server that stops lets requests in flight finish: for ten seconds at the most with `true`, or for as long as
 * is said. Requests that are not finished then are interrupted, and fail.
 *
 * @category models
 * @since 0.1.0
 */
export type Drain = boolean | Duration.Input

/**
 * Why a server ended.
 *
 * @category models
 * @since 0.1.0
 */
export type Ending = "halt" | "restart"

/** An order to a server to end. */
export interface Order {
  readonly ending: Ending | ServiceFailed
  /** The text of `#disconnect` to all clients. */
  readonly reason: string
  /** Default: the server's option `drain`. */
  readonly drain?: Drain | undefined
}
