import type * as Duration from "effect/Duration"

/**
 * Options of a single request.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions {
  /**
   * The time-out, from the call to the reply, including a wait for the connection. `Infinity` waits for ever. By default
   * it is the contract's (`timeoutHint` of the request), else the device's (`timeoutHints`), else the `timeout` of the
   * client.
   */
  readonly timeout?: Duration.Input | undefined
  /** An id of your own, 1 to 2147483647. By default the client counts. Fails if the device has no ids (Rev 5.1 §2.2). */
  readonly id?: number | undefined
  /** `true` marks the request with an id, and fails if the device has none; `false` sends it without. Default: if the device has ids. */
  readonly useId?: boolean | undefined
}
