/** Requests that are carried out at a given time (Rev 5.1 appendix A.4). */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import { Arg } from "../Codec/index.ts"
import { RequestFailed } from "../Message/index.ts"
import { type LiveSensor, make as makeSensor, type Sensor } from "../Sensor/index.ts"
import * as Request from "./Request.ts"

/**
 * The options of a {@link TimedQueue}. Each has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface TimedQueueOptions {
  /** The largest number of waiting and running actions, at least 1. More are refused. Default 1024. */
  readonly capacity?: number | undefined
  /**
   * The age up to which an action with a past time runs at once; older ones are refused. Zero by default, so late
   * requests fail. `Infinity` refuses none.
   */
  readonly grace?: Duration.Input | undefined
  /** `true` to refuse an action with a time before that of a waiting one; `now` is never refused. Default `false`. */
  readonly increasing?: boolean | undefined
  /**
   * `serial`: an action waits for the end of the one before, and then may be late. The default `concurrent`: each
   * begins at its time.
   */
  readonly concurrency?: Request.Concurrency | undefined
  /** A sensor for the number of waiting actions; see {@link TimedQueue.sensor}. */
  readonly sensor?: LiveSensor<number> | undefined
}

/**
 * An action that waits for its time.
 *
 * @category models
 * @since 0.1.0
 */
export interface TimedAction {
  /** The name in the log. */
  readonly name: string
  /** The time at which it begins, in seconds since 1970. */
  readonly time: number
}

interface Entry extends TimedAction {
  /** Its time in milliseconds. */
  readonly at: number
  readonly run: Effect.Effect<void>
}

/**
 * Milliseconds between two looks at the clock of the host, which may be set, or run faster or slower for a while.
 * Not measured: an action is at most a second late after that, and one look a second costs nothing.
 */
const clockCheckInterval = 1000

/** Rounds to the microsecond, the precision of a timestamp on the wire. */
const toMillis = (seconds: number): number => Math.round(seconds * 1e6) / 1e3

