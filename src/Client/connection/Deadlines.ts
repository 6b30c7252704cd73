import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** An object with a deadline. */
export abstract class Timed {
  /** Its timeout in milliseconds; `Infinity` for none. */
  abstract readonly timeout: number
  /** The time of expiry, by {@link Deadlines.now}. */
  deadline = 0
  /** @internal its neighbours in its line */
  previous: Timed | undefined = undefined
  /** @internal */
  next: Timed | undefined = undefined
  /** @internal undefined while it is in no line */
  line: Line | undefined = undefined
  /** Called once, at the deadline. */
  abstract expire(): void
}

/** Calls a function at its deadline. */
export class Alarm extends Timed {
  readonly timeout: number
  readonly expire: () => void

  /** `timeout` is in milliseconds. */
  constructor(timeout: number, expire: () => void) {
    super()
    this.timeout = timeout
    this.expire = expire
  }
}

/** All objects with the same timeout: first in, first due. */
class Line {
  readonly timeout: number
  first: Timed | undefined = undefined
  last: Timed | undefined = undefined

  constructor(timeout: number) {
    this.timeout = timeout
  }
}

/**
 * Empty lines that are kept, because the next request will need the same timeout. Not measured: programs use a handful
 * of timeouts.
 */
const linesKept = 16

/** The deadlines of each clock, while a client uses them. */
const shared = new WeakMap<Clock.Clock, Deadlines>()

/**
 * The deadlines of all clients with the same clock. Objects with the same timeout form one line. The first in a line is
 * always due first, so adding a deadline needs no search. One timer serves all lines: a fiber and a timer for each
 * client would cost 1 KB (measured), and be restarted by its first request.
 */
export class Deadlines {
  private readonly clock: Clock.Clock
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly lines = new Map<number, Line>()
  private timer: Fiber.Fiber<void> | undefined = undefined
  private wakeAt = Number.POSITIVE_INFINITY
  private users = 0

  private constructor(clock: Clock.Clock) {
    this.clock = clock
    this.run = Effect.runForkWith(Context.make(Clock.Clock, clock))
  }

  /** Returns the deadlines of a clock. */
  static of(clock: Clock.Clock): Deadlines {
    let deadlines = shared.get(clock)
    if (deadlines === undefined) {
      deadlines = new Deadlines(clock)
      shared.set(clock, deadlines)
    }
    return deadlines
  }

  /** Adds a user. */
  enter(): void {
    this.users++
  }

  /** Removes a user. Without users the timer stops. */
  leave(): void {
    if (--this.users === 0) this.stop()
  }

  /** Returns the milliseconds of the monotonic clock: a change of the system's time must not expire requests. */
  now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  /** Adds a deadline: now plus its timeout. */
  add(timed: Timed, now: number): void {
    const { timeout } = timed
    if (timeout === Number.POSITIVE_INFINITY) return
    let line = this.lines.get(timeout)
    if (line === undefined) {
      line = new Line(timeout)
      this.lines.set(timeout, line)
    }
    timed.deadline = now + timeout
    timed.line = line
    if (line.last === undefined) line.first = timed
    else {
      timed.previous = line.last
      line.last.next = timed
    }
    line.last = timed
    if (timed.deadline < this.wakeAt) this.arm(timed.deadline, now)
  }

  /** Removes a deadline, if it is there. */
  remove(timed: Timed): void {
    const { line, next, previous } = timed
    if (line === undefined) return
    timed.line = timed.next = timed.previous = undefined
    if (previous === undefined) line.first = next
    else previous.next = next
    if (next === undefined) line.last = previous
    else next.previous = previous
    // the timer keeps running: stopping it for each request would cost more than one wake-up
    if (line.first === undefined && this.lines.size > linesKept) this.lines.delete(line.timeout)
  }

  private arm(deadline: number, now: number): void {
    this.wakeAt = deadline
    const former = this.timer
    const timer = this.run(Effect.sleep(Math.ceil(deadline - now)))
    this.timer = timer
    former?.interruptUnsafe()
    timer.addObserver((exit) => {
      if (exit._tag === "Success" && this.timer === timer) this.wake()
    })
  }

  private stop(): void {
    this.lines.clear()
    this.timer?.interruptUnsafe()
    this.timer = undefined
    this.wakeAt = Number.POSITIVE_INFINITY
  }

  private wake(): void {
    this.timer = undefined
    this.wakeAt = Number.POSITIVE_INFINITY
    const now = this.now()
    let earliest = Number.POSITIVE_INFINITY
    for (const line of this.lines.values()) {
      let first = line.first
      while (first !== undefined && first.deadline <= now) {
        this.remove(first)
        first.expire()
        first = line.first
      }
      if (first !== undefined) earliest = Math.min(earliest, first.deadline)
      // rare enough that a timeout which recurs can have a new line
      else if (this.lines.get(line.timeout) === line) this.lines.delete(line.timeout)
    }
    // an expired request may have been made again, which sets the timer
    if (earliest < this.wakeAt) this.arm(earliest, now)
  }
}
