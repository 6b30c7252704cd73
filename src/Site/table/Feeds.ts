import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Change } from "./Changes.ts"
import type { TableLimits } from "./limits.ts"
import { Ring } from "./Ring.ts"
import type { Waiters } from "./Waiters.ts"

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

/** The position of a feed. */
interface Place {
  /** The position of the next change. */
  position: number
  lost: number
  readonly counts: (change: Change) => boolean
}

/** The open feeds of a table, and the ring of changes that all of them share. */
export class Feeds {
  /** Changes that the ring dropped before a feed had taken them, added up over all feeds. */
  lost = 0
  /** `true` if there is a feed. Without one, nothing is added. */
  areOpen = false
  private readonly places = new Set<Place>()
  private readonly ring: Ring
  private readonly waiters: Waiters

  constructor({ ringBytes, ringChanges }: TableLimits, waiters: Waiters) {
    this.ring = new Ring({ changes: ringChanges, bytes: ringBytes, dropped: this.dropped })
    this.waiters = waiters
  }

  /** The number of changes in the ring. */
  get kept(): number {
    return this.ring.end - this.ring.start
  }

  /** Adds a change for all feeds. The table notifies them. */
  add(change: Change): void {
    this.ring.add(change)
  }

  /**
   * Opens a feed of the changes from now on, until the scope closes. `counts` returns `true` for the changes that the
   * feed counts as lost, and `revision` returns the revision of the table.
   */
  open(counts: (change: Change) => boolean, revision: () => number): Effect.Effect<Feed, never, Scope.Scope> {
    return Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => {
          const place: Place = { position: this.ring.end, lost: 0, counts }
          this.places.add(place)
          this.areOpen = true
          return place
        }),
        (place) =>
          Effect.sync(() => {
            this.places.delete(place)
            if (this.places.size > 0) return
            this.areOpen = false
            this.ring.clear()
          })
      ),
      (place) => this.feedAt(place, revision())
    )
  }

  /** Called before the ring drops a change. */
  private readonly dropped = (change: Change, position: number): void => {
    for (const place of this.places) {
      if (place.position > position) continue
      this.lost++
      place.position = position + 1
      if (place.counts(change)) place.lost++
    }
  }

  private feedAt(place: Place, from: number): Feed {
    const { places, ring, waiters } = this
    return {
      from,
      get lost() {
        return place.lost
      },
      get pending() {
        return ring.end - place.position
      },
      changed: waiters.until(() => ring.end > place.position),
      take: (limit = Number.POSITIVE_INFINITY) => {
        const changes: Array<Change> = []
        while (place.position < ring.end && changes.length < limit) changes.push(ring.at(place.position++))
        let oldest = place.position
        for (const { position } of places) oldest = Math.min(oldest, position)
        ring.release(oldest)
        return changes
      }
    }
  }
}
