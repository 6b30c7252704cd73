/**
 * What decides which readings are reported (Rev 5.1 §7.1, Table 9): state machines without a clock, timers or effects.
 * Who runs one tells it of readings and of the time, reports what it says, and wakes it when it wants to be woken.
 *
 * @since 0.1.0
 */
import { Arg } from "../Codec/index.ts"
import type { Any, Reading } from "../Sensor/index.ts"
import { differs } from "./differs.ts"
import { resolve } from "./strategy/auto.ts"
import { faultFor } from "./strategy/check.ts"
import type { Strategy } from "./strategy/Strategy.ts"
import { longestPeriod } from "./strategy/table.ts"

/**
 * The decisions for one sensor and one strategy. Times are milliseconds of any clock that never goes back. Each of the
 * three functions says whether the reading that it is given is to be reported now, and takes it as reported if so.
 *
 * @category models
 * @since 0.1.0
 */
export interface Machine {
  /** Whether it is to be told of readings; else it only wants to be woken. */
  readonly listens: boolean
  /** Whether it takes note of the time. If not, any number will do for `now`, and it never wants to be woken. */
  readonly timed: boolean
  /** When it wants to be woken; `Infinity` for never. To be looked at after each call. Waking it early does no harm. */
  readonly due: number
  /** Whether there was a change that it will report when it is time. */
  readonly holds: boolean
  /** The strategy is set; the reading is the present one. To be called first. Called again, it begins anew. */
  begin(reading: Reading<unknown>, now: number): boolean
  /** The sensor has a new reading. */
  offer(reading: Reading<unknown>, now: number): boolean
  /** It is time; the reading is the present one. */
  wake(reading: Reading<unknown>, now: number): boolean
}

/**
 * What sampling asks of a sensor: its type, when two of its values are the same, and what `auto` stands for. The
 * definition of a sensor is one.
 *
 * @category models
 * @since 0.1.0
 */
export type Sampled = Pick<Any, "type" | "equals" | "autoStrategy">

const never = Number.POSITIVE_INFINITY

/** In whole nanoseconds, so that 1.1 s is 1100 ms and not a trifle more. */
const milliseconds = (seconds: number): number => (seconds > longestPeriod ? never : Math.round(seconds * 1e9) / 1e6)

const none: Machine = {
  listens: false,
  timed: false,
  due: never,
  holds: false,
  begin: () => false,
  offer: () => false,
  wake: () => false
}

const auto: Machine = { ...none, listens: true, begin: () => true, offer: () => true }

/**
 * @internal Stands for `event` where whoever runs it compares each reading with the one before by {@link isEvent}, which
 * says the same as comparing it with the one that was reported last if equality is exact. It keeps no reading: one that
 * many samplers keep costs the garbage collector more than the comparison (measured: 5 ms for 57,000 references).
 */
export const event: Machine = { ...none, listens: true, begin: () => true }

/** On a grid that begins when the strategy is set. Late by a period or more, it goes on from now, without a burst. */
class Periodic implements Machine {
  due = never
  private readonly period: number

  constructor(period: number) {
    this.period = period
  }

  get listens(): boolean {
    return false
  }

  get timed(): boolean {
    return true
  }

  get holds(): boolean {
    return false
  }

  begin(_: Reading<unknown>, now: number): boolean {
    this.due = now + this.period
    return true
  }

  offer(): boolean {
    return false
  }

  wake(_: Reading<unknown>, now: number): boolean {
    if (now < this.due) return false
    const next = this.due + this.period
    this.due = next > now ? next : now + this.period
    return true
  }
}

/** Every change against the reading that was reported last. */
class Changes implements Machine {
  protected sent: Reading<unknown> | undefined = undefined
  private readonly sensor: Sampled
  /** Undefined where any change of the value counts. */
  private readonly difference: number | bigint | undefined

  constructor(sensor: Sampled, difference: number | bigint | undefined) {
    this.sensor = sensor
    this.difference = difference
  }

  get listens(): boolean {
    return true
  }

  get timed(): boolean {
    return false
  }

  get due(): number {
    return never
  }

  get holds(): boolean {
    return false
  }

  begin(reading: Reading<unknown>, _now: number): boolean {
    this.sent = reading
    return true
  }

