import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** How many times as many lines all clients may have as one. */
const share = 10
/** How many names of requests are told apart among those that were left out; the others count as one. */
const maxNames = 20

/**
 * Bounds how many lines are logged in a second, of one client and of all. What is left out is counted by name, and logged
 * as one line when the second is over.
 */
export class LogBudget {
  private readonly perSecond: number
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly clock: Clock.Clock
  private readonly log: (text: string) => void
  /** When the present second ends, in milliseconds. */
  private ends = 0
  private total = 0
  private waiting: Fiber.Fiber<void> | undefined = undefined
  private readonly taken = new Map<string, number>()
  private readonly left = new Map<string, number>()

  constructor(options: {
    readonly perSecond: number
    readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
    readonly clock: Clock.Clock
    readonly log: (text: string) => void
  }) {
    this.perSecond = options.perSecond
    this.run = options.run
    this.clock = options.clock
    this.log = options.log
  }

  /** Returns `true` if one more line of this client may be logged now; if not, it is counted by name. */
  take(client: string, name: string): boolean {
    const now = this.clock.currentTimeMillisUnsafe()
    if (now >= this.ends || now < this.ends - 1000) this.begin(now)
    const taken = this.taken.get(client) ?? 0
    if (taken < this.perSecond && this.total < this.perSecond * share) {
      this.total++
      this.taken.set(client, taken + 1)
      return true
    }
    this.leave(name, now)
    return false
  }

  private begin(now: number): void {
    this.flush()
    this.ends = now + 1000
    this.total = 0
    this.taken.clear()
  }

  private leave(name: string, now: number): void {
    const first = this.left.size === 0
    const key = this.left.has(name) || this.left.size < maxNames ? name : "others"
    this.left.set(key, (this.left.get(key) ?? 0) + 1)
    if (first)
      this.waiting = this.run(
        Effect.andThen(
          Effect.sleep(this.ends - now),
          Effect.sync(() => this.flush())
        )
      )
  }

  /** Logs what was left out so far, and waits for nothing more. */
  end(): void {
    this.waiting?.interruptUnsafe()
    this.flush()
  }

  private flush(): void {
    if (this.left.size === 0) return
    let sum = 0
    for (const count of this.left.values()) sum += count
    const names = [...this.left].map(([name, count]) => `${name === "others" ? name : `?${name}`} ${count}`).join(", ")
    this.left.clear()
    this.log(`${sum} more requests in a second, not logged one by one: ${names}`)
  }
}
