/**
 * Decides which readings are reported (Rev 5.1 §7.1, Table 9): state machines without clock, timers or effects. The
 * caller passes in readings and times, sends the reports, and wakes the machine at the time it asks for.
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
 * The decisions for one sensor and one strategy. Times are milliseconds of any monotonic clock. Each of the three
 * functions returns `true` if the given reading must be reported now, and then counts it as reported.
 *
 * @category models
 * @since 0.1.0
 */
export interface Machine {
  /** `true` if it needs readings, `false` if it only needs to be woken. */
  readonly listens: boolean
  /** `true` if it uses the time. Otherwise `now` may be any number, and it never asks to be woken. */
  readonly timed: boolean
  /** The time at which to wake it, or `Infinity` for never. Check it after each call. Waking early does no harm. */
  readonly due: number
  /** `true` if it holds back a change that it will report later. */
  readonly holds: boolean
  /**
   * Sets the strategy, with the current reading. Call this first. Calling it again starts over. A machine that does not
   * listen begins its grid later by `delay`, 0 by default (see `Timers.stagger`).
   */
  begin(reading: Reading<unknown>, now: number, delay?: number): boolean
  /** Passes in a new reading of the sensor. */
  offer(reading: Reading<unknown>, now: number): boolean
  /** Wakes it with the current reading. */
  wake(reading: Reading<unknown>, now: number): boolean
}

/**
 * The part of a sensor that sampling needs: its type, its equality, and the meaning of `auto`. A sensor's definition is
 * one.
 *
 * @category models
 * @since 0.1.0
 */
export type Sampled = Pick<Any, "type" | "equals" | "autoStrategy">

const never = Number.POSITIVE_INFINITY

/** In whole nanoseconds, so 1.1 s is exactly 1100 ms. */
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
 * @internal Stands for `event` in a sampler that compares each reading with the previous one by {@link isEvent}. If
 * equality is exact, that gives the same result as comparing with the last reported reading. It has no state, so all
 * samplers share it, and the comparison is made once for all of a sensor.
 */
export const event: Machine = { ...none, listens: true, begin: () => true }

/**
 * Reports on a grid that begins when the strategy is set, or a little later if many are set at once. If it is woken late
 * by a period or more, the grid restarts, without a burst.
 */
class Periodic implements Machine {
  due = never
  private readonly period: number
  /** Milliseconds by which the grid begins later: many that restart at once stay apart. */
  private delay = 0

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

  begin(_: Reading<unknown>, now: number, delay = 0): boolean {
    this.delay = delay % this.period
    this.due = now + this.delay + this.period
    return true
  }

  offer(): boolean {
    return false
  }

  wake(_: Reading<unknown>, now: number): boolean {
    if (now < this.due) return false
    const next = this.due + this.period
    this.due = next > now ? next : now + this.delay + this.period
    return true
  }
}

/** Reports every change against the last reported reading. */
class Changes implements Machine {
  protected sent: Reading<unknown> | undefined = undefined
  private readonly sensor: Sampled
  /** `undefined` if every change of the value counts. */
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

/** Reports changes, with a shortest and a longest time between reports. */
class Rated extends Changes {
  private readonly shortest: number
  private readonly longest: number
  private sentAt = 0
  /** `true` after a change that came too early. The newest reading is reported later, changed or not (P-225). */
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

/**
 * @internal The machine of a strategy if it needs no state, so it may decide for any number of sensors: `none`, `auto`,
 * and {@link event} if the sensor's equality is exact. {@link reportsNext} decides about its readings. Otherwise `undefined`.
 */
export const stateless = (strategy: Strategy, sensor: Sampled, exact: boolean): Machine | undefined => {
  const resolved = resolve(strategy, sensor)
  if (resolved instanceof Arg.Invalid) return undefined
  if (resolved._tag === "Event") return exact ? event : undefined
  return resolved._tag === "Auto" ? auto : resolved._tag === "None" ? none : undefined
}

/** @internal Returns `true` if a stateless machine reports a reading after the one before. */
export const reportsNext = (
  machine: Machine,
  sensor: Sampled,
  before: Reading<unknown>,
  reading: Reading<unknown>
): boolean => (machine === event ? isEvent(sensor, before, reading) : machine === auto)

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
 * Builds the machine of a strategy for a sensor.
 *
 * - All strategies except `none` report at once, and this report counts (P-214, P-228).
 * - A change of status always counts. A change of only the timestamp never does (P-221, P-223).
 * - Values are compared with the last reported one, by the sensor's `equals`, or by the difference, which they must
 *   exceed (P-221 to P-223).
 * - Every report restarts both times of the rates. A change before the shortest time is held back. At the end of that
 *   time the newest reading is reported (P-224, P-225, P-227).
 * - `period` keeps to its grid. If it is woken late by a period or more, the grid restarts at that time (P-220).
 *
 * Throws a `TypeError` for a strategy that is invalid, or invalid for this sensor. Results of `Strategy.parse` for the
 * sensor are valid.
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
