import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError } from "../../Message/index.ts"
import { Timers } from "../../Sampling/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import { Broadcast } from "../Broadcast.ts"
import type { Calls } from "../Calls.ts"
import type { Connection } from "../Connection.ts"
import type { Core } from "../Core.ts"
import { delayOf } from "../delayOf.ts"
import type { Follower, Link } from "../Link.ts"
import type { Oddities } from "../Oddities.ts"
import { reconnectSchedule } from "../Options.ts"
import { Due } from "./Due.ts"
import { Inspection, type Listing } from "./inspect.ts"
import { changeOf, concat, type Difference, type InterfaceChange, knownRequests, knownSensors } from "./Model.ts"
import { isRemote, type RemoteReading } from "./RemoteReading.ts"
import { takeReadings } from "./readings.ts"
import { type SamplingState, Subscriptions } from "./Subscriptions.ts"
import type { Want } from "./Want.ts"

/** After a change of the interface further ones are waited for, in milliseconds: they come in bursts. */
const settling = 10
/** Where more sensors than this are wanted by name, or have changed, the whole list is asked for. */
const fewNames = 256
const pipelined = 64
const noDifference: Difference = { added: [], removed: [], changed: [] }

/**
 * What is known of a device: its requests, its sensors, and the readings of those that somebody wants. It keeps the
 * desired state (who wants which sensors) and brings the device into line with it: on every connection, whenever the
 * interface changes, and when somebody wants something else.
 */
export class Mirror implements Follower {
  /** The sensors of the device that are mirrored. */
  readonly sensors: Sensor.SensorSet
  readonly changes = new Broadcast<InterfaceChange>()
  private readonly core: Core
  private readonly link: Link
  private readonly calls: Calls
  private readonly inspection: Inspection
  private readonly contract: ReadonlyMap<string, Sensor.Any>
  private readonly subscriptions: Subscriptions
  private readonly knownSensors = knownSensors()
  private readonly knownRequests = knownRequests()
  private readonly wake = Latch.makeUnsafe(false)
  private readonly clock: Clock.Clock
  private due = new Due()
  private settle = false

  private constructor(
    core: Core,
    link: Link,
    calls: Calls,
    options: {
      readonly sensors: Sensor.SensorSet
      readonly timers: Timers
      readonly clock: Clock.Clock
      /** The sensors whose types are known beforehand. */
      readonly contract: ReadonlyMap<string, Sensor.Any>
    }
  ) {
    this.core = core
    this.link = link
    this.calls = calls
    this.sensors = options.sensors
    this.clock = options.clock
    this.contract = options.contract
    this.inspection = new Inspection(core, calls)
    this.subscriptions = new Subscriptions(options.timers, core.oddities)
    core.informs.add("sensor-status", this.take)
    if (core.options.sensorValueInforms) core.informs.add("sensor-value", this.take)
    core.informs.add("interface-changed", this.changed)
    core.informs.add("device-changed", this.changed)
  }

  static make(
    core: Core,
    link: Link,
    calls: Calls,
    contract: ReadonlyMap<string, Sensor.Any>
  ): Effect.Effect<Mirror, never, Scope.Scope> {
    return Effect.gen(function* () {
      const options = {
        sensors: yield* Sensor.SensorSet.make,
        timers: yield* Timers.make,
        clock: yield* Clock.Clock,
        contract
      }
      const mirror = new Mirror(core, link, calls, options)
      yield* Effect.forkScoped(mirror.run(), { startImmediately: true })
      return mirror
    })
  }

  /** The requests that the device has, with their help, as far as they were asked for. */
  get requests(): ReadonlyMap<string, string> {
    return this.knownRequests.byName
  }

  get oddities(): Oddities {
    return this.core.oddities
  }

  /** Calls back when nothing will come any more, with the reason where that was not asked for. */
  whenClosed(closer: (error: KatcpError | undefined) => void): () => void {
    return this.link.whenClosed(closer)
  }

  /** Waits until all that is wanted is there. */
  get synced(): Effect.Effect<void, KatcpError> {
    return SubscriptionRef.changes(this.link.state).pipe(
      Stream.filter((state) => state._tag === "Closed" || (state._tag === "Synced" && this.isSettled)),
      Stream.runHead,
      Effect.flatMap((state) =>
        Option.isSome(state) && state.value._tag === "Closed" ? Effect.fail(state.value.reason) : Effect.void
      )
    )
  }

