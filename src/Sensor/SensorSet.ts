import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { type Owner, PendingChanges, type SensorSetChange } from "./changes.ts"
import { type InvalidFilter, UnknownSensor } from "./errors.ts"
import { matching, nameFilter } from "./filter.ts"
import { LiveSensor } from "./LiveSensor.ts"
import type { Sensor } from "./Sensor.ts"

/**
 * The sensors of a device: a live collection by name. Sensors are added and removed at any time. Listeners receive the
 * changes, once for each {@link SensorSet.batch}.
 *
 * @category models
 * @since 0.1.0
 */
export class SensorSet implements Owner {
  private readonly byName = new Map<string, LiveSensor<unknown>>()
  private sorted: ReadonlyArray<LiveSensor<unknown>> | undefined = undefined
  private readonly pending = new PendingChanges()
  private listeners: ReadonlyArray<(changes: ReadonlyArray<SensorSetChange>) => void> = []
  private batches = 0
  private notifying = false

  private constructor() {}

  /** Builds an empty set. */
  static readonly make: Effect.Effect<SensorSet> = Effect.sync(() => SensorSet.makeUnsafe())

  /** @internal builds an empty set without an effect */
  static makeUnsafe(): SensorSet {
    return new SensorSet()
  }

  /** The number of sensors. */
  get size(): number {
    return this.byName.size
  }

  /** The sensors, sorted by name as in `?sensor-list`. The array stays identical until the set changes. */
  get values(): ReadonlyArray<LiveSensor<unknown>> {
    this.sorted ??= this.sort()
    return this.sorted
  }