  offer(reading: Reading<unknown>, _now: number): boolean {
    if (!this.changed(reading)) return false
    this.sent = reading
    return true
  }

  wake(_reading: Reading<unknown>, _now: number): boolean {
    return false
  }

  protected changed(reading: Reading<unknown>): boolean {
    return this.sent === undefined || differs(this.sensor, this.difference, this.sent, reading)
  }
}

/** Changes, with a shortest and a longest time between reports. */
class Rated extends Changes {
  private readonly shortest: number
  private readonly longest: number
  private sentAt = 0
  /** There was a change too early to be reported. What is then reported is the newest reading, changed or not (P-225). */
  private early = false

  constructor(
    sensor: Sampled,
    difference: number | bigint | undefined,
    { longest, shortest }: { readonly shortest: number; readonly longest: number }
  ) {
    super(sensor, difference)
    this.shortest = milliseconds(shortest)
    this.longest = milliseconds(longest)
  }

  override get timed(): boolean {
    return true
  }

  override get due(): number {
    return this.sentAt + (this.early ? this.shortest : this.longest)
  }

  override get holds(): boolean {
    return this.early
  }

  override begin(reading: Reading<unknown>, now: number): boolean {
    return this.report(reading, now)
  }

  override offer(reading: Reading<unknown>, now: number): boolean {
    if (!this.early && !this.changed(reading)) return false
    this.early = true
    return this.wake(reading, now)
  }

  override wake(reading: Reading<unknown>, now: number): boolean {
    return now >= this.due && this.report(reading, now)
  }

  private report(reading: Reading<unknown>, now: number): boolean {
    this.sent = reading
    this.sentAt = now
    this.early = false
    return true
  }
}

/** @internal The machine of a strategy for a sampler; `exact` if it may be {@link event}. */
export const forSampler = (strategy: Strategy, sensor: Sampled, exact: boolean): Machine => {
  if (!exact) return make(strategy, sensor)
  const resolved = resolve(strategy, sensor)
  return resolved instanceof Arg.Invalid || resolved._tag !== "Event" ? make(strategy, sensor) : event
}

let comparedOne: Reading<unknown> | undefined
let comparedOther: Reading<unknown> | undefined
let compared = false

/** @internal Returns `true` if a reading is an event after the one before. All samplers of a sensor ask the same. */
export const isEvent = (sensor: Sampled, before: Reading<unknown>, reading: Reading<unknown>): boolean => {
  if (before === comparedOne && reading === comparedOther) return compared
  compared = differs(sensor, undefined, before, reading)
  comparedOne = before
  comparedOther = reading
  return compared
}

const ofResolved = (strategy: Strategy, sensor: Sampled): Machine => {
  switch (strategy._tag) {
    case "None":
      return none
    case "Auto":
      return auto
    case "Event":
      return new Changes(sensor, undefined)
    case "Period":
      return new Periodic(milliseconds(strategy.period))
    case "Differential":
      return new Changes(sensor, strategy.difference)
    case "EventRate":
      return new Rated(sensor, undefined, strategy)
    case "DifferentialRate":
      return new Rated(sensor, strategy.difference, strategy)
  }
}

/**
 * The machine of a strategy for a sensor, at its beginning.
 *
 * - A report at once (`none` apart): it counts as one (P-214, P-228).
 * - A change of status always counts, one of the timestamp alone never does (P-221, P-223).
 * - Values are compared with the one that was reported last, by the sensor's `equals`, or by the difference, of which
 *   there must be more (P-221 to P-223).
 * - Every report restarts both times of the rates. A change that comes before the shortest time is over is held, and when
 *   it is over, the newest reading is reported (P-224, P-225, P-227).
 * - `period` keeps to its grid; after a delay of a period or more it goes on from then (P-220).
 *
 * Throws a `TypeError` for a strategy that makes no sense, or not for this sensor; what `Strategy.parse` gave for it does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (strategy: Strategy, sensor: Sampled): Machine => {
  const resolved = resolve(strategy, sensor)
  const fault = resolved instanceof Arg.Invalid ? resolved.message : faultFor(resolved, sensor)
  if (fault !== undefined) throw new TypeError(fault)
  return ofResolved(resolved as Strategy, sensor)
}
