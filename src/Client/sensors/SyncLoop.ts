import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import { type KatcpError, MalformedReply } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import { Broadcast } from "../connection/Broadcast.ts"
import { reconnectSchedule } from "../connection/backOff.ts"
import type { Connection } from "../connection/Connection.ts"
import { delayOf } from "../connection/delayOf.ts"
import type { Link } from "../connection/Link.ts"
import { bulkSize } from "./Batches.ts"
import type { Interest, InterfaceCache, OnSlice } from "./InterfaceCache.ts"
import type { Mirrored } from "./Mirrored.ts"
import type { InterfaceChange } from "./Model.ts"
import type { SamplingRequests } from "./SamplingRequests.ts"
import type { Subscriptions } from "./Subscriptions.ts"

/**
 * Milliseconds without a change of the interface after which a burst of changes is over. Not measured: informs of one
 * burst arrive within a millisecond or two.
 */
const burstPause = 10
/** Milliseconds after which a burst is over though changes go on. Not measured: no more than a person waits. */
const longestBurst = 250
const backOff = Schedule.toStep(reconnectSchedule)

/** A request for strategies that waits for its answer. */
type Asking = Fiber.Fiber<void, KatcpError>

/**
 * The loop that synchronizes the device with the wants, and the mirrored sensors with the device. It runs when there is
 * something to do, and retries with a back-off if the device does not answer.
 */
export class SyncLoop {
  /** The changes of the device's interface. */
  readonly changes = new Broadcast<InterfaceChange>()
  private readonly core: Core
  private readonly link: Link
  private readonly cache: InterfaceCache
  private readonly subscriptions: Subscriptions
  private readonly sampling: SamplingRequests
  private readonly mirrored: Mirrored
  private readonly interest: Interest
  private readonly wake = Latch.makeUnsafe(false)
  /** `true` if the interface has changed since the last run: a burst may be in progress. */
  private changed = false

  constructor(
    core: Core,
    link: Link,
    parts: {
      readonly cache: InterfaceCache
      readonly subscriptions: Subscriptions
      readonly sampling: SamplingRequests
      readonly mirrored: Mirrored
      readonly interest: Interest
    }
  ) {
    this.core = core
    this.link = link
    this.cache = parts.cache
    this.subscriptions = parts.subscriptions
    this.sampling = parts.sampling
    this.mirrored = parts.mirrored
    this.interest = parts.interest
  }

  /** `true` if there are no pending queries, and each sensor has its strategy. */
  get isSettled(): boolean {
    return this.cache.pending.isEmpty && this.subscriptions.isSettled
  }

  /** Starts on a new connection, and is `Synced` at once if there is nothing to do. */
  begin(connection: Connection): void {
    this.changed = false
    this.settle(connection)
  }

  private settle(connection: Connection): void {
    if (this.isSettled) this.link.synced(connection)
    else this.wake.openUnsafe()
  }

  /** Called when there may be something to do. */
  check(): void {
    if (this.isSettled) return
    this.link.syncing(this.cache.isComplete)
    this.wake.openUnsafe()
  }

  /** Called when the device's interface has changed. */
  interfaceChanged(): void {
    this.changed = true
    this.check()
  }

  /** Runs the loop until it is interrupted. */
  run(): Effect.Effect<void> {
    return SyncLoop.loop(this)
  }

  // static: a generator function for each client would be slow, because V8 prepares each one when it is called first
  private static readonly loop = Effect.fnUntraced(function* (self: SyncLoop) {
    // made when it is needed, because most clients never need it
    let step: Effect.Success<typeof backOff> | undefined
    let former: Connection | undefined
    while (true) {
      yield* self.wake.await
      self.wake.closeUnsafe()
      const connection = self.link.current
      if (connection === undefined) continue
      if (connection !== former) step = undefined
      former = connection
      self.link.syncing(self.cache.isComplete)
      for (let waited = 0; self.changed && waited < longestBurst; waited += burstPause) {
        self.changed = false
        yield* Effect.sleep(burstPause)
      }
      self.changed = false
      const done = yield* Effect.result(self.sync(connection))
      if (!connection.alive) continue
      if (done._tag === "Success") {
        step = undefined
        self.settle(connection)
      } else {
        const { failure } = done
        step ??= yield* backOff
        const delay = (yield* delayOf(step, failure)) ?? 0
        self.core.anomalies.log(
          "Warn",
          () => `the device could not be queried: ${failure.message}; retrying in ${Math.round(delay)} ms`
        )
        self.link.syncFailed(failure, delay)
        yield* Effect.timeoutOption(self.wake.await, delay)
        self.wake.openUnsafe()
      }
    }
  })

