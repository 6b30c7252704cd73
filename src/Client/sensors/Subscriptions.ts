import * as Effect from "effect/Effect"
import type { KatcpError } from "../../Message/index.ts"
import { Strategy, type Timers } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import { plain } from "../Answer.ts"
import { byName, type Calls } from "../Calls.ts"
import type { Connection } from "../Connection.ts"
import type { Oddities } from "../Oddities.ts"
import { type Strategies, Subscription } from "./Subscription.ts"
import type { Want } from "./Want.ts"

const ask = byName("sensor-sampling", plain)
/** How many sensors one request names at most, and how long their names may be together. */
const bulkSize = 2000
const bulkLength = 65536
/** How many requests are under way at once: one where a device has no ids, since it may answer in any order. */
const pipelined = 64

/**
 * How a sensor is sampled on the wire: the strategy is `Set`, the device has not been asked or has not answered yet
 * (`Pending`), or it has refused it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SamplingState {
  readonly _tag: "Set" | "Pending" | "Refused"
  /** The one strategy that serves all who want the sensor. */
  readonly strategy: Strategy.Strategy
}

/**
 * Who wants what of the sensors, and what the device was asked for. Wants and sensors come and go; {@link reconcile} then
 * makes the wire as it should be.
 */
export class Subscriptions {
  private readonly exact = new Map<string, Set<Want>>()
  private readonly patterns = new Set<Want>()
  private readonly bySensor = new Map<string, Subscription>()
  private readonly due = new Set<Subscription>()
  private readonly timers: Timers
  private readonly oddities: Oddities
  private strategies: Strategies = "all"

  constructor(timers: Timers, oddities: Oddities) {
    this.timers = timers
    this.oddities = oddities
  }

  /** The names that are wanted as such. */
  get names(): ReadonlyArray<string> {
    return [...this.exact.keys()]
  }

  /** Whether sensors are wanted whose names are not known. */
  get hasPatterns(): boolean {
    return this.patterns.size > 0
  }

  /** Whether the wire is as it should be. */
  get isSettled(): boolean {
    return this.due.size === 0
  }

  /** Whether the sensor of that name is wanted, or is not yet known to be subscribed to no more. */
  has(name: string): boolean {
    return this.bySensor.has(name)
  }

  /** How a sensor is sampled; undefined where nobody wants it, or it is not there. */
  stateOf(name: string): SamplingState | undefined {
    const subscription = this.bySensor.get(name)
    if (subscription === undefined || subscription.isIdle) return undefined
    const { actual, isDue, refused, wanted } = subscription
    if (isDue) return { _tag: "Pending", strategy: wanted }
    return refused === undefined ? { _tag: "Set", strategy: actual ?? wanted } : { _tag: "Refused", strategy: wanted }
  }

  /** Whether anybody wants a sensor of that name. */
  wants(name: string): boolean {
    if (this.exact.has(name)) return true
    for (const { matcher } of this.patterns) if (matcher.matches(name)) return true
    return false
  }

  /** Adds a want, for the sensors that are there. */
  add(want: Want, sensors: Iterable<LiveSensor<unknown>>): void {
    const { exact } = want.matcher
    if (exact === undefined) this.patterns.add(want)
    else {
      const wants = this.exact.get(exact)
      if (wants === undefined) this.exact.set(exact, new Set([want]))
      else wants.add(want)
    }
    for (const sensor of sensors) if (want.matcher.matches(sensor.name)) this.join(this.of(sensor), want)
  }

  /** Takes a want back. */
  remove(want: Want): void {
    const { exact } = want.matcher
    this.patterns.delete(want)
    if (exact !== undefined) {
      const wants = this.exact.get(exact)
      wants?.delete(want)
      if (wants?.size === 0) this.exact.delete(exact)
    }
    const only = exact === undefined ? undefined : this.bySensor.get(exact)
    for (const subscription of exact === undefined ? this.bySensor.values() : only === undefined ? [] : [only]) {
      subscription.remove(want, this.strategies)
      this.check(subscription)
    }
  }

  /** A sensor has come, perhaps in the place of another one. */
  sensorAdded(sensor: LiveSensor<unknown>): void {
    this.sensorRemoved(sensor.name)
    const wants = [...(this.exact.get(sensor.name) ?? [])]
    for (const want of this.patterns) if (want.matcher.matches(sensor.name)) wants.push(want)
    if (wants.length === 0) return
    const subscription = this.of(sensor)
    for (const want of wants) this.join(subscription, want)
  }

  /** A sensor has gone, and its strategy on the wire with it. */
  sensorRemoved(name: string): void {
    const subscription = this.bySensor.get(name)
    if (subscription === undefined) return
    subscription.end()
    this.bySensor.delete(name)
    this.due.delete(subscription)
  }

