import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Strategy } from "../../Sampling/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import { Loss } from "./Loss.ts"
import { type Losses, MirroredSensor } from "./MirroredSensor.ts"
import type { MirrorObserver } from "./MirrorObserver.ts"
import type { RemoteReading } from "./RemoteReading.ts"
import type { Subscriptions } from "./Subscriptions.ts"
import type { Want } from "./Want.ts"
import { WireReading } from "./WireReading.ts"

/**
 * The number of sensors whose observers are notified of a loss in one turn of the event loop. Measured with a proxy,
 * one of whose clients samples all of 100,000 sensors: 3 µs for each sensor, so a turn takes 3 ms.
 */
const sensorsPerTurn = 1000

/**
 * The live sensors that mirror those of the device: with the device's descriptions, while they are wanted.
 *
 * A loss is recorded once, for a device of any size. Each sensor derives its reading from the loss ({@link
 * MirroredSensor}). The observers of sensors are notified in slices, with turns for everything else between them. If a
 * new reading of a sensor arrives before its slice, the observers of the sensor receive the loss first.
 */
export class Mirrored implements Losses {
  readonly set: Sensor.SensorSet
  private readonly core: Core
  private readonly subscriptions: Subscriptions
  private readonly contract: ReadonlyMap<string, Sensor.Any>
  private readonly clock: Clock.Clock
  private readonly observer: MirrorObserver | undefined
  private readonly perTurn: number
  era = 0
  loss = new Loss(0)
  readonly shown = new Map<MirroredSensor, RemoteReading<unknown>>()
  /** The sensors whose observers may not have received the newest loss. */
  private untold: Iterator<Sensor.LiveSensor<unknown>> | undefined = undefined
  /** `true` while a fiber notifies the slices. */
  private telling = false

  constructor(
    core: Core,
    subscriptions: Subscriptions,
    options: {
      readonly set: Sensor.SensorSet
      readonly clock: Clock.Clock
      /** The sensors whose types are known from a contract. */
      readonly contract: ReadonlyMap<string, Sensor.Any>
      /** The number of sensors that report a loss in one turn of the event loop. */
      readonly sensorsPerTurn?: number | undefined
    }
  ) {
    this.core = core
    this.subscriptions = subscriptions
    this.set = options.set
    this.clock = options.clock
    this.contract = options.contract
    this.observer = core.options.mirrorObserver
    this.perTurn = options.sensorsPerTurn ?? sensorsPerTurn
  }

  /** Returns the seconds since 1970. */
  now(): number {
    return this.clock.currentTimeMillisUnsafe() / 1000
  }

  /** Gives a sensor a new reading. */
  receive(sensor: Sensor.LiveSensor<unknown>, reading: RemoteReading<unknown>): void {
    if (this.untold !== undefined) this.tell(sensor as MirroredSensor)
    this.give(sensor, reading)
  }

  private give(sensor: Sensor.LiveSensor<unknown>, reading: RemoteReading<unknown>): void {
    // first: an observer of the sensor may read the mirror observer's table
    if (this.observer !== undefined && !sensor.ended && reading instanceof WireReading)
      this.observer.reading(sensor.definition, reading)
    try {
      sensor.receive(reading)
    } catch (defect) {
      this.failed(defect)
    }
  }

  /**
   * Makes each reading `unreachable`. Notifies the observers of the first sensors now, and those of the others in later
   * turns.
   */
  lose(): void {
    this.era++
    this.loss = new Loss(this.now())
    this.shown.clear()
    this.observer?.lost?.(this.loss)
    this.untold = this.set.unsorted[Symbol.iterator]()
    if (this.tellSlice(this.perTurn) || this.telling) return
    this.telling = true
    const rest = Effect.gen({ self: this as Mirrored }, function* () {
      do yield* Effect.yieldNow
      while (!this.tellSlice(this.perTurn))
    })
    this.core.run(
      Effect.ensuring(
        rest,
        Effect.sync(() => {
          this.telling = false
        })
      )
    )
  }

  /** Notifies all observers of the loss now. */
  tellAll(): void {
    this.tellSlice(Number.POSITIVE_INFINITY)
  }

  /** Notifies the observers of some sensors of the loss. Returns `true` if no sensor is left. */
  private tellSlice(limit: number): boolean {
    const { untold } = this
    for (let left = limit; left > 0 && untold !== undefined; left--) {
      const next = untold.next()
      if (next.done === true) {
        this.untold = undefined
        this.shown.clear()
      } else this.tell(next.value as MirroredSensor)
      // an observer may have caused the next loss
      if (this.untold !== untold) break
    }
    return this.untold === undefined
  }

