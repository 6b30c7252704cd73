import type * as Effect from "effect/Effect"
import type { Change, Changes } from "./Changes.ts"

/**
 * A reader of the table at its own pace. It holds a number, its revision, and no queue: a slow reader skips to the newest
 * reading of each sensor, and counts what it skipped.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reader {
  /** The revision that the reader has seen. */
  readonly revision: number
  /** How many changes it did not see, since newer ones of the same sensor had come before it looked. */
  readonly skipped: number
  /** Waits until there is something that the reader has not seen. Done at once if there is. */
  readonly changed: Effect.Effect<void>
  /** What changed since the last look, and counts it as seen. The first one is a snapshot. */
  readonly take: () => Changes
}

/**
 * A reader of every change: for an archive, and for exporters that push. All feeds share one bounded ring; one that does
 * not keep up is told exactly how many changes it has lost.
 *
 * @category models
 * @since 0.1.0
 */
export interface Feed {
  /** The revision of the table when the feed was opened: a snapshot taken then has everything before it. */
  readonly from: number
  /** How many changes fell out of the ring before this feed took them; with `feedOf`, those of them that count. */
  readonly lost: number
  /** How many changes wait for it. */
  readonly pending: number
  /** Waits until changes wait for it. */
  readonly changed: Effect.Effect<void>
  /** Returns the changes that wait, oldest first, at most `limit` (default all of them), and counts them as seen. */
  readonly take: (limit?: number) => ReadonlyArray<Change>
}