/**
 * Actions that run at given times, in the order of their times (Rev 5.1 appendix A.4). A handler checks its arguments
 * and adds the action. The request is answered at once, and later requests continue. The queue lives in the Scope in
 * which it is made, usually the device's: an action outlives the client that requested it, and actions that wait when
 * the Scope closes are dropped with a warning. A failed action is logged as an error by `timed`, to the device's log if
 * a handler added it. The specification discourages queues if a device can do without.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Arg, Interface, Request } from "katcp"
 *
 * class Dish extends Interface.make("dish").add(
 *   Request.make("point", { doc: "Point, at a time.", args: { time: Arg.TimestampOrNow, az: Arg.Float } }),
 *   Interface.TimedQueue.flushRequest("point-flush"),
 *   Interface.TimedQueue.sensor("point-waiting")
 * ) {}
 *
 * export const DishLive = Dish.toLayer(
 *   Effect.gen(function* () {
 *     const sensors = yield* Dish.sensors
 *     const queue = yield* Interface.TimedQueue.make({ sensor: sensors["point-waiting"] })
 *     return {
 *       point: ({ time, az }) => queue.add("point", time, Effect.log(`to ${az}`)),
 *       "point-flush": queue.handleFlush
 *     }
 *   })
 * )
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class TimedQueue {
  private readonly capacity: number
  private readonly grace: number
  private readonly increasing: boolean
  private readonly serial: boolean
  private readonly sensor: LiveSensor<number> | undefined
  private readonly scope: Scope.Scope
  /** Opened when the first action may have changed. */
  private readonly changed = Latch.makeUnsafe(false)
  /** The waiting actions, by time. */
  private entries: Array<Entry> = []
  private active = 0
  private over = false

  private constructor(options: TimedQueueOptions, scope: Scope.Scope) {
    this.capacity = Math.max(1, options.capacity ?? 1024)
    this.grace = Duration.toMillis(options.grace ?? 0)
    this.increasing = options.increasing ?? false
    this.serial = options.concurrency === "serial"
    this.sensor = options.sensor
    this.scope = scope
  }

  /** Creates an empty queue, which ends with the Scope. */
  static readonly make = (options: TimedQueueOptions = {}): Effect.Effect<TimedQueue, never, Scope.Scope> =>
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const queue = new TimedQueue(options, scope)
      yield* Effect.forkIn(queue.loop, scope)
      yield* Effect.addFinalizer(() => queue.end)
      return queue
    })

  /** Describes a request that empties a queue, for a contract. {@link handleFlush} handles it. */
  static readonly flushRequest = <const Name extends string = "timed-flush">(name: Name = "timed-flush" as Name) =>
    Request.make(name, {
      doc: "Drop all requests that wait for their time; returns their number.",
      reply: { dropped: Arg.SafeInt }
    })

  /** Returns the definition of a sensor for the number of waiting requests, for a contract. */
  static readonly sensor = <const Name extends string = "timed-waiting">(
    name: Name = "timed-waiting" as Name
  ): Sensor<Name, number> =>
    makeSensor(name, { type: Arg.SafeInt, doc: "Number of requests that wait for their time.", initial: 0 })

  /** The waiting actions, in the order in which they will begin. */
  get waiting(): ReadonlyArray<TimedAction> {
    return this.entries.map(({ name, time }) => ({ name, time }))
  }

  /** The number of running actions. */
  get running(): number {
    return this.active
  }

  /**
   * Adds an action at a time in seconds since 1970, or with `now` as soon as possible. Actions with equal times begin
   * in the order in which they were added. Completes when the action is in the queue. Fails, so the request fails, if
   * the queue is full, the time is too long ago, or the time is not after those that wait although times must increase.
   */
  add<E, R>(
    name: string,
    time: number | "now",
    action: Effect.Effect<unknown, E, R>
  ): Effect.Effect<void, RequestFailed, R> {
    return Effect.contextWith((context: Context.Context<R>) =>
      Clock.clockWith((clock) => {
        const now = clock.currentTimeMillisUnsafe()
        const at = time === "now" ? now : toMillis(time)
        const fault = this.fault(time, at, now)
        if (fault !== undefined) return Effect.fail(new RequestFailed({ message: fault }))
        const run = Effect.provideContext(logged(name, action), context)
        this.insert({ name, time: at / 1000, at, run })
        return this.show
      })
    )
  }

  /** Drops all waiting actions and returns their number. Running actions continue. */
  readonly flush: Effect.Effect<number> = Effect.suspend(() => {
    const { length } = this.entries
    if (length === 0) return Effect.succeed(0)
    this.entries = []
    return Effect.as(
      Effect.andThen(this.show, asTimed(Effect.logInfo(`${length} timed requests were flushed`))),
      length
    )
  })

  /** Handles a {@link TimedQueue.flushRequest}. */
  readonly handleFlush = (): Effect.Effect<{ readonly dropped: number }> =>
    Effect.map(this.flush, (dropped) => ({ dropped }))

  /** Returns the reason to refuse an action. */
  private fault(time: number | "now", at: number, now: number): string | undefined {
    if (this.over) return "The device is stopping."
    if (time !== "now") {
      if (!Number.isFinite(at)) return `${time} is not a time.`
      if (at < now - this.grace) return `The time ${time} was ${(now - at) / 1000} s ago.`
      const last = this.entries.at(-1)
      if (this.increasing && last !== undefined && at < last.at)
        return `The time ${time} is before ${last.time}, the time of a waiting request: times must increase.`
    }
    return this.entries.length + this.active < this.capacity
      ? undefined
      : `${this.entries.length} timed requests wait and ${this.active} are running: the queue is full.`
  }

  private insert(entry: Entry): void {
    let place = this.entries.length
    while (place > 0 && this.entries[place - 1]!.at > entry.at) place--
    this.entries.splice(place, 0, entry)
    if (place === 0) this.changed.openUnsafe()
  }

  /** Waits for the first action and starts it. */
  private readonly loop: Effect.Effect<never> = Effect.gen({ self: this }, function* () {
    while (true) {
      this.changed.closeUnsafe()
      const [first] = this.entries
      const left = first === undefined ? Number.POSITIVE_INFINITY : first.at - (yield* Clock.currentTimeMillis)
      if (first !== undefined && left <= 0) yield* this.start(first)
      else if (first === undefined) yield* this.changed.await
      else yield* Effect.timeoutOption(this.changed.await, Math.min(left, clockCheckInterval))
    }
  })

  private start(entry: Entry): Effect.Effect<unknown> {
    this.entries.shift()
    this.active++
    const run = Effect.ensuring(
      entry.run,
      Effect.sync(() => this.active--)
    )
    return Effect.andThen(this.show, this.serial ? run : Effect.forkIn(run, this.scope))
  }

  /** Sets the sensor. */
  private get show(): Effect.Effect<void> {
    return this.sensor === undefined ? Effect.void : this.sensor.set(this.entries.length)
  }

  private get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.over = true
      const { length } = this.entries
      return length === 0
        ? Effect.void
        : asTimed(Effect.logWarning(`${length} timed requests were dropped because the device stops`))
    })
  }
}

const asTimed = <A, E, R>(logging: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.annotateLogs(logging, "logger", "timed")

/** Logs the outcome of an action, because no caller waits for it. */
const logged = <E, R>(name: string, action: Effect.Effect<unknown, E, R>): Effect.Effect<void, never, R> =>
  Effect.catchCause(Effect.asVoid(action), (cause) => asTimed(Effect.logError(`timed ${name} failed`, cause)))