  private tell(sensor: MirroredSensor): void {
    const { era, loss } = this
    if (sensor.era === era) return
    const { lost } = sensor
    if (lost !== undefined) this.give(sensor, lost)
    else if (!sensor.hasReading) this.observer?.reading(sensor.definition, loss.readingOf(sensor.definition, undefined))
    // last, because a notified observer may read the sensor
    sensor.era = era
  }

  /**
   * Adds the sensors that are wanted and not mirrored yet, with the time of their first readings. Watchers of the set are
   * called once for all.
   *
   * By `forEach`: V8 compiles a loop of thousands of steps, with all that they call, while it runs, and once more for the
   * next call. Measured: 12 ms of CPU time in the first mirror of 10,000 sensors of a process.
   */
  add(described: ReadonlyArray<Sensor.Any>, now = this.now()): void {
    const all = this.core.options.inspect
    const one = (sensor: Sensor.Any): void => {
      if (this.set.has(sensor.name)) return
      const wants = this.subscriptions.wantsOf(sensor.name)
      if (all || wants.length > 0) this.make(sensor, wants, Strategy.none, now)
    }
    this.batch(() => described.forEach(one))
  }

  /** Removes sensors. */
  remove(names: ReadonlyArray<string>): void {
    if (names.length === 0) return
    this.batch(() => {
      for (const name of names) this.drop(name)
    })
  }

  /** Removes sensors that are not wanted any more. With `inspect` all sensors stay. */
  removeIdle(): void {
    const idle = this.subscriptions.takeIdle()
    if (!this.core.options.inspect) this.remove(idle)
  }

  /** Replaces sensors whose descriptions have changed. Some devices continue to sample them, some do not. */
  replace(described: ReadonlyArray<Sensor.Any>): void {
    if (described.length === 0) return
    const now = this.now()
    this.batch(() => {
      for (const sensor of described) {
        const { name } = sensor
        const has = this.subscriptions.has(name)
        this.drop(name)
        if (has) this.make(sensor, this.subscriptions.wantsOf(name), undefined, now)
      }
    })
  }

  /** Creates a live sensor of a new name, for its wants. `actual` is its strategy on the wire, if known. */
  private make(
    described: Sensor.Any,
    wants: ReadonlyArray<Want>,
    actual: Strategy.Strategy | undefined,
    now: number
  ): void {
    const sensor = new MirroredSensor(this.definitionOf(described), now, this)
    this.set.addNewUnsafe(sensor)
    this.observer?.added(sensor.definition)
    this.subscriptions.sensorAdded(sensor, wants, actual)
  }

  /** Returns the device's description with the type of the contract, on which the program relies. */
  private definitionOf(described: Sensor.Any): Sensor.Any {
    const expected = this.contract.size === 0 ? undefined : this.contract.get(described.name)
    return expected === undefined ? described : this.joined(described, expected)
  }

  private joined(described: Sensor.Any, expected: Sensor.Any): Sensor.Any {
    const { doc, name, units } = described
    const { type } = expected
    if (type.sensorType === described.type.sensorType) {
      const equals: Sensor.Any["equals"] = (one, other) => expected.equals(one, other)
      // limits are of the device's type
      const { nominal, warn } = type === described.type ? described : { nominal: undefined, warn: undefined }
      return Sensor.remote(name, { doc, units, type, nominal, warn, equals })
    }
    const detail = `its type is ${type.sensorType} in the contract and ${described.type.sensorType} in the device`
    this.core.anomalies.add({ _tag: "BadDescription", sensor: name, detail })
    return expected
  }

  private drop(name: string): void {
    const gone = this.observer === undefined ? undefined : this.set.get(name)
    if (gone !== undefined) this.observer?.removed(gone.definition)
    this.subscriptions.sensorRemoved(name)
    try {
      this.set.removeUnsafe(name)
    } catch (defect) {
      this.failed(defect)
    }
  }

  private batch(change: () => void): void {
    try {
      this.set.batchUnsafe(change)
    } catch (defect) {
      this.failed(defect)
    }
  }

  /** Logs a failure of code that observes the sensors or their set. It must not stop the remaining work. */
  private failed(defect: unknown): void {
    this.core.anomalies.log("Error", () => `an observer of the sensors failed: ${Cause.pretty(Cause.die(defect))}`)
  }
}
