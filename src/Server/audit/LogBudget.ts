import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/**
 * Times as many lines as one client that all clients may have. Not measured: 500 lines a second are some 5 MB a
 * minute.
 */
const share = 10
/**
 * Names of requests that are told apart among those left out; the others count as one. Not measured: a line of a log
 * holds them.
 */
const maxNames = 20

/** The lines of one client in the second that is counted now. */
export class Spent {
  second = 0
  lines = 0
}

/** The requests of one name that were left out of the log in the second that is counted now. */
export class LeftOut {
  readonly name: string
  count = 0

  constructor(name: string) {
    this.name = name
  }
}

/**
 * Bounds how many lines are logged in a second, of one client and of all. What is left out is counted by name, and logged
 * as one line when the second is over.
 *
 * A pipeline of a million requests a second comes by here: past the limit a request costs two comparisons and a count, and
 * the clock is not read, since a fiber waits for the end of the second already (measured for `?echo` in a pipeline: 100 ns
 * a request with the clock and maps by address and name, 10 ns without).
 */
export class LogBudget {
  private readonly perSecond: number
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly clock: Clock.Clock
  private readonly log: (text: string) => void
  /** The number of the second that is counted, and when it ends, in milliseconds. */
  private second = 0
  private ends = 0
  private total = 0
  /** Waits for the end of a second in which something was left out. */
  private waiting: Fiber.Fiber<void> | undefined = undefined
  private readonly left = new Set<LeftOut>()
  private readonly others = new LeftOut("others")

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
  take(client: Spent, name: LeftOut): boolean {
    if (this.waiting === undefined) {
      const now = this.clock.currentTimeMillisUnsafe()
      if (now >= this.ends || now < this.ends - 1000) this.begin(now)
    }
    if (client.second !== this.second) {
      client.second = this.second
      client.lines = 0
    }
    if (client.lines < this.perSecond && this.total < this.perSecond * share) {
      this.total++
      client.lines++
      return true
    }
    if (name.count > 0) name.count++
    else this.leave(name)
    return false
  }

  private begin(now: number): void {
    this.second++
    this.ends = now + 1000
    this.total = 0
  }

  private leave(name: LeftOut): void {
    const counted = this.left.size < maxNames ? name : this.others
    counted.count++
    this.left.add(counted)
    this.waiting ??= this.run(
      Effect.andThen(
        Effect.sleep(Math.max(0, this.ends - this.clock.currentTimeMillisUnsafe())),
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
    this.waiting = undefined
    this.ends = 0
    if (this.left.size === 0) return
    let sum = 0
    const names: Array<string> = []
    for (const one of this.left) {
      sum += one.count
      names.push(`${one === this.others ? one.name : `?${one.name}`} ${one.count}`)
      one.count = 0
    }
    this.left.clear()
    this.log(`${sum} more requests in a second, not logged one by one: ${names.join(", ")}`)
  }
}
