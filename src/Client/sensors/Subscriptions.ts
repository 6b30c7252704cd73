import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError, Protocol } from "../../Message/index.ts"
import { Strategy, type Timers } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Oddities } from "../connection/Oddities.ts"
import { plain } from "../requests/AnswerDecoder.ts"
import { byName, type Calls } from "../requests/Calls.ts"
import { concurrencyOf } from "./concurrency.ts"
import { DueList } from "./DueList.ts"
import { type SamplingState, Subscription } from "./Subscription.ts"
import { Succession } from "./Succession.ts"
import type { Want } from "./Want.ts"

const ask = byName("sensor-sampling", plain)
/** How many sensors one request names at most. */
export const bulkSize = 2000
/** How long their names may be together. */
const bulkLength = 65536

const none: ReadonlyArray<Want> = []

/** Those that are to have one strategy. */
interface Batch {
  readonly strategy: Strategy.Strategy
  readonly all: Array<Subscription>
}

/**
 * Who wants what of the sensors, and what the device was asked for. Wants and sensors come and go; {@link reconcile} then
 * makes the wire as it should be.
 */
export class Subscriptions {
  private readonly exact = new Map<string, Set<Want>>()
  // a list is gone through more quickly than a Set: that is done for each sensor
  private patterns: ReadonlyArray<Want> = []
  private readonly bySensor = new Map<string, Subscription>()
  private readonly due = new DueList<Subscription>()
  /** In which order sensors are made, and then reported. */
  private readonly made = new Succession<Subscription>()
  private readonly reported = new Succession<Subscription>()
  private idle: Array<string> = []
  private readonly timers: Timers
  private readonly oddities: Oddities
  private protocol: Pick<Protocol, "major"> = { major: 5 }

  constructor(timers: Timers, oddities: Oddities) {
    this.timers = timers
    this.oddities = oddities
  }

  /** The names that are wanted as such. */
  get names(): Iterable<string> {
    return this.exact.keys()
  }

  /** How many names are wanted as such. */
  get size(): number {
    return this.exact.size
  }

  /** Whether sensors are wanted whose names are not known. */
  get hasPatterns(): boolean {
    return this.patterns.length > 0
  }

  /** Whether the wire is as it should be. */
  get isSettled(): boolean {
    return this.due.isEmpty
  }

  /** Whether the sensor of that name is wanted, or the wire may still have something for it. */
  has(name: string): boolean {
    return this.bySensor.has(name)
  }

  /** How a sensor is sampled; undefined where nobody wants it, or it is not there. */
  stateOf(name: string): SamplingState | undefined {
    return this.bySensor.get(name)?.state
  }

  /** The sensor whose name is an argument of a message; undefined where nobody wants it, or it is not there. */
  find(message: ParsedMessage, at: number): LiveSensor<unknown> | undefined {
    const { likely } = this.reported
    // a replaced one may still be in the succession
    const found =
      likely !== undefined && message.is(at, likely.sensor.name) && !likely.sensor.ended
        ? likely
        : this.bySensor.get(message.text(at)!)
    if (found !== undefined) this.reported.came(found)
    return found?.sensor
  }

  /** Whether anybody wants a sensor of that name. */
  wants(name: string): boolean {
    return this.wantsOf(name).length > 0
  }

  /** Who wants a sensor of that name. */
  wantsOf(name: string): ReadonlyArray<Want> {
    let wants: ReadonlyArray<Want> = this.exact.size === 0 ? none : [...(this.exact.get(name) ?? none)]
    // one, as a rule: a literal takes no more room than it needs
    for (const want of this.patterns)
      if (this.matches(want, name)) wants = wants.length === 0 ? [want] : [...wants, want]
    return wants
  }

  /** Those that are neither wanted any more nor on the wire; each is given once. */
  takeIdle(): ReadonlyArray<string> {
    const names = this.idle.filter((name) => !this.bySensor.has(name))
    this.idle = []
    return names
  }

