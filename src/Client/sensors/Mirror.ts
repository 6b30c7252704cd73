import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply } from "../../Message/index.ts"
import { Timers } from "../../Sampling/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import { Broadcast } from "../connection/Broadcast.ts"
import { reconnectSchedule } from "../connection/backOff.ts"
import type { Connection } from "../connection/Connection.ts"
import { delayOf } from "../connection/delayOf.ts"
import type { Follower } from "../connection/Follower.ts"
import type { Link } from "../connection/Link.ts"
import type { Oddities } from "../connection/Oddities.ts"
import { isDataSynced } from "../connection/State.ts"
import type { Calls } from "../requests/Calls.ts"
import type { Due, Names } from "./Due.ts"
import type { Inspection } from "./inspect.ts"
import { Mirrored } from "./Mirrored.ts"
import type { InterfaceChange } from "./Model.ts"
import type { RemoteReading } from "./RemoteReading.ts"
import { takeReadings } from "./readings.ts"
import type { SamplingState } from "./Subscription.ts"
import { bulkSize, Subscriptions } from "./Subscriptions.ts"
import { type Interest, Survey } from "./Survey.ts"
import type { Want } from "./Want.ts"

/** Changes of the interface come in bursts: one ends when nothing came for so many milliseconds, or has lasted so long. */
const quiet = 10
const longestBurst = 250
/** Where more sensors than this are wanted by name, all are asked for. */
const fewNames = 256

/**
 * What is known of a device: its requests, its sensors, and the readings of those that somebody wants. It keeps the
 * desired state (who wants which sensors) and brings the device into line with it: on every connection, whenever the
 * interface changes, and when somebody wants something else.
 */
export class Mirror implements Follower {
  readonly mirrored: Mirrored
  readonly changes = new Broadcast<InterfaceChange>()
  private readonly core: Core
  private readonly link: Link
  private readonly calls: Calls
  private readonly survey: Survey
  private readonly subscriptions: Subscriptions
  private readonly interest: Interest
  private readonly wake = Latch.makeUnsafe(false)
  /** Whether the interface has changed since that was last looked at. */
  private restless = false

  private constructor(
    core: Core,
    link: Link,
    calls: Calls,
    options: {
      readonly set: Sensor.SensorSet
      readonly timers: Timers
      readonly clock: Clock.Clock
      /** The sensors whose types are known beforehand. */
      readonly contract: ReadonlyMap<string, Sensor.Any>
    }
  ) {
    this.core = core
    this.link = link
    this.calls = calls
    this.survey = new Survey(core, calls)
    const subscriptions = new Subscriptions(options.timers, core.oddities)
    this.subscriptions = subscriptions
    this.mirrored = new Mirrored(core, subscriptions, options)
    this.interest = {
      get everything() {
        return core.options.inspect || subscriptions.hasPatterns || subscriptions.size > fewNames
      },
      get names() {
        return subscriptions.names
      },
      has: (name) => subscriptions.wants(name)
    }
    this.sink.keepsBytes = this.keepsBytes
    core.informs.add("sensor-status", this.take)
    if (core.options.sensorValueInforms) core.informs.add("sensor-value", this.take)
    core.informs.add("interface-changed", this.changed)
    core.informs.add("device-changed", this.changed)
    // a client that is drained has no connection any more, and does not say that it is lost
    link.whenClosed(this.lost)
  }

  static make(
    core: Core,
    link: Link,
    calls: Calls,
    contract: ReadonlyMap<string, Sensor.Any>
  ): Effect.Effect<Mirror, never, Scope.Scope> {
    return Effect.gen(function* () {
      const options = {
        set: yield* Sensor.SensorSet.make,
        timers: yield* Timers.make,
        clock: yield* Clock.Clock,
        contract
      }
      const mirror = new Mirror(core, link, calls, options)
      yield* Effect.forkScoped(mirror.run(), { startImmediately: true })
      return mirror
    })
  }

