import { Strategy, type Timers } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import { join, same } from "./join.ts"
import { Tap } from "./Tap.ts"
import type { Want } from "./Want.ts"

/** Which strategies a device has: those of version 5, or of version 4. */
export type Strategies = "all" | "without rates"

/** One sensor of the device that somebody wants: who, what the wire should have for it, and what it has. */
export class Subscription {
  readonly sensor: LiveSensor<unknown>
  /** What the wire should have. */
  wanted: Strategy.Strategy = Strategy.none
  /** What it has; undefined where that is not known. */
  actual: Strategy.Strategy | undefined = Strategy.none
  /** Counts what makes an answer that is under way out of date. */
  epoch = 0
  /** What the device has refused; it is not asked again before something has changed. */
  refused: Strategy.Strategy | undefined = undefined
  private wants: ReadonlyArray<Want> = []
  private taps: ReadonlyArray<readonly [want: Want, tap: Tap]> = []
  private readonly timers: Timers

  constructor(sensor: LiveSensor<unknown>, timers: Timers) {
    this.sensor = sensor
    this.timers = timers
  }

  /** Whether nobody wants it. */
  get isIdle(): boolean {
    return this.wants.length === 0
  }

  /** Whether the wire does not have what it should. */
  get isDue(): boolean {
    const { actual, refused, wanted } = this
    if (refused !== undefined && same(refused, wanted)) return false
    return actual === undefined || !same(actual, wanted)
  }

  add(want: Want, strategies: Strategies): void {
    this.wants = [...this.wants, want]
    this.plan(strategies)
    if (want.receiver === undefined) return
    const tap = new Tap(this.sensor, want.strategy, this.wanted, want.receiver, this.timers)
    this.taps = [...this.taps, [want, tap]]
    tap.start()
  }

  remove(want: Want, strategies: Strategies): void {
    this.wants = this.wants.filter((other) => other !== want)
    for (const [owner, tap] of this.taps) if (owner === want) tap.stop()
    this.taps = this.taps.filter(([owner]) => owner !== want)
    this.plan(strategies)
  }

  /** Works out what the wire should have. */
  plan(strategies: Strategies): void {
    const joined = join(this.wants.map((want) => want.strategy))
    const rated = joined._tag === "EventRate" || joined._tag === "DifferentialRate"
    const wanted = rated && strategies === "without rates" ? Strategy.event : joined
    if (same(wanted, this.wanted)) return
    this.wanted = wanted
    for (const [, tap] of this.taps) tap.retune(wanted)
  }

  /** What the wire has is not known: the connection is new, or the sensor may have been replaced. */
  unsure(actual: Strategy.Strategy | undefined): void {
    this.actual = actual
    this.refused = undefined
    this.epoch++
  }

  /** The device cannot be reached. */
  suspend(): void {
    for (const [, tap] of this.taps) tap.suspend()
  }

  /** The sensor is gone. */
  end(): void {
    for (const [, tap] of this.taps) tap.end()
    this.taps = []
  }
}
