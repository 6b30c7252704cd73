import type * as Effect from "effect/Effect"
import type { Change, Changes } from "./Changes.ts"

/**
 * A reader of the table at its own pace. It has a number, its revision, and no queue: a slow reader skips to the newest
 * reading of each sensor, and counts the skipped ones.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reader {
  /** The last revision that the reader has seen. */
  readonly revision: number
  /** The number of changes that it did not see, because newer ones of the same sensor replaced them. */
  readonly skipped: number
  /** Waits for changes that the reader has not seen. Completes at once if there are any. */
  readonly changed: Effect.Effect<void>
  /** Returns the changes since the last call, and counts them as seen. The first call returns a snapshot. */
  readonly take: () => Changes
}

/**
 * A reader of every change: for an archive, and for exporters that push. All feeds share one bounded ring; a slow feed
 * has an exact count of its lost changes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Feed {
  /** The revision of the table at the opening of the feed: a snapshot at that time has everything before it. */
  readonly from: number
  /** The number of changes that the ring dropped before this feed took them; with `feedOf`, only those that count. */
  readonly lost: number
  /** The number of waiting changes. */
  readonly pending: number
  /** Waits until there are changes. */
  readonly changed: Effect.Effect<void>
  /** Returns the waiting changes, oldest first, at most `limit` (default all of them), and counts them as seen. */
  readonly take: (limit?: number) => ReadonlyArray<Change>
}