  /** The sensors of the device that are mirrored. */
  get sensors(): Sensor.SensorSet {
    return this.mirrored.set
  }

  /** The requests that the device has, with their help, as far as they were asked for. */
  get requests(): ReadonlyMap<string, string> {
    return this.survey.requests.byName
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
      // what is told of the state may be behind
      Stream.filter((state) => state._tag === "Closed" || (state._tag === "Synced" && this.isSettled)),
      Stream.runHead,
      Effect.flatMap((state) =>
        Option.isSome(state) && state.value._tag === "Closed" ? Effect.fail(state.value.reason) : Effect.void
      )
    )
  }

  /** Waits until all is known that is wanted of the interface, whether or not it is subscribed to. */
  get dataSynced(): Effect.Effect<void, KatcpError> {
    return SubscriptionRef.changes(this.link.state).pipe(
      Stream.filter((state) => state._tag === "Closed" || (isDataSynced(state) && this.survey.isComplete)),
      Stream.runHead,
      Effect.flatMap((state) =>
        Option.isSome(state) && state.value._tag === "Closed" ? Effect.fail(state.value.reason) : Effect.void
      )
    )
  }

  /**
   * Asks the device now for its requests, all or one, and brings what is known of them up to date. Returns those that it
   * has by name.
   */
  inspectRequests(name?: string): Effect.Effect<ReadonlyMap<string, string>, KatcpError> {
    const { requestInspection, requests } = this.survey
    return this.inspect("help", name, {
      inspection: requestInspection,
      known: () => (this.core.options.inspect ? requests.byName : undefined),
      due: (due) => (this.core.options.inspect ? due.requests : undefined)
    })
  }

  /** The same for its sensors. */
  inspectSensors(name?: string): Effect.Effect<ReadonlyMap<string, Sensor.Any>, KatcpError> {
    const { sensorInspection, sensors } = this.survey
    return this.inspect("sensor-list", name, {
      inspection: sensorInspection,
      known: () => (this.interest.everything ? sensors.byName : undefined),
      due: (due) => (this.interest.everything || this.subscriptions.size > 0 ? due.sensors : undefined)
    })
  }

  private inspect<A>(
    request: string,
    name: string | undefined,
    {
      due: dueOf,
      inspection,
      known
    }: {
      readonly inspection: Inspection<A>
      /** What is known of all that the device has; undefined if only some of it is of interest. */
      readonly known: () => ReadonlyMap<string, A> | undefined
      readonly due: (due: Due) => Names | undefined
    }
  ): Effect.Effect<ReadonlyMap<string, A>, KatcpError> {
    return Effect.suspend(() => {
      const connection = this.link.current
      if (connection === undefined) return Effect.fail(this.core.notSent(request, this.link.absence))
      const due = dueOf(this.survey.due)
      if (name === undefined) due?.addAll()
      else due?.add(name)
      this.unsettle()
      const updated = due === undefined ? Effect.void : Effect.raceFirst(this.dataSynced, this.notSynced)
      return Effect.flatMap(updated, () => {
        const all = known()
        if (all !== undefined) return Effect.succeed(name === undefined ? new Map(all) : only(all, name))
        if (name === undefined) return inspection.all(connection)
        const found = new Map<string, A>()
        const take = (_: string, value: A | undefined) => {
          if (value !== undefined) found.set(name, value)
        }
        return Effect.as(inspection.some(connection, [name], take), found)
      })
    })
  }

  /** Fails when the device cannot be looked at, or is lost. */
  private get notSynced(): Effect.Effect<never, KatcpError> {
    return this.link.events.stream.pipe(
      Stream.filter(({ _tag }) => _tag === "SyncFailed" || _tag === "Disconnected" || _tag === "Closed"),
      Stream.runHead,
      Effect.flatMap((event) =>
        Option.isSome(event) && "reason" in event.value
          ? Effect.fail(event.value.reason)
          : Effect.fail(this.core.notSent("sensor-list", this.link.absence))
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
    const { sensors, survey } = this
    const { exact } = want.matcher
    const found = exact === undefined ? undefined : sensors.get(exact)
    this.subscriptions.add(want, exact === undefined ? sensors.values : found === undefined ? [] : [found])
    if (!survey.listing && found === undefined) this.find(exact)
    this.unsettle()
  }

  remove(want: Want): void {
    this.subscriptions.remove(want)
    this.prune()
    this.unsettle()
  }

  /** Looks among what is known for sensors that are wanted now and not mirrored; what is not known is to be asked. */
  private find(exact: string | undefined): void {
    const { due, sensors } = this.survey
    const { byName, complete } = sensors
    if (exact === undefined) {
      if (complete) this.mirrored.add(byName.values())
      else due.sensors.addAll()
      return
    }
    const described = complete ? byName.get(exact) : undefined
    if (described === undefined) due.sensors.add(exact)
    else this.mirrored.add([described])
  }

  // --------------------------------------------------------------- connection

  readonly prepare = (): Effect.Effect<void> => Effect.void

  readonly connected = (connection: Connection): void => {
    const { subscriptions, survey } = this
    this.restless = false
    survey.forget()
    if (this.core.options.inspect) survey.due.everything()
    else if (subscriptions.hasPatterns || subscriptions.size > 0) survey.due.sensors.addAll()
    subscriptions.begin(connection.protocol)
    if (this.isSettled) this.link.synced(connection)
    else this.wake.openUnsafe()
  }

  readonly lost = (): void => {
    this.subscriptions.suspend()
    this.prune()
    this.mirrored.lose()
  }

  // ------------------------------------------------------------------ informs

  private readonly take = (message: ParsedMessage): void => {
    // others may ask for readings in their own way, and hear of many that are not mirrored
    if (this.sensors.size > 0) takeReadings(message, this.link.dialect, this.mirrored.now(), this.sink)
  }

  /** `true` if readings keep the bytes of their values. */
  get keepsBytes(): boolean {
    return this.core.options.mirrorObserver !== undefined
  }

  private readonly sink = {
    keepsBytes: false,
    find: (message: ParsedMessage, at: number) =>
      // with `inspect` there are such that nobody wants, but of which readings may come all the same
      this.subscriptions.find(message, at) ?? this.sensors.get(message.text(at)!),
    take: (sensor: Sensor.LiveSensor<unknown>, reading: RemoteReading<unknown>) =>
      this.mirrored.receive(sensor, reading),
    bad: (sensor: string, detail: string) => this.core.oddities.add({ _tag: "BadReading", sensor, detail })
  }

  private readonly changed = (message: ParsedMessage): void => {
    // before it is there for all, nothing was asked over this connection
    if (this.link.current === undefined) return
    const { subscriptions, survey } = this
    if (!this.core.options.inspect && !subscriptions.hasPatterns && subscriptions.size === 0) return survey.forget()
    survey.due.changed(message)
    this.restless = true
    this.unsettle()
  }

  // --------------------------------------------------------------------- sync

  private readonly run = Effect.fnUntraced({ self: this as Mirror }, function* () {
    let step = yield* Schedule.toStep(reconnectSchedule)
    let former: Connection | undefined
    while (true) {
      yield* this.wake.await
      this.wake.closeUnsafe()
      const connection = this.link.current
      if (connection === undefined) continue
      if (connection !== former) step = yield* Schedule.toStep(reconnectSchedule)
      former = connection
      this.link.syncing(this.survey.isComplete)
      for (let waited = 0; this.restless && waited < longestBurst; waited += quiet) {
        this.restless = false
        yield* Effect.sleep(quiet)
      }
      this.restless = false
      const done = yield* Effect.result(this.sync(connection))
      if (!connection.alive) continue
      if (done._tag === "Success") {
        step = yield* Schedule.toStep(reconnectSchedule)
        if (this.isSettled) this.link.synced(connection)
        else this.wake.openUnsafe()
      } else {
        const { failure } = done
        const delay = (yield* delayOf(step, failure)) ?? 0
        this.oddities.log(
          "Warn",
          () => `the device could not be looked at: ${failure.message}; again in ${Math.round(delay)} ms`
        )
        this.link.syncFailed(failure, delay)
        yield* Effect.timeoutOption(this.wake.await, delay)
        this.wake.openUnsafe()
      }
    }
  })

  private get isSettled(): boolean {
    return this.survey.due.isEmpty && this.subscriptions.isSettled
  }

  private unsettle(): void {
    if (this.isSettled) return
    this.link.syncing(this.survey.isComplete)
    this.wake.openUnsafe()
  }

  /** Brings the mirrored sensors into line with what the device has, and tells what has changed. */
  private sync(connection: Connection): Effect.Effect<void, KatcpError> {
    return Effect.flatMap(this.survey.look(connection, this.interest), ({ error, seen }) => {
      const { described, replaced, requests, sensors } = seen
      this.mirrored.remove(sensors.removed)
      this.mirrored.replace(sensors.changed.map((name) => this.survey.sensors.byName.get(name)!))
      if (!replaced.isEmpty) for (const { name } of described) if (replaced.has(name)) this.subscriptions.unsure(name)
      const follow =
        error === undefined
          ? this.follow(connection, described)
          : Effect.andThen(
              Effect.sync(() => this.mirrored.add(described)),
              Effect.fail(error)
            )
      const tell = Effect.sync(() => {
        if (!requests.isEmpty || !sensors.isEmpty) this.changes.publish({ requests, sensors })
      })
      return Effect.ensuring(follow, tell)
    }).pipe(
      Effect.andThen(Effect.sync(() => this.prune())),
      // whatever it is of, it must not end for good all that others want
      Effect.catchDefect((defect) => {
        this.oddities.log("Error", () => Cause.pretty(Cause.die(defect)))
        return Effect.fail(this.core.notSent("sensor-list", new MalformedReply({ detail: String(defect) })))
      })
    )
  }

  /**
   * Makes a sensor of each that was found and is wanted, and asks for their readings: so many at a time, that others get
   * their turn meanwhile, and the device begins to report the first while the next are made.
   */
  private readonly follow = Effect.fnUntraced(
    { self: this as Mirror },
    function* (connection: Connection, described: ReadonlyArray<Sensor.Any>) {
      const { bulkSampling, messageIds } = connection.protocol
      const asking: Array<Fiber.Fiber<void, KatcpError>> = []
      for (let at = 0; at < described.length; at += bulkSize) {
        if (at > 0) yield* Effect.yieldNow
        this.mirrored.add(described.slice(at, at + bulkSize))
        if (bulkSampling && messageIds)
          asking.push(yield* Effect.forkScoped(this.reconcile(connection), { startImmediately: true }))
        else yield* this.reconcile(connection)
      }
      if (this.survey.isComplete) this.link.syncing(true)
      yield* Fiber.joinAll(asking)
      yield* this.reconcile(connection)
    },
    // where one fails, none of the others goes on into the next attempt
    Effect.scoped
  )

  private reconcile(connection: Connection): Effect.Effect<void, KatcpError> {
    return this.subscriptions.reconcile(this.calls, connection, this.core.options.syncTimeout)
  }

  /** What nobody wants any more is mirrored no more. */
  private prune(): void {
    const idle = this.subscriptions.takeIdle()
    if (!this.core.options.inspect) this.mirrored.remove(idle)
  }
}

const only = <A>(all: ReadonlyMap<string, A>, name: string): ReadonlyMap<string, A> => {
  const value = all.get(name)
  return value === undefined ? new Map() : new Map([[name, value]])
}
