/**
 * The mirror keeps the sensors of a device, with their readings, for their consumers. How the parts of this folder work
 * together:
 *
 * ```text
 * consumers ── Want: which sensors, by which strategy ──> Mirror
 *     ^                                                     │ keeps the wants; nothing is asked of the device here
 *     │ readings                                            v
 *     │                             SyncLoop: the one loop that talks to the device
 *     │                               1. InterfaceCache   ?sensor-list, ?help     what the device has
 *     │                               2. Mirrored         adds, replaces, removes live sensors
 *     │                               3. SamplingRequests ?sensor-sampling        what the wire should have
 *     │                                                                              │
 * SensorConsumer <── LiveSensor <── takeReadings <── #sensor-status <── the device <─┘
 * ```
 *
 * - **Wanted state, not executed steps.** A want stays until it is removed, across reconnections. The loop compares the
 *   wants with the device and sends the difference: after connecting, after `#interface-changed`, and when wants
 *   change. Failed requests stay due, and are retried with a back-off. `Synced` means: nothing is due, on a live
 *   connection.
 * - **Ownership.** `Mirrored` owns the shared set of live sensors. `Subscriptions` owns one `Subscription` a sensor:
 *   its wants, the strategy that the wire should have (`wanted`) and the one that it has (`actual`; `undefined` if
 *   unknown). Each consumer has a `SensorConsumer` on it. `InterfaceCache` owns the descriptions and the
 *   `PendingQueries`.
 * - **One strategy on the wire serves all wants of a sensor** (`Strategy.join`). A consumer with another strategy gets
 *   its own readings from a sampler over those that arrive.
 * - **On loss** each reading becomes `unreachable` at once; observers are notified in slices (`Mirrored`). Each
 *   `actual` becomes `none`, and pending answers are ignored. Live sensors stay while they are wanted: after
 *   reconnecting, consumers continue with the same objects.
 * - **A replaced sensor** may be described as before, but its sampling has ended: its `actual` is then unknown, and set again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import type { Anomalies } from "../connection/Anomalies.ts"
import type { Broadcast } from "../connection/Broadcast.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Follower } from "../connection/Follower.ts"
import type { Link } from "../connection/Link.ts"
import { isDataSynced } from "../connection/State.ts"
import type { Calls } from "../requests/Calls.ts"
import { type Interest, InterfaceCache } from "./InterfaceCache.ts"
import { Mirrored } from "./Mirrored.ts"
import type { MirroredSensor } from "./MirroredSensor.ts"
import type { InterfaceChange } from "./Model.ts"
import { OnDemand } from "./OnDemand.ts"
import type { RemoteReading } from "./RemoteReading.ts"
import { takeReadings } from "./readings.ts"
import { SamplingRequests } from "./SamplingRequests.ts"
import type { SamplingState } from "./Subscription.ts"
import { Subscriptions } from "./Subscriptions.ts"
import { SyncLoop } from "./SyncLoop.ts"
import type { Want } from "./Want.ts"

/**
 * Sensors wanted by name above which the list of all sensors is requested. Not measured: 256 queries cost about as much
 * as a list of some thousands, which is the size of large devices.
 */
const fewNames = 256

/** The sensors that the consumers of a mirror want. A class: each object with accessors of its own costs memory. */
class ConsumersInterest implements Interest {
  private readonly inspect: boolean
  private readonly subscriptions: Subscriptions

  constructor(inspect: boolean, subscriptions: Subscriptions) {
    this.inspect = inspect
    this.subscriptions = subscriptions
  }

  get everything(): boolean {
    const { subscriptions } = this
    return this.inspect || subscriptions.hasPatterns || subscriptions.size > fewNames
  }

  get names(): Iterable<string> {
    return this.subscriptions.names
  }

  has(name: string): boolean {
    return this.subscriptions.wants(name)
  }
}

/** The sensors of a device with consumers: see the top of this file. */
export class Mirror implements Follower {
  readonly mirrored: Mirrored
  private readonly core: Core
  private readonly link: Link
  private readonly cache: InterfaceCache
  private readonly subscriptions: Subscriptions
  private readonly interest: Interest
  private readonly sync: SyncLoop
  private inspection: OnDemand | undefined = undefined

  /** `contract` has the sensors whose types are known from a contract. */
  constructor(core: Core, link: Link, calls: Calls, contract: ReadonlyMap<string, Sensor.Any>) {
    const cache = new InterfaceCache(core, calls)
    const set = Sensor.SensorSet.makeUnsafe()
    const subscriptions = new Subscriptions(set, core.timers, core.anomalies)
    const mirrored = new Mirrored(core, subscriptions, { set, clock: core.clock, contract })
    const sampling = new SamplingRequests(calls, subscriptions, core.options.syncTimeout)
    const interest = new ConsumersInterest(core.options.inspect, subscriptions)
    const sync = new SyncLoop(core, link, { cache, subscriptions, sampling, mirrored, interest })
    this.core = core
    this.link = link
    this.cache = cache
    this.subscriptions = subscriptions
    this.interest = interest
    this.mirrored = mirrored
    this.sync = sync
    this.sink.keepsBytes = this.keepsBytes
    core.informs.add("sensor-status", this.take)
    if (core.options.sensorValueInforms) core.informs.add("sensor-value", this.take)
    core.informs.add("interface-changed", this.changed)
    core.informs.add("device-changed", this.changed)
    // a client that drains drops its connection without calling `lost`; after the end no observer is notified
    link.whenClosed(() => {
      this.lost()
      mirrored.tellAll()
    })
  }

