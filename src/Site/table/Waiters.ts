import * as Effect from "effect/Effect"
import type { Turn } from "../../Codec/index.ts"

/** Somebody who waits for news. */
interface Waiter {
  readonly ready: () => boolean
  readonly resume: (effect: Effect.Effect<void>) => void
}

/**
 * Those who wait for the table to change. They are woken once for all that changes in one turn of the event loop; while
 * nobody waits, a change costs nothing.
 */
export class Waiters {
  private readonly waiting = new Set<Waiter>()
  private readonly turn: Turn
  private scheduled = false
  /** How often anybody was woken. */
  wakeUps = 0

  constructor(turn: Turn) {
    this.turn = turn
  }

  /** Waits until a condition holds that only news can change. */
  until(ready: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (ready()) return resume(Effect.void)
      const waiter: Waiter = { ready, resume }
      this.waiting.add(waiter)
      return Effect.sync(() => this.waiting.delete(waiter))
    })
  }

  /** There is news. */
  notify(): void {
    if (this.scheduled || this.waiting.size === 0) return
    this.scheduled = true
    this.turn.add(this)
  }

  /** Wakes those whose condition holds: called at the end of the turn. */
  flush(): void {
    this.scheduled = false
    // who is woken may wait again at once: for the next time
    for (const waiter of [...this.waiting]) {
      if (!waiter.ready()) continue
      this.waiting.delete(waiter)
      this.wakeUps++
      waiter.resume(Effect.void)
    }
  }
}
