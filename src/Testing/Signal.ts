import * as Effect from "effect/Effect"

/** Lets fibers wait until something has changed. */
export class Signal {
  private waiting = new Set<() => void>()

  /** Waits until the next change. */
  readonly changed: Effect.Effect<void> = Effect.callback((resume) => {
    const go = () => resume(Effect.void)
    this.waiting.add(go)
    return Effect.sync(() => {
      this.waiting.delete(go)
    })
  })

  /** Wakes the waiting fibers. */
  notify(): void {
    const { waiting } = this
    this.waiting = new Set()
    for (const go of waiting) go()
  }
}
