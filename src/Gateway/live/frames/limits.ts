/** Limits for pages. */

/**
 * The limits of one WebSocket. The frame `hello` has them.
 *
 * @category models
 * @since 0.1.0
 */
export interface LiveLimits {
  /** Bytes of a frame that a page sends. A longer one is refused with an error. */
  readonly frameBytes: number
  /** Subscriptions of one socket. */
  readonly subscriptions: number
  /** Targets of all subscriptions of one socket together. */
  readonly targets: number
  /** The number of globs and regular expressions among the targets. */
  readonly patterns: number
  /** Characters of one target. */
  readonly targetLength: number
  /** The largest `maxHz` of a subscription. */
  readonly maxHz: number
  /** Requests of one socket in flight. */
  readonly calls: number
}

/**
 * The default limits of one WebSocket.
 *
 * @category constants
 * @since 0.1.0
 */
export const liveLimits: LiveLimits = {
  // given by the requirement: PVWS had 8 kB, and its users patch their server for more
  frameBytes: 1_048_576,
  subscriptions: 100,
  // as many names of 100 characters as fit in a frame
  targets: 10_000,
  patterns: 100,
  targetLength: 512,
  maxHz: 50,
  calls: 32
}

/**
 * The default `maxHz` of a subscription. Not measured: ten times a second is faster than people read.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultMaxHz = 10