  /** Starts to synchronize with the device, until the scope closes. */
  start(scope: Scope.Scope): void {
    Fiber.runIn(this.core.run(this.sync.run()), scope)
  }

  /** Inspects the device on demand. */
  get onDemand(): OnDemand {
    if (this.inspection === undefined) {
      const { cache, dataSynced, interest, subscriptions, sync } = this
      this.inspection = new OnDemand(this.core, this.link, { cache, dataSynced, interest, subscriptions, sync })
    }
    return this.inspection
  }

  /** The sensors of the device that are mirrored. */
  get sensors(): Sensor.SensorSet {
    return this.mirrored.set
  }

  /** The requests of the device with their help, as far as they are known. */
  get requests(): ReadonlyMap<string, string> {
    return this.cache.requests.byName
  }

  /** The changes of the device's interface. */
  get changes(): Broadcast<InterfaceChange> {
    return this.sync.changes
  }

  get anomalies(): Anomalies {
    return this.core.anomalies
  }

  /** `true` if readings keep the bytes of their values. */
  get keepsBytes(): boolean {
    return this.core.options.mirrorObserver !== undefined
  }

  /** Calls back when there will be no more readings: see `LinkCallbacks`. */
  whenClosed(callback: (error: KatcpError | undefined) => void): () => void {
    return this.link.whenClosed(callback)
  }

  /** Waits until everything wanted is there. Fails if the client is closed first. */
  get synced(): Effect.Effect<void, KatcpError> {
    // watchers may see a state after it has changed again
    return this.link.until(({ _tag }) => _tag === "Synced" && this.sync.isSettled)
  }

  /** Waits until the wanted part of the interface is known, subscribed or not. Fails as {@link synced}. */
  get dataSynced(): Effect.Effect<void, KatcpError> {
    return this.link.until((state) => isDataSynced(state) && this.cache.isComplete)
  }

  // -------------------------------------------------------------------- wants

  /** Returns the sampling state of a sensor, or `undefined` if it is not wanted, or the device does not have it. */
  samplingOf(name: string): SamplingState | undefined {
    const state = this.subscriptions.stateOf(name)
    return state === undefined || this.link.current !== undefined ? state : { ...state, _tag: "Pending" }
  }

  /** Wants sensors until the scope closes. */
  want(want: Want): Effect.Effect<void, never, Scope.Scope> {
    const wanting = Effect.contextWith((context: Context.Context<Scope.Scope>) => {
      this.add(want)
      return Scope.addFinalizer(
        Context.get(context, Scope.Scope),
        Effect.sync(() => this.remove(want))
      )
    })
    return Effect.uninterruptible(wanting)
  }

  /** Adds a want. */
  add(want: Want): void {
    const { cache, sensors } = this
    const { exact } = want.matcher
    const found = exact === undefined ? undefined : sensors.get(exact)
    const known = exact === undefined ? sensors.values : found === undefined ? [] : [found]
    this.subscriptions.add(want, known as ReadonlyArray<MirroredSensor>)
    if (!cache.listing && found === undefined) this.find(exact)
    this.sync.check()
  }

  /** Removes a want. */
  remove(want: Want): void {
    this.subscriptions.remove(want)
    this.mirrored.removeIdle()
    this.sync.check()
  }

  /** Mirrors the known sensors that are wanted now. An unknown sensor becomes a pending query. */
  private find(exact: string | undefined): void {
    const { pending, sensors } = this.cache
    const { byName, complete } = sensors
    if (exact === undefined) {
      if (complete) this.mirrored.add([...byName.values()])
      else pending.sensors.addAll()
      return
    }
    const described = complete ? byName.get(exact) : undefined
    if (described === undefined) pending.sensors.add(exact)
    else this.mirrored.add([described])
  }

  // --------------------------------------------------------------- connection

  prepare(connection: Connection): Effect.Effect<void> {
    if (this.interest.everything) this.cache.askAhead(connection)
    return Effect.void
  }

  connected(connection: Connection): void {
    const { cache, subscriptions } = this
    cache.forget()
    if (this.core.options.inspect) cache.pending.everything()
    else if (subscriptions.hasPatterns || subscriptions.size > 0) cache.pending.sensors.addAll()
    subscriptions.begin(connection.protocol)
    this.sync.begin(connection)
  }

  lost(): void {
    this.subscriptions.suspend()
    this.mirrored.removeIdle()
    this.mirrored.lose()
  }

  // ------------------------------------------------------------------ informs

  private readonly take = (message: ParsedMessage): void => {
    // other programs may sample sensors in other ways, which are not mirrored
    if (this.sensors.size > 0) takeReadings(message, this.link.dialect, this.mirrored.now(), this.sink)
  }

  private readonly sink = {
    keepsBytes: false,
    find: (message: ParsedMessage, at: number) =>
      // with `inspect` all sensors are mirrored, and unwanted sensors may have readings
      this.subscriptions.find(message, at) ?? this.sensors.get(message.text(at)!),
    take: (sensor: Sensor.LiveSensor<unknown>, reading: RemoteReading<unknown>) =>
      this.mirrored.receive(sensor, reading),
    bad: (sensor: string, detail: string) => this.core.anomalies.add({ _tag: "BadReading", sensor, detail })
  }

  private readonly changed = (message: ParsedMessage): void => {
    if (this.link.current === undefined) return this.cache.dropAhead()
    const { cache, subscriptions } = this
    if (!this.core.options.inspect && !subscriptions.hasPatterns && subscriptions.size === 0) return cache.forget()
    cache.pending.changed(message)
    this.sync.interfaceChanged()
  }
}
