import type { Protocol } from "../../Message/index.ts"
import { Strategy, type Timers } from "../../Sampling/index.ts"
import type { Reading } from "../../Sensor/index.ts"
import type { Linked } from "./DueList.ts"
import type { MirroredSensor } from "./MirroredSensor.ts"
import type { Predictable } from "./OrderPrediction.ts"
import { SensorConsumer } from "./SensorConsumer.ts"
import type { Receiver, Want } from "./Want.ts"

/**
 * The state of a sensor's sampling on the wire.
 *
 * - `Set`: the device has accepted the strategy;
 * - `Pending`: the strategy was not requested yet, or the device has not answered;
 * - `Refused`: the device has refused the strategy, or it does not fit the sensor.
 *
 * @category models
 * @since 0.1.0
 */
export interface SamplingState {
  readonly _tag: "Set" | "Pending" | "Refused"
  /** The one strategy that serves all consumers of the sensor. */
  readonly strategy: Strategy.Strategy
}

/** The device of subscriptions. */
export interface Sampled {
  readonly timers: Timers
  /** The protocol of the device: not every version has every strategy. */
  readonly protocol: Pick<Protocol, "major">
}

/** The share of one want in a subscription. */
interface Share {
  readonly want: Want
  /** `true` if the strategy fits the sensor. */
  readonly fits: boolean
  readonly tap: SensorConsumer | undefined
}

const nothing: ReadonlyArray<never> = []

/** The shares of wants that are the only ones of their sensors. */
const onlyShares = new WeakMap<Want, ReadonlyArray<Share>>()

/**
 * Returns the share of a want without a receiver that is the only one of its sensor. All sensors of the want have the
 * same one: a mirror of a large device needs no memory for it.
 */
const onlyShareOf = (want: Want): ReadonlyArray<Share> => {
  let shares = onlyShares.get(want)
  if (shares === undefined) {
    shares = [{ want, fits: true, tap: undefined }]
    onlyShares.set(want, shares)
  }
  return shares
}

/** Returns a receiver that gets no readings. */
const withoutReadings = (receiver: Receiver): Receiver => ({ ...receiver, reading: () => undefined })

/** A sensor with wants: its wants, the strategy that the wire should have for it, and the one that it has. */
export class Subscription implements Linked<Subscription>, Predictable<Subscription> {
  readonly sensor: MirroredSensor
  /** The strategy that the wire should have. */
  wanted: Strategy.Strategy = Strategy.none
  /** The strategy on the wire; `undefined` if unknown. */
  actual: Strategy.Strategy | undefined
  /** `true` while a request for a strategy waits for its answer. Set by `Subscriptions`. */
  asked = false
  isListed = false
  before: Subscription | undefined = undefined
  after: Subscription | undefined = undefined
  next: Subscription | undefined = undefined
  /** The strategies that the device has refused. They are not requested again before something has changed. */
  private refused: ReadonlyArray<Strategy.Strategy> = nothing
  private shares: ReadonlyArray<Share> = nothing
  private readonly device: Sampled
  /** The reading of the sensor before the first want. It may be of any age. */
  private readonly stale: Reading<unknown>

  constructor(sensor: MirroredSensor, device: Sampled, actual: Strategy.Strategy | undefined) {
    this.sensor = sensor
    this.device = device
    this.actual = actual
    this.stale = sensor.reading
  }

  /** `true` if the sensor has no wants. */
  get isIdle(): boolean {
    return this.shares.length === 0
  }

  /** `true` if the wire does not have the strategy that it should. */
  get isDue(): boolean {
    const { actual, wanted } = this
    return (actual === undefined || !Strategy.same(actual, wanted)) && !this.hasRefused(wanted)
  }

  /** The sampling state; `undefined` without wants. */
  get state(): SamplingState | undefined {
    const { actual, shares, wanted } = this
    if (shares.length === 0) return undefined
    if (this.isDue) return { _tag: "Pending", strategy: wanted }
    if (this.hasRefused(wanted)) return { _tag: "Refused", strategy: wanted }
    const unfit = shares.find(({ fits }) => !fits)
    if (wanted._tag === "None" && unfit !== undefined) return { _tag: "Refused", strategy: unfit.want.strategy }
    return { _tag: "Set", strategy: actual ?? wanted }
  }

  /** Adds a want. If its strategy does not fit the sensor, it gets no readings. */
  add(want: Want, fits: boolean): void {
    const { receiver, strategy } = want
    if (receiver === undefined && fits && this.isIdle && this.refused === nothing) {
      // a mirror of a large device makes each of its subscriptions so: nothing else is to be decided
      this.shares = onlyShareOf(want)
      this.wanted = Strategy.inProtocol(strategy, this.device.protocol)
      return
    }
    const before = this.wire
    const tap =
      receiver &&
      new SensorConsumer(
        this.sensor,
        fits ? strategy : Strategy.none,
        before,
        fits ? receiver : withoutReadings(receiver),
        this.device.timers
      )
    this.shares = [...this.shares, { want, fits, tap }]
    // before the start, which needs the strategy of the wire
    this.plan(before)
    tap?.start(this.stale)
  }

  remove(want: Want): void {
    const before = this.wire
    for (const share of this.shares) if (share.want === want) share.tap?.stop()
    this.shares = this.shares.filter((share) => share.want !== want)
    this.plan(before)
  }

  /** Starts on a new connection. */
  begin(): void {
    this.renew(Strategy.none)
  }

  /** Sets the strategy on the wire (`undefined` if unknown), and clears the refused ones. */
  renew(actual: Strategy.Strategy | undefined): void {
    const before = this.wire
    this.actual = actual
    this.refused = nothing
    this.plan(before)
  }

  /** Called when the device has accepted a strategy. */
  take(strategy: Strategy.Strategy): void {
    const before = this.wire
    this.actual = strategy
    // the expected answer changes no plan
    if (strategy === this.wanted && strategy === before) return
    this.plan(before)
  }

  /** Called when the device has refused a strategy. */
  refuse(strategy: Strategy.Strategy): void {
    const before = this.wire
    this.refused = [...this.refused, strategy]
    this.plan(before)
  }

  /** Called when the device cannot be reached. */
  suspend(): void {
    for (const { tap } of this.shares) tap?.suspend()
    this.renew(Strategy.none)
  }

  /** Ends because the sensor is gone. */
  end(): void {
    for (const { tap } of this.shares) tap?.end()
    this.shares = nothing
  }

  /** Decides which strategy the wire should have. */
  private plan(before: Strategy.Strategy): void {
    const { shares } = this
    let joined: Strategy.Strategy = Strategy.none
    for (let at = 0; at < shares.length; at++) {
      const { fits, want } = shares[at]!
      if (fits) joined = Strategy.join(joined, want.strategy)
    }
    const possible = Strategy.inProtocol(joined, this.device.protocol)
    // devices need not have more than `auto` and `none` (Rev 5.1 §7.1, Table 9)
    this.wanted = possible._tag !== "None" && this.hasRefused(possible) ? Strategy.auto : possible
    const { wire } = this
    if (wire !== before) for (let at = 0; at < shares.length; at++) shares[at]!.tap?.retune(wire)
  }

  /** The strategy by which readings arrive, or will arrive. */
  private get wire(): Strategy.Strategy {
    const { actual, wanted } = this
    return actual === undefined || actual._tag === "None" ? wanted : actual
  }

  private hasRefused(strategy: Strategy.Strategy): boolean {
    const { refused } = this
    // few sensors have refused strategies
    for (let at = 0; at < refused.length; at++) if (Strategy.same(refused[at]!, strategy)) return true
    return false
  }
}
