import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Hub } from "./Hub.ts"
import type { Session } from "./Session.ts"

/** How often a time-out's length clients are looked at: one is dropped within a quarter of it after it is over. */
const looks = 4

/** How far a client had come, and when that was seen first, in milliseconds. */
interface Progress {
  readonly taken: number
  readonly since: number
}

/**
 * Drops clients that take nothing of what waits for them: a stopped process, a host that is gone. It looks at all
 * clients from time to time, as long as a write to one of them waits, and otherwise costs nothing.
 */
export class Stalls {
  private readonly hub: Hub
  private seen = new Map<Session, Progress>()
  private looking = false

  constructor(hub: Hub) {
    this.hub = hub
  }

  /** A write to a client has to wait. */
  readonly watch = (): void => {
    const { hub } = this
    if (this.looking || hub.options.stallTimeout === Number.POSITIVE_INFINITY) return
    this.looking = true
    Fiber.runIn(hub.runOwn(this.run), hub.strays)
  }

  private readonly run: Effect.Effect<void> = Effect.suspend(() =>
    Effect.whileLoop({
      while: () => this.looking,
      body: () => Effect.sleep(this.hub.options.stallTimeout / looks),
      step: () => this.look()
    })
  )

  private look(): void {
    const { hub, seen } = this
    const now = hub.now()
    const waiting = new Map<Session, Progress>()
    for (const session of hub.clients) {
      if (!session.waits) continue
      const { taken } = session
      const before = seen.get(session)
      if (before === undefined || before.taken !== taken) waiting.set(session, { taken, since: now })
      else if (now - before.since < hub.options.stallTimeout) waiting.set(session, before)
      else session.stalled()
    }
    this.seen = waiting
    this.looking = waiting.size > 0
  }
}