  /** Synchronizes the mirrored sensors with the device's, and reports the changes. */
  private sync(connection: Connection): Effect.Effect<void, KatcpError> {
    const { cache, mirrored, subscriptions } = this
    const asking: Array<Asking> = []
    const refreshing = cache.refresh(connection, this.interest, this.onSlice(connection, asking))
    const synchronized = Effect.flatMap(refreshing, ({ error, refreshed }) => {
      const { described, replaced, requests, sensors } = refreshed
      mirrored.remove(sensors.removed)
      mirrored.replace(sensors.changed.map((name) => cache.sensors.byName.get(name)!))
      if (!replaced.isEmpty && mirrored.set.size > 0)
        for (const { name } of described) if (replaced.has(name)) subscriptions.mayBeReplaced(name)
      const follow =
        error === undefined
          ? this.follow(connection, described, asking)
          : Effect.andThen(
              Effect.sync(() => mirrored.add(described)),
              Effect.fail(error)
            )
      return Effect.onExit(follow, (exit) => {
        if (!requests.isEmpty || !sensors.isEmpty) this.changes.publish({ requests, sensors })
        if (exit._tag === "Success") mirrored.removeIdle()
        return Effect.void
      })
    })
    // if one request fails, none of the others continues into the next attempt
    const whole = Effect.onError(synchronized, () => Fiber.interruptAll(asking))
    // a defect must not permanently stop the others
    return Effect.catchDefect(whole, (defect) => {
      this.core.anomalies.log("Error", () => Cause.pretty(Cause.die(defect)))
      return Effect.fail(this.core.notSent("sensor-list", new MalformedReply({ detail: String(defect) })))
    })
  }

  /**
   * Returns a function that follows the first sensors of a list while it arrives, so the device begins to report them.
   * Measured with 10,000 sensors of a device with a processor of its own: the first mirror is synced 10 ms earlier.
   */
  private onSlice(connection: Connection, asking: Array<Asking>): OnSlice | undefined {
    const { bulkSampling, messageIds } = connection.protocol
    if (!bulkSampling || !messageIds) return undefined
    return (sensors) => {
      this.mirrored.add(sensors)
      asking.push(this.core.run(this.sampling.reconcile(connection)))
    }
  }

  /**
   * Creates a live sensor for each found and wanted one, and requests its readings. Works in slices: other fibers run
   * in between, and the device begins to report the first while the next are created. Waits for the requests in `asking`,
   * too.
   */
  private follow(
    connection: Connection,
    described: ReadonlyArray<Sensor.Any>,
    asking: Array<Asking>
  ): Effect.Effect<void, KatcpError> {
    // if one request fails, none of the others continues into the next attempt
    return Effect.scoped(SyncLoop.following(this, connection, described, asking))
  }

  private static readonly following = Effect.fnUntraced(function* (
    self: SyncLoop,
    connection: Connection,
    described: ReadonlyArray<Sensor.Any>,
    asking: Array<Asking>
  ) {
    const { bulkSampling, messageIds } = connection.protocol
    // one time for all slices: their sensors share their first reading
    const now = self.mirrored.now()
    for (let at = 0; at < described.length; at += bulkSize) {
      if (at > 0) yield* Effect.yieldNow
      self.mirrored.add(described.slice(at, at + bulkSize), now)
      // the last slice needs no fiber: there is nothing to do beside its requests
      if (at + bulkSize >= described.length) break
      if (bulkSampling && messageIds)
        asking.push(yield* Effect.forkScoped(self.sampling.reconcile(connection), { startImmediately: true }))
      else yield* self.sampling.reconcile(connection)
    }
    if (self.cache.isComplete) self.link.syncing(true)
    yield* self.sampling.reconcile(connection)
    if (asking.length > 0) yield* Fiber.joinAll(asking)
    // what was refused or has changed meanwhile
    if (!self.subscriptions.isSettled) yield* self.sampling.reconcile(connection)
  })
}
