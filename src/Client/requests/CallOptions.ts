import type * as Duration from "effect/Duration"

/**
 * Options of a single request.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions {
  /**
   * The timeout, from the call to the reply, including a wait for the connection. `Infinity` waits for ever. By default
   * the contract's (`timeoutHint` of the request), otherwise the device's (`timeoutHints`), otherwise the client's
   * `timeout`.
   */
  readonly timeout?: Duration.Input | undefined
  /** An id of your own, 1 to 2147483647. By default the client counts. Fails if the device has no ids (Rev 5.1 §2.2). */
  readonly id?: number | undefined
  /** `true` marks the request with an id, and fails if the device has none; `false` sends it without. Default: if the device has ids. */
  readonly useId?: boolean | undefined
}
