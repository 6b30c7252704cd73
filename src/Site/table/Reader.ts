import type * as Effect from "effect/Effect"
import type { Changes } from "./Changes.ts"

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

/** Returns a reader that has seen everything up to a revision: nothing for 0. */
export const readerFrom = (
  revision: number,
  table: {
    readonly since: (revision: number) => Changes
    /** Waits until the revision of the table exceeds that of the reader. */
    readonly changed: (seen: () => number) => Effect.Effect<void>
  }
): Reader => {
  let seen = revision
  let skipped = 0
  return {
    get revision() {
      return seen
    },
    get skipped() {
      return skipped
    },
    changed: table.changed(() => seen),
    take() {
      const changes = table.since(seen)
      const { changed, removed, revision, snapshot } = changes
      const shown = snapshot ? changed.filter((row) => row.revision > seen).length : changed.length + removed.length
      if (seen > 0) skipped += Math.max(0, revision - seen - shown)
      seen = revision
      return changes
    }
  }
}
