import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/**
 * The log budget of all clients, as a multiple of one client's. Not measured: 500 lines a second are some 5 MB a
 * minute.
 */
const share = 10
/**
 * Names of omitted requests that are counted separately; the others count as one. Not measured: a line of a log holds
 * them.
 */
const maxNames = 20

/** The lines of one client in the current second. */
export class Spent {
  second = 0
  lines = 0
}

/** The omitted requests of one name in the current second. */
export class LeftOut {
  readonly name: string
  count = 0

  constructor(name: string) {
    this.name = name
  }
}

/**
 * Bounds the log lines per second, of one client and of all. Omitted lines are counted by name and logged as one line
 * at the end of the second.
 *
 * A pipeline of a million requests a second runs through this code. Above the limit, a request costs two comparisons
 * and a count. The clock is not read, because a fiber already waits for the end of the second (measured for `?echo` in
 * a pipeline: 100 ns a request with the clock and maps by address and name, 10 ns without).
 */
export class LogBudget {
  private readonly perSecond: number
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly clock: Clock.Clock
  private readonly log: (text: string) => void
  /** The number of the current second, and its end in milliseconds of a clock that never steps. */
  private second = 0
  private ends = 0
  private total = 0
  /** Waits for the end of a second with omitted lines. */
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

  /** Returns `true` if one more line of this client may be logged now. Otherwise counts it by name. */
  take(client: Spent, name: LeftOut): boolean {
    if (this.waiting === undefined) {
      const now = this.now()
      if (now >= this.ends) this.begin(now)
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

  private now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
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
        Effect.sleep(Math.max(0, this.ends - this.now())),
        Effect.sync(() => this.flush())
      )
    )
  }

  /** Logs the number of omitted lines so far, and stops waiting. */
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