  private sort(): ReadonlyArray<LiveSensor<unknown>> {
    const sorted = [...this.byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
    // clients learn the names in this order, and name the sensors in it
    let former: LiveSensor<unknown> | undefined
    sorted.forEach((sensor) => {
      if (former !== undefined) former.follower = sensor
      former = sensor
    })
    return sorted
  }

  /** @internal the sensors in the order in which their names came: nothing is sorted for it */
  get unsorted(): Iterable<LiveSensor<unknown>> {
    return this.byName.values()
  }

  /** The names of the sensors, sorted. */
  get names(): ReadonlyArray<string> {
    return this.values.map((sensor) => sensor.name)
  }

  /** Returns `true` if there is a sensor of that name. */
  has(name: string): boolean {
    return this.byName.has(name)
  }

  /** Returns the sensor of that name, or `undefined`. */
  get(name: string): LiveSensor<unknown> | undefined {
    return this.byName.get(name)
  }

  /**
   * @internal returns the sensor whose name is a part of a list, or `undefined`. `former` is the sensor before it in the
   * list. Lists recur in the same order, so the name is mostly that of the sensor that came after `former` the last time.
   * Measured in a loop: comparing takes 19 ns a name. Looking it up takes 67, because V8 first makes the part a unique
   * string, and 300 in a server whose caches hold other work.
   */
  getNext(
    former: LiveSensor<unknown> | undefined,
    list: string,
    start: number,
    end: number
  ): LiveSensor<unknown> | undefined {
    const likely = former?.follower
    if (likely?.isIn(this)) {
      const { name } = likely
      if (name.length === end - start && list.startsWith(name, start)) return likely
    }
    const sensor = this.byName.get(list.substring(start, end))
    if (former !== undefined && sensor !== undefined) former.follower = sensor
    return sensor
  }

  /** Returns the sensor of that name. Fails with the error that answers a request for it. */
  find(name: string): Effect.Effect<LiveSensor<unknown>, UnknownSensor> {
    return Effect.suspend(() => {
      const sensor = this.byName.get(name)
      return sensor === undefined ? Effect.fail(new UnknownSensor({ name })) : Effect.succeed(sensor)
    })
  }

  /**
   * Adds a sensor and returns it with its readings. Another sensor of the same name is replaced: it ends, and all
   * sampling of it ends. A live sensor belongs to one set at a time. Adding it to its own set again changes nothing.
   */
  add<A>(sensor: Sensor<string, A> | LiveSensor<A>): Effect.Effect<LiveSensor<A>> {
    return Clock.clockWith((clock) => {
      const now = clock.currentTimeMillisUnsafe() / 1000
      return Effect.succeed(this.addUnsafe(sensor instanceof LiveSensor ? sensor : LiveSensor.makeUnsafe(sensor, now)))
    })
  }

  /** Adds a sensor like {@link add}, without an effect. */
  addUnsafe<A>(live: LiveSensor<A>): LiveSensor<A> {
    const { name } = live
    const former = this.byName.get(name)
    if (former === undefined) this.addNewUnsafe(live)
    else if (former !== live) {
      live.begin(this)
      this.byName.set(name, live)
      this.changed("Replaced", live, former)
    }
    return live
  }

  /** @internal adds a sensor whose name is new in the set */
  addNewUnsafe(live: LiveSensor<unknown>): void {
    const { name } = live
    live.begin(this)
    this.byName.set(name, live)
    this.changed("Added", live, undefined)
  }

  /** Removes a sensor. It ends, and all sampling of it ends. Returns `false` if the set does not have it. */
  remove(sensor: string | LiveSensor<unknown>): Effect.Effect<boolean> {
    return Effect.sync(() => this.removeUnsafe(sensor))
  }

  /** Removes a sensor like {@link remove}, without an effect. */
  removeUnsafe(sensor: string | LiveSensor<unknown>): boolean {
    const name = typeof sensor === "string" ? sensor : sensor.name
    const live = this.byName.get(name)
    if (live === undefined || (typeof sensor !== "string" && sensor !== live)) return false
    this.byName.delete(name)
    this.changed("Removed", live, live)
    return true
  }

  /**
   * Runs an effect as a batch: all changes of the set until it ends are reported together, even if it fails or is
   * interrupted. A sensor that is added and removed within the batch is not reported.
   */
  batch<B, E, R>(effect: Effect.Effect<B, E, R>): Effect.Effect<B, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        this.batches++
      }),
      () => effect,
      () =>
        Effect.sync(() => {
          this.batches--
          this.notify()
        })
    )
  }

  /** @internal makes changes as a batch like {@link batch}, without an effect */
  batchUnsafe(change: () => void): void {
    this.batches++
    try {
      change()
    } finally {
      this.batches--
      this.notify()
    }
  }

  /**
   * Returns the sensors that a name in a request selects, sorted: the one of that name, or all whose name matches the
   * regular expression in `/…/` somewhere (Rev 5.1 §7.2, Q-21). Fails with `UnknownSensor` for an unknown name and
   * `InvalidFilter` for a bad expression. Expressions run in linear time. Large sets are searched in slices.
   */
  select(filter: string): Effect.Effect<ReadonlyArray<LiveSensor<unknown>>, UnknownSensor | InvalidFilter> {
    return Effect.gen({ self: this }, function* () {
      const parsed = yield* nameFilter(filter)
      if (parsed._tag === "Name") return [yield* this.find(parsed.name)]
      const found = yield* matching(parsed, this.values)
      // the set may have changed between slices
      return found.filter((sensor) => !sensor.ended)
    })
  }

  /**
   * Calls a function with all changes, at once or at the end of a batch. Returns a function that stops this. Changes
   * that the function makes are reported afterwards. Its exceptions reach the code that made the change, after all
   * other listeners have run.
   */
  onChange(listener: (changes: ReadonlyArray<SensorSetChange>) => void): () => void {
    // the same function may be given twice
    const own = (changes: ReadonlyArray<SensorSetChange>) => listener(changes)
    this.listeners = [...this.listeners, own]
    return () => {
      this.listeners = this.listeners.filter((other) => other !== own)
    }
  }

  /**
   * Emits the changes from when the stream is run on. For a slow reader, changes of one name are merged: nothing is
   * lost and memory is bounded.
   */
  get changes(): Stream.Stream<ReadonlyArray<SensorSetChange>> {
    return Stream.suspend(() => {
      const pending = new PendingChanges()
      return Stream.callback<void>(
        (signal) =>
          Effect.acquireRelease(
            Effect.sync(() =>
              this.onChange((changes) => {
                for (const change of changes) pending.add(change)
                Queue.offerUnsafe(signal, undefined)
              })
            ),
            (off) => Effect.sync(off)
          ),
        { bufferSize: 1, strategy: "dropping" }
      ).pipe(
        Stream.map(() => pending.take()),
        Stream.filter((changes) => changes.length > 0)
      )
    })
  }

  /** @internal called when one of its sensors has other ranges */
  modified(sensor: LiveSensor<unknown>): void {
    this.tell("Modified", sensor)
    this.notify()
  }

  private changed(
    what: SensorSetChange["_tag"],
    sensor: LiveSensor<unknown>,
    former: LiveSensor<unknown> | undefined
  ): void {
    this.sorted = undefined
    this.tell(what, sensor)
    try {
      former?.end()
    } finally {
      this.notify()
    }
  }

  private tell(what: SensorSetChange["_tag"], sensor: LiveSensor<unknown>): void {
    if (this.listeners.length > 0) this.pending.add({ _tag: what, name: sensor.name, sensor })
  }

  private notify(): void {
    if (this.batches > 0 || this.notifying) return
    this.notifying = true
    let failure: { readonly thrown: unknown } | undefined
    while (!this.pending.isEmpty && this.batches === 0) {
      const changes = this.pending.take()
      for (const listener of this.listeners) {
        try {
          listener(changes)
        } catch (thrown) {
          failure ??= { thrown }
        }
      }
    }
    this.notifying = false
    if (failure !== undefined) throw failure.thrown
  }
}
