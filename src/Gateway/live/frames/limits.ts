/** How much a page may ask for. */

/**
 * The limits of one WebSocket. `hello` tells them to the page.
 *
 * @category models
 * @since 0.1.0
 */
export interface LiveLimits {
  /** Bytes of a frame that a page sends. A longer one is refused in words. */
  readonly frameBytes: number
  /** Subscriptions of one socket. */
  readonly subscriptions: number
  /** Targets of all subscriptions of one socket together. */
  readonly targets: number
  /** Those among the targets that are globs or regular expressions. */
  readonly patterns: number
  /** Characters of one target. */
  readonly targetLength: number
  /** The largest `maxHz` of a subscription. */
  readonly maxHz: number
  /** Requests of one socket that are in flight. */
  readonly calls: number
}

/**
 * The limits of one WebSocket, unless the options say otherwise.
 *
 * @category constants
 * @since 0.1.0
 */
export const liveLimits: LiveLimits = {
  // given by the requirement: PVWS had 8 kB, and its users patch their server for more
  frameBytes: 1_048_576,
  subscriptions: 100,
  // as many names of 100 characters as a frame holds
  targets: 10_000,
  patterns: 100,
  targetLength: 512,
  maxHz: 50,
  calls: 32
}

/**
 * The `maxHz` of a subscription that does not say any. Not measured: ten times a second is faster than people read.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxHz = 10