  /** Adds a want, for those of the sensors that it matches. */
  add(want: Want, sensors: ReadonlyArray<LiveSensor<unknown>>): void {
    const { exact } = want.matcher
    if (exact === undefined) this.patterns = [...this.patterns, want]
    else {
      const wants = this.exact.get(exact)
      if (wants === undefined) this.exact.set(exact, new Set([want]))
      else wants.add(want)
    }
    for (const sensor of sensors) {
      if (!this.matches(want, sensor.name)) continue
      const subscription = this.bySensor.get(sensor.name) ?? this.make(sensor, Strategy.none)
      this.join(subscription, want)
      this.check(subscription)
    }
  }

  /** Takes a want back. */
  remove(want: Want): void {
    const { exact } = want.matcher
    if (exact === undefined) {
      this.patterns = this.patterns.filter((other) => other !== want)
      for (const subscription of this.bySensor.values()) this.leave(subscription, want)
      return
    }
    const wants = this.exact.get(exact)
    wants?.delete(want)
    if (wants?.size === 0) this.exact.delete(exact)
    const subscription = this.bySensor.get(exact)
    if (subscription !== undefined) this.leave(subscription, want)
  }

  /** A sensor has come that some want. `actual` is what the wire has for its name, undefined where that is not known. */
  sensorAdded(sensor: LiveSensor<unknown>, wants: ReadonlyArray<Want>, actual: Strategy.Strategy | undefined): void {
    if (wants.length === 0 && actual !== undefined) return
    const subscription = this.make(sensor, actual)
    for (const want of wants) this.join(subscription, want)
    this.check(subscription)
  }

  /** A sensor has gone. */
  sensorRemoved(name: string): void {
    const subscription = this.bySensor.get(name)
    if (subscription === undefined) return
    subscription.end()
    this.forget(subscription)
    this.due.delete(subscription)
  }

  /** The sensor may have been replaced by another one that is described the same, which nobody has subscribed to. */
  unsure(name: string): void {
    const subscription = this.bySensor.get(name)
    if (subscription === undefined) return
    subscription.renew(undefined)
    this.check(subscription)
  }

  /** There is a new connection. */
  begin(protocol: Protocol): void {
    this.protocol = protocol
    for (const subscription of this.bySensor.values()) {
      subscription.begin(protocol)
      this.check(subscription)
    }
  }

  /** The connection is over: the wire has nothing. */
  suspend(): void {
    for (const subscription of this.bySensor.values()) {
      subscription.suspend()
      this.check(subscription)
    }
  }

