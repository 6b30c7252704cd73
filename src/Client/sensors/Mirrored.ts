import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Dialect } from "../../Codec/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import type { MirrorObserver } from "./MirrorObserver.ts"
import { isLost, isRemote, LostReading, type RemoteReading } from "./RemoteReading.ts"
import type { Subscriptions } from "./Subscriptions.ts"
import type { Want } from "./Want.ts"
import { LostWireReading, WireReading } from "./WireReading.ts"

/** The live sensors that mirror those of the device: with the device's descriptions, while they are wanted. */
export class Mirrored {
  readonly set: Sensor.SensorSet
  private readonly core: Core
  private readonly subscriptions: Subscriptions
  private readonly contract: ReadonlyMap<string, Sensor.Any>
  private readonly clock: Clock.Clock
  private readonly observer: MirrorObserver | undefined

  constructor(
    core: Core,
    subscriptions: Subscriptions,
    options: {
      readonly set: Sensor.SensorSet
      readonly clock: Clock.Clock
      /** The sensors whose types are known from a contract. */
      readonly contract: ReadonlyMap<string, Sensor.Any>
    }
  ) {
    this.core = core
    this.subscriptions = subscriptions
    this.set = options.set
    this.clock = options.clock
    this.contract = options.contract
    this.observer = core.options.mirrorObserver
  }

  /** Returns the seconds since 1970. */
  now(): number {
    return this.clock.currentTimeMillisUnsafe() / 1000
  }

  /** Gives a sensor a new reading. */
  receive(sensor: Sensor.LiveSensor<unknown>, reading: RemoteReading<unknown>): void {
    // first: an observer of the sensor may read the mirror observer's table
    if (this.observer !== undefined && !sensor.ended && reading instanceof WireReading)
      this.observer.reading(sensor.definition, reading)
    try {
      sensor.receive(reading)
    } catch (defect) {
      this.failed(defect)
    }
  }

  /** Makes each reading `unreachable`, once. */
  lose(): void {
    const now = this.now()
    for (const sensor of this.set.values) {
      const { definition, reading } = sensor
      if (reading instanceof WireReading) {
        if (!isLost(reading))
          this.receive(
            sensor,
            new LostWireReading(definition, now, "unreachable", now, reading.latin1, reading.dialect)
          )
      } else if (isRemote(reading)) {
        if (!isLost(reading)) this.receive(sensor, new LostReading(reading.value, now))
      } else if (this.observer !== undefined)
        this.observer.reading(
          definition,
          new LostWireReading(definition, now, "unreachable", now, undefined, Dialect.v5)
        )
    }
  }

  /** Adds the sensors that are wanted and not mirrored yet. Watchers of the set are called once for all. */
  add(described: Iterable<Sensor.Any>): void {
    const all = this.core.options.inspect
    const now = this.now()
    this.batch(() => {
      for (const sensor of described) {
        const { name } = sensor
        if (this.set.has(name)) continue
        const wants = this.subscriptions.wantsOf(name)
        if (all || wants.length > 0) this.make(sensor, wants, Strategy.none, now)
      }
    })
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

  /** Replaces sensors whose descriptions have changed. Some devices go on sampling them, some do not. */
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
    const sensor = Sensor.LiveSensor.makeUnsafe(this.definitionOf(described), now)
    this.set.addNewUnsafe(sensor)
    this.observer?.added(sensor.definition)
    this.subscriptions.sensorAdded(sensor, wants, actual)
  }

  /** Returns the device's description with the type of the contract, on which the program relies. */
  private definitionOf(described: Sensor.Any): Sensor.Any {
    const expected = this.contract.size === 0 ? undefined : this.contract.get(described.name)
    if (expected === undefined) return described
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
    const exit = this.core.run(this.set.batch(Effect.sync(change))).pollUnsafe()
    if (exit?._tag === "Failure") this.failed(Cause.squash(exit.cause))
  }

  /** Logs a failure of code that observes the sensors or their set. It must not stop the remaining work. */
  private failed(defect: unknown): void {
    this.core.anomalies.log("Error", () => `an observer of the sensors failed: ${Cause.pretty(Cause.die(defect))}`)
  }
}
