import type { Protocol } from "../../Message/index.ts"
import { Strategy, type Timers } from "../../Sampling/index.ts"
import type { LiveSensor, Reading } from "../../Sensor/index.ts"
import type { Linked } from "./DueList.ts"
import type { Predictable } from "./OrderPrediction.ts"
import { SensorConsumer } from "./SensorConsumer.ts"
import type { Receiver, Want } from "./Want.ts"

/**
 * How a sensor is sampled on the wire: the strategy is `Set`, the device has not been asked or has not answered yet
 * (`Pending`), or it has refused it, or it does not fit the sensor (`Refused`).
 *
 * @category models
 * @since 0.1.0
 */
export interface SamplingState {
  readonly _tag: "Set" | "Pending" | "Refused"
  /** The one strategy that serves all who want the sensor. */
  readonly strategy: Strategy.Strategy
}

/** That somebody wants the sensor. */
interface Share {
  readonly want: Want
  /** Whether the sensor can be sampled so. */
  readonly fits: boolean
  readonly tap: SensorConsumer | undefined
}

const nothing: ReadonlyArray<never> = []

/** One that is told of sensors, and not of readings. */
const deaf = (receiver: Receiver): Receiver => ({ ...receiver, reading: () => undefined })

/** One sensor of the device that somebody wants: who, what the wire should have for it, and what it has. */
export class Subscription implements Linked<Subscription>, Predictable<Subscription> {
  readonly sensor: LiveSensor<unknown>
  /** What the wire should have. */
  wanted: Strategy.Strategy = Strategy.none
  /** What it has; undefined where that is not known. */
  actual: Strategy.Strategy | undefined
  /** Whether the device was asked for something and has not answered yet. */
  asked = false
  isListed = false
  before: Subscription | undefined = undefined
  after: Subscription | undefined = undefined
  next: Subscription | undefined = undefined
  /** What the device has refused; it is not asked again before something has changed. */
  private refused: ReadonlyArray<Strategy.Strategy> = nothing
  private shares: ReadonlyArray<Share> = nothing
  private readonly timers: Timers
  /** The version of the protocol that the device speaks: not every one has every strategy. */
  private protocol: Pick<Protocol, "major">
  /** The reading of the sensor before anybody wanted it: it may be of any age. */
  private readonly stale: Reading<unknown>

  constructor(
    sensor: LiveSensor<unknown>,
    options: {
      readonly timers: Timers
      readonly protocol: Pick<Protocol, "major">
      readonly actual: Strategy.Strategy | undefined
    }
  ) {
    this.sensor = sensor
    this.timers = options.timers
    this.protocol = options.protocol
    this.actual = options.actual
    this.stale = sensor.reading
  }

  /** Whether nobody wants it. */
  get isIdle(): boolean {
    return this.shares.length === 0
  }

  /** Whether the wire does not have what it should. */
  get isDue(): boolean {
    const { actual, wanted } = this
    return (actual === undefined || !Strategy.same(actual, wanted)) && !this.hasRefused(wanted)
  }

  /** How it is sampled; undefined where nobody wants it. */
  get state(): SamplingState | undefined {
    const { actual, shares, wanted } = this
    if (shares.length === 0) return undefined
    if (this.isDue) return { _tag: "Pending", strategy: wanted }
    if (this.hasRefused(wanted)) return { _tag: "Refused", strategy: wanted }
    const unfit = shares.find(({ fits }) => !fits)
    if (wanted._tag === "None" && unfit !== undefined) return { _tag: "Refused", strategy: unfit.want.strategy }
    return { _tag: "Set", strategy: actual ?? wanted }
  }

  /** Somebody wants it. Where the strategy does not fit it, there will be no readings. */
  add(want: Want, fits: boolean): void {
    const { receiver, strategy } = want
    const before = this.wire
    const tap =
      receiver &&
      new SensorConsumer(
        this.sensor,
        fits ? strategy : Strategy.none,
        before,
        fits ? receiver : deaf(receiver),
        this.timers
      )
    // one, as a rule: a literal takes no more room than it needs
    const share: Share = { want, fits, tap }
    this.shares = this.shares.length === 0 ? [share] : [...this.shares, share]
    // first, so that it does not begin with what the wire will not have
    this.plan(before)
    tap?.start(this.stale)
  }

  remove(want: Want): void {
    const before = this.wire
    for (const share of this.shares) if (share.want === want) share.tap?.stop()
    this.shares = this.shares.filter((share) => share.want !== want)
    this.plan(before)
  }

  /** The device is another one, or the same once more. */
  begin(protocol: Pick<Protocol, "major">): void {
    this.protocol = protocol
    this.renew(Strategy.none)
  }

  /** The wire has this for certain, or nothing that is known, whatever was asked for: that is out of date. */
  renew(actual: Strategy.Strategy | undefined): void {
    const before = this.wire
    this.actual = actual
    this.refused = nothing
    this.plan(before)
  }

  /** The device has taken a strategy. */
  take(strategy: Strategy.Strategy): void {
    const before = this.wire
    this.actual = strategy
    // what was wanted and waited for: it is all planned already
    if (strategy === this.wanted && strategy === before) return
    this.plan(before)
  }

  /** The device has refused a strategy. */
  refuse(strategy: Strategy.Strategy): void {
    const before = this.wire
    this.refused = [...this.refused, strategy]
    this.plan(before)
  }

  /** The device cannot be reached. */
  suspend(): void {
    for (const { tap } of this.shares) tap?.suspend()
    this.asked = false
    this.renew(Strategy.none)
  }

  /** The sensor is gone. */
  end(): void {
    for (const { tap } of this.shares) tap?.end()
    this.shares = nothing
  }

  /** Works out what the wire should have. */
  private plan(before: Strategy.Strategy): void {
    let joined: Strategy.Strategy = Strategy.none
    for (const { fits, want } of this.shares) if (fits) joined = Strategy.join(joined, want.strategy)
    const possible = Strategy.inProtocol(joined, this.protocol)
    // no device need have more than `auto` and `none` (Rev 5.1 §7.1, Table 9)
    this.wanted = possible._tag !== "None" && this.hasRefused(possible) ? Strategy.auto : possible
    const { wire } = this
    if (wire !== before) for (const { tap } of this.shares) tap?.retune(wire)
  }

  /** By what strategy readings come: as long as none do, by the one that they will. */
  private get wire(): Strategy.Strategy {
    const { actual, wanted } = this
    return actual === undefined || actual._tag === "None" ? wanted : actual
  }

  private hasRefused(strategy: Strategy.Strategy): boolean {
    // nothing, as a rule, which needs no function
    return this.refused.length > 0 && this.refused.some((refused) => Strategy.same(refused, strategy))
  }
}