  /** Makes the wire as it should be, as far as the device lets it. Fails where it does not answer. */
  reconcile(calls: Calls, connection: Connection, timeout: number): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => {
      const concurrency = concurrencyOf(connection)
      const set = (batch: Batch): Effect.Effect<void, KatcpError> =>
        Effect.flatMap(this.request(calls, connection, timeout, batch), (answered) =>
          // one that the device does not take fails them all
          answered ? Effect.void : Effect.forEach(halves(batch), set, { concurrency, discard: true })
        )
      return Effect.forEach(this.batches(connection), set, { concurrency, discard: true })
    })
  }

  /** Asks for the strategy that all of these are to have; false where some can have it, and some perhaps not. */
  private request(
    calls: Calls,
    connection: Connection,
    timeout: number,
    { all, strategy }: Batch
  ): Effect.Effect<boolean, KatcpError> {
    return Effect.suspend(() => {
      const { sensor } = all[0]!
      let answered = false
      const answer = (what: "take" | "refuse" | "neither"): void => {
        answered = true
        for (const subscription of all) {
          // what an earlier connection had is of no account
          if (what !== "neither" && connection.alive) subscription[what](strategy)
          // it was suspended meanwhile, and nothing is left of what was asked
          if (!subscription.asked) continue
          subscription.asked = false
          this.check(subscription)
        }
      }
      for (const subscription of all) subscription.asked = true
      const names = all.map((subscription) => subscription.sensor.name).join(",")
      const parameters = Strategy.format(strategy, sensor.definition, connection.dialect)
      return Effect.matchEffect(calls.gatherOn(connection, ask, [names, ...parameters], { timeout }), {
        onSuccess: () => {
          answer("take")
          return Effect.succeed(true)
        },
        onFailure: (error) => {
          if (error._tag === "KatcpError") return Effect.fail(error)
          if (all.length > 1) return Effect.succeed(false)
          answer("refuse")
          if (strategy._tag !== "None") this.odd(sensor, strategy, error.message)
          return Effect.succeed(true)
        }
      }).pipe(Effect.ensuring(Effect.sync(() => (answered ? undefined : answer("neither")))))
    })
  }

  /** All that are due and not asked for, in batches of one strategy, as large as one request may be. */
  private batches(connection: Connection): ReadonlyArray<Batch> {
    const { bulkSampling } = connection.protocol
    const batches: Array<Batch> = []
    const open = new Map<string, { readonly batch: Batch; length: number }>()
    let key = ""
    let former: Subscription | undefined
    for (let subscription = this.due.first; subscription !== undefined; subscription = subscription.after) {
      if (subscription.asked) continue
      const { sensor, wanted: strategy } = subscription
      // a comma parts the names of a list
      if (!bulkSampling || sensor.name.includes(",")) {
        batches.push({ strategy, all: [subscription] })
        continue
      }
      // its parameters may be of the sensor's type
      if (former?.wanted !== strategy || former.sensor.definition.type !== sensor.definition.type)
        key = Strategy.format(strategy, sensor.definition, connection.dialect).join(" ")
      former = subscription
      let group = open.get(key)
      if (group === undefined || group.batch.all.length >= bulkSize || group.length > bulkLength) {
        group = { batch: { strategy, all: [] }, length: 0 }
        open.set(key, group)
        batches.push(group.batch)
      }
      group.batch.all.push(subscription)
      group.length += sensor.name.length + 1
    }
    return batches
  }

  /** A function that throws matches nothing. */
  private matches({ matcher }: Want, name: string): boolean {
    try {
      return matcher.matches(name)
    } catch (defect) {
      this.oddities.again("Error", "filter", () => `a filter of sensors has failed: ${Cause.pretty(Cause.die(defect))}`)
      return false
    }
  }

  private join(subscription: Subscription, want: Want): void {
    const { sensor } = subscription
    const fault = Strategy.faultFor(want.strategy, sensor.definition)
    if (fault !== undefined) this.odd(sensor, want.strategy, fault)
    subscription.add(want, fault === undefined)
  }

  private leave(subscription: Subscription, want: Want): void {
    subscription.remove(want)
    this.check(subscription)
  }

  private make(sensor: LiveSensor<unknown>, actual: Strategy.Strategy | undefined): Subscription {
    const subscription = new Subscription(sensor, { timers: this.timers, protocol: this.protocol, actual })
    this.bySensor.set(sensor.name, subscription)
    this.made.came(subscription)
    return subscription
  }

  private check(subscription: Subscription): void {
    if (subscription.isDue) this.due.add(subscription)
    else {
      this.due.delete(subscription)
      // once the device has answered, there may be something to take back
      if (!subscription.isIdle || subscription.asked) return
      this.forget(subscription)
      this.idle.push(subscription.sensor.name)
    }
  }

  private forget(subscription: Subscription): void {
    this.bySensor.delete(subscription.sensor.name)
    this.made.gone(subscription)
    this.reported.gone(subscription)
  }

  private odd({ name }: LiveSensor<unknown>, strategy: Strategy.Strategy, detail: string): void {
    this.oddities.add({ _tag: "SamplingRefused", sensor: name, strategy, detail })
  }
}

const halves = ({ all, strategy }: Batch): ReadonlyArray<Batch> => [
  { strategy, all: all.slice(0, all.length >> 1) },
  { strategy, all: all.slice(all.length >> 1) }
]