  /** How a sensor is sampled; undefined where nobody wants it, or it is not there. */
  samplingOf(name: string): SamplingState | undefined {
    const state = this.subscriptions.stateOf(name)
    return state === undefined || this.link.current !== undefined ? state : { ...state, _tag: "Pending" }
  }

  /** Wants sensors until the scope closes. */
  want(want: Want): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => this.add(want)),
        () => Effect.sync(() => this.remove(want))
      )
    )
  }

  add(want: Want): void {
    const { exact } = want.matcher
    const found = exact === undefined ? undefined : this.sensors.get(exact)
    this.subscriptions.add(want, exact === undefined ? this.sensors.values : found === undefined ? [] : [found])
    if (this.knownSensors.complete) this.instantiate(this.knownSensors.byName.keys())
    else if (exact === undefined) this.due.sensors = "all"
    else if (found === undefined) this.due.sensor(exact)
    this.wake.openUnsafe()
  }

  remove(want: Want): void {
    this.subscriptions.remove(want)
    this.wake.openUnsafe()
  }

  // --------------------------------------------------------------- connection

  readonly prepare = (): Effect.Effect<void> => Effect.void

  readonly connected = (connection: Connection): void => {
    this.knownSensors.complete = false
    this.knownRequests.complete = false
    this.subscriptions.begin(connection.protocol.major < 5 ? "without rates" : "all")
    this.due = new Due()
    if (this.core.options.inspect) this.due.everything()
    else if (this.subscriptions.hasPatterns) this.due.sensors = "all"
    else for (const name of this.subscriptions.names) this.due.sensor(name)
    if (this.due.isEmpty) this.link.synced(connection)
    else this.wake.openUnsafe()
  }

  readonly lost = (): void => {
    this.subscriptions.suspend()
    const now = this.now()
    for (const sensor of this.sensors.values) {
      const { reading } = sensor
      if (!isRemote(reading) || reading.status === "unreachable") continue
      const gone: RemoteReading<unknown> = {
        timestamp: now,
        status: "unreachable",
        value: reading.value,
        received: now
      }
      sensor.receive(gone)
    }
  }

  // ------------------------------------------------------------------ informs

  private readonly take = (message: ParsedMessage): void => {
    // what was taken out of a reply is no inform of sampling
    takeReadings(message, this.link.dialect, this.now(), this.sink)
  }

  private readonly sink = {
    find: (name: string) => this.sensors.get(name),
    bad: (sensor: string, detail: string) => this.core.oddities.add({ _tag: "BadReading", sensor, detail })
  }

  private readonly changed = (message: ParsedMessage): void => {
    if (this.link.current === undefined) return
    this.due.changed(message)
    if (!this.isOfInterest) this.due = new Due()
    else {
      this.settle = true
      this.link.syncing()
      this.wake.openUnsafe()
    }
  }

  /** Whether anybody wants to know of the device's interface. */
  private get isOfInterest(): boolean {
    return this.core.options.inspect || this.subscriptions.hasPatterns || this.subscriptions.names.length > 0
  }

  // --------------------------------------------------------------------- sync

  private readonly run = Effect.fnUntraced({ self: this as Mirror }, function* () {
    let step = yield* Schedule.toStep(reconnectSchedule)
    while (true) {
      yield* this.wake.await
      this.wake.closeUnsafe()
      const connection = this.link.current
      if (connection === undefined) continue
      if (this.isSettled) {
        this.link.synced(connection)
        continue
      }
      this.link.syncing()
      if (this.settle) yield* Effect.sleep(settling)
      this.settle = false
      const done = yield* Effect.result(this.sync(connection))
      if (!connection.alive) continue
      if (done._tag === "Success") {
        step = yield* Schedule.toStep(reconnectSchedule)
        if (this.isSettled) this.link.synced(connection)
        else this.wake.openUnsafe()
      } else {
        const delay = (yield* delayOf(step, done.failure)) ?? 0
        this.core.oddities.log(
          "Warn",
          () => `the device could not be looked at: ${done.failure.message}; again in ${Math.round(delay)} ms`
        )
        yield* Effect.timeoutOption(this.wake.await, delay)
        this.wake.openUnsafe()
      }
    }
  })

  private get isSettled(): boolean {
    return this.due.isEmpty && this.subscriptions.isSettled
  }

  private sync(connection: Connection): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => {
      const { due } = this
      this.due = new Due()
      const change = Effect.all([this.askRequests(connection, due), this.askSensors(connection, due)], {
        concurrency: 2
      })
      return change.pipe(
        Effect.map(([requests, sensors]) => changeOf(requests, sensors)),
        Effect.flatMap((change) => {
          if (change !== undefined) this.changes.publish(change)
          return this.subscriptions.reconcile(this.calls, connection, this.core.options.syncTimeout)
        }),
        // what nobody wants any more is mirrored no more
        Effect.tap(() => this.prune()),
        // nothing of it is taken for known
        Effect.onError(() =>
          Effect.sync(() => {
            if (due.sensors === "all") this.due.sensors = "all"
            else for (const name of due.sensors) this.due.sensor(name)
            if (due.requests === "all" || due.requests.size > 0) this.due.requests = "all"
            this.due.unsure ||= due.unsure
          })
        )
      )
    })
  }

  private askRequests(connection: Connection, { requests }: Due): Effect.Effect<Difference, KatcpError> {
    if (!this.core.options.inspect || (requests !== "all" && requests.size === 0)) return Effect.succeed(noDifference)
    if (requests === "all" || !this.knownRequests.complete || requests.size > fewNames)
      return Effect.map(this.inspection.requests(connection), (listing) => this.knownRequests.replace(listing))
    const ask = (name: string) =>
      Effect.map(this.inspection.requests(connection, name), (listing) => this.knownRequests.update(name, listing))
    return Effect.map(Effect.forEach(requests, ask, { concurrency: concurrencyOf(connection) }), concat)
  }

  private askSensors(connection: Connection, due: Due): Effect.Effect<Difference, KatcpError> {
    const { sensors } = due
    if (sensors !== "all" && sensors.size === 0) return Effect.succeed(noDifference)
    const whole =
      this.core.options.inspect || this.subscriptions.hasPatterns || this.subscriptions.names.length > fewNames
    if (whole && (sensors === "all" || !this.knownSensors.complete || sensors.size > fewNames))
      return Effect.map(this.inspection.sensors(connection), (listing) => {
        const difference = this.knownSensors.replace(listing)
        this.apply(difference, listing, due.unsure)
        return difference
      })
    const names =
      sensors === "all"
        ? this.subscriptions.names
        : [...sensors].filter((name) => whole || this.subscriptions.wants(name))
    const ask = (name: string) =>
      Effect.map(this.inspection.sensors(connection, name), (listing) => {
        const difference = this.knownSensors.update(name, listing)
        this.apply(difference, listing, true)
        return difference
      })
    return Effect.map(Effect.forEach(names, ask, { concurrency: concurrencyOf(connection) }), concat)
  }

  /** Brings the mirrored sensors into line with what the device has. */
  private apply({ changed, removed }: Difference, listing: Listing<Sensor.Any>, unsure: boolean): void {
    this.batch(() => {
      for (const name of removed) this.drop(name)
      for (const name of changed) this.drop(name)
      if (unsure) for (const name of listing.keys()) this.subscriptions.unsure(name)
      this.instantiate(listing.keys())
    })
  }

  /** Mirrors those of the known sensors that are wanted. */
  private instantiate(names: Iterable<string>): void {
    const all = this.core.options.inspect
    const now = this.now()
    for (const name of names) {
      const described = this.knownSensors.byName.get(name)
      if (described === undefined || this.sensors.has(name) || !(all || this.subscriptions.wants(name))) continue
      const sensor = this.sensors.addUnsafe(Sensor.LiveSensor.makeUnsafe(this.definitionOf(described), now))
      this.subscriptions.sensorAdded(sensor)
    }
  }

  /** The definition of the contract, whose type the user relies on, or the device's own. */
  private definitionOf(described: Sensor.Any): Sensor.Any {
    const expected = this.contract.get(described.name)
    if (expected === undefined) return described
    const [has, wanted] = [described.type.sensorType, expected.type.sensorType]
    if (has !== wanted)
      this.sink.bad(described.name, `the contract says that it is of type ${wanted}, the device that it is ${has}`)
    return expected
  }

  private drop(name: string): void {
    this.subscriptions.sensorRemoved(name)
    this.sensors.removeUnsafe(name)
  }

  private prune(): Effect.Effect<void> {
    return Effect.sync(() => {
      if (this.core.options.inspect) return
      this.batch(() => {
        for (const { name } of this.sensors.values) if (!this.subscriptions.has(name)) this.drop(name)
      })
    })
  }

  private batch(change: () => void): void {
    this.core.run(this.sensors.batch(Effect.sync(change)))
  }

  /** Seconds since 1970. */
  now(): number {
    return this.clock.currentTimeMillisUnsafe() / 1000
  }
}

const concurrencyOf = ({ protocol }: Connection): number => (protocol.messageIds ? pipelined : 1)