  /** There is a new connection: the wire has nothing yet. */
  begin(strategies: Strategies): void {
    this.strategies = strategies
    for (const subscription of this.bySensor.values()) {
      subscription.plan(strategies)
      subscription.unsure(Strategy.none)
      this.check(subscription)
    }
  }

  /** The sensor may have been replaced by another one that is described the same, which nobody has subscribed to. */
  unsure(name: string): void {
    const subscription = this.bySensor.get(name)
    if (subscription === undefined) return
    subscription.unsure(undefined)
    this.check(subscription)
  }

  /** The connection is over. */
  suspend(): void {
    for (const subscription of this.bySensor.values()) subscription.suspend()
  }

  /** Makes the wire as it should be, as far as the device lets it. Fails where it does not answer. */
  reconcile(calls: Calls, connection: Connection, timeout: number): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => {
      const pending = [...this.due]
      const request = (all: ReadonlyArray<Subscription>) => this.request(calls, connection, timeout, all)
      const { bulkSampling, messageIds } = connection.protocol
      const batches = bulkSampling ? this.batches(pending, connection) : pending.map((subscription) => [subscription])
      const concurrency = messageIds ? pipelined : 1
      return Effect.forEach(
        batches,
        (batch) =>
          Effect.flatMap(request(batch), (answered) =>
            // one that the device does not know fails them all
            answered ? Effect.void : Effect.forEach(batch, (one) => request([one]), { concurrency, discard: true })
          ),
        { concurrency, discard: true }
      )
    })
  }

  /** Asks for the strategy that all of these are to have; false where that is to be asked one by one. */
  private request(
    calls: Calls,
    connection: Connection,
    timeout: number,
    all: ReadonlyArray<Subscription>
  ): Effect.Effect<boolean, KatcpError> {
    return Effect.suspend(() => {
      const epochs = all.map((subscription) => subscription.epoch)
      const strategy = all[0]!.wanted
      const names = all.map((subscription) => subscription.sensor.name).join(",")
      const done = (refused: boolean) =>
        all.forEach((subscription, index) => {
          if (subscription.epoch !== epochs[index]) return
          subscription.actual = refused ? subscription.actual : strategy
          subscription.refused = refused ? strategy : undefined
          this.check(subscription)
        })
      const parameters = Strategy.format(strategy, all[0]!.sensor.definition, connection.dialect)
      return Effect.matchEffect(calls.on(connection, ask, [names, ...parameters], { timeout }), {
        onSuccess: () => {
          done(false)
          return Effect.succeed(true)
        },
        onFailure: (error) => {
          if (error._tag === "KatcpError") return Effect.fail(error)
          if (all.length > 1) return Effect.succeed(false)
          const { sensor } = all[0]!
          done(true)
          if (!sensor.ended && strategy._tag !== "None")
            this.oddities.add({ _tag: "SamplingRefused", sensor: sensor.name, strategy, detail: error.message })
          return Effect.succeed(true)
        }
      })
    })
  }

  /** Those that are to have the same strategy, as many as one request may name. */
  private batches(pending: ReadonlyArray<Subscription>, connection: Connection): Array<Array<Subscription>> {
    const batches: Array<Array<Subscription>> = []
    const open = new Map<string, { readonly batch: Array<Subscription>; length: number }>()
    for (const subscription of pending) {
      const { sensor, wanted } = subscription
      const key = Strategy.format(wanted, sensor.definition, connection.dialect).join(" ")
      let group = open.get(key)
      const alone = sensor.name.includes(",")
      const full = group === undefined || group.batch.length >= bulkSize || group.length > bulkLength
      if (full || alone) {
        const batch: Array<Subscription> = []
        batches.push(batch)
        group = { batch, length: 0 }
        if (!alone) open.set(key, group)
      }
      group!.batch.push(subscription)
      group!.length += sensor.name.length + 1
    }
    return batches
  }

  private join(subscription: Subscription, want: Want): void {
    const { sensor } = subscription
    const fault = Strategy.faultFor(want.strategy, sensor.definition)
    if (fault !== undefined) {
      this.oddities.add({ _tag: "SamplingRefused", sensor: sensor.name, strategy: want.strategy, detail: fault })
      return
    }
    subscription.add(want, this.strategies)
    this.check(subscription)
  }

  private of(sensor: LiveSensor<unknown>): Subscription {
    let subscription = this.bySensor.get(sensor.name)
    if (subscription === undefined) {
      subscription = new Subscription(sensor, this.timers)
      this.bySensor.set(sensor.name, subscription)
    }
    return subscription
  }

  private check(subscription: Subscription): void {
    if (subscription.isDue) this.due.add(subscription)
    else {
      this.due.delete(subscription)
      if (subscription.isIdle && !subscription.isDue) this.bySensor.delete(subscription.sensor.name)
    }
  }
}
