import * as Effect from "effect/Effect"
import type { Turn } from "../../Codec/index.ts"

/** A reader that waits for changes. */
interface Waiter {
  readonly ready: () => boolean
  readonly resume: (effect: Effect.Effect<void>) => void
}

/**
 * Readers that wait for changes of the table. They are notified once for all changes of one turn of the event loop;
 * while no reader waits, a change costs nothing.
 *
 * @category table
 * @since 0.1.0
 */
export class Waiters {
  private readonly waiting = new Set<Waiter>()
  private readonly turn: Turn
  private scheduled = false
  /** The number of notifications. */
  wakeUps = 0

  constructor(turn: Turn) {
    this.turn = turn
  }

  /** Waits for a condition that only a change can make true. */
  until(ready: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (ready()) return resume(Effect.void)
      const waiter: Waiter = { ready, resume }
      this.waiting.add(waiter)
      return Effect.sync(() => this.waiting.delete(waiter))
    })
  }

  /** Schedules a notification. */
  notify(): void {
    if (this.scheduled || this.waiting.size === 0) return
    this.scheduled = true
    this.turn.add(this)
  }

  /** Notifies the readers whose condition is true: called at the end of the turn. */
  flush(): void {
    this.scheduled = false
    // a notified reader may wait again at once, for the next time
    for (const waiter of [...this.waiting]) {
      if (!waiter.ready()) continue
      this.waiting.delete(waiter)
      this.wakeUps++
      waiter.resume(Effect.void)
    }
  }
}
