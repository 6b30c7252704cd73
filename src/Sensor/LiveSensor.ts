import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Arg, type Dialect, type Encoder } from "../Codec/index.ts"
import { expectValue } from "../Message/index.ts"
import type { Owner } from "./changes.ts"
import { writeDescription } from "./description.ts"
import { InvalidSensorValue } from "./errors.ts"
import { type Observer, Observers } from "./observers.ts"
import { decodeStatus, type FormattedReading, formatReading, type Reading } from "./Reading.ts"
import type { Ranges } from "./ranges.ts"
import { type Any, type Sensor, statusAnew, withRanges } from "./Sensor.ts"
import type { FormattedOptions, SetOptions } from "./SetOptions.ts"
import { isStatus, type Status } from "./Status.ts"
import { Wire, writeInform } from "./wire.ts"

/**
 * Readings by which a reader of {@link LiveSensor.changes} may fall behind: 90 KB of numbers (88 bytes each, measured).
 */
const changesKept = 1024

/** The first reading of the sensor that was made last. */
let newest: Reading<unknown> = { timestamp: Number.NaN, status: "unknown", value: undefined }

/** Returns the first reading of a sensor. Sensors that are made together share one, because readings are immutable. */
const firstOf = <A>({ initial, status }: Sensor<string, A>, timestamp: number): Reading<A> => {
  if (newest.timestamp !== timestamp || newest.status !== status || !Object.is(newest.value, initial))
    newest = { timestamp, status, value: initial }
  return newest as Reading<A>
}

/**
 * Receives the start and the end of a sensor's observation: for readings that are fetched on demand.
 *
 * @category models
 * @since 0.1.0
 */
export interface ObservedSensors {
  readonly observed: (sensor: LiveSensor<unknown>, isObserved: boolean) => void
}

/**
 * A sensor with its readings: handlers set them, and clients read and sample them. The three parts of a reading change
 * together (Rev 5.1 §7). Observers receive each reading at once and in order. A sensor without observers costs nothing.
 *
 * A `LiveSensor<A>` is also a `LiveSensor<unknown>`: code that does not know the type may set any value, because values
 * are checked when they are set.
 *
 * @category models
 * @since 0.1.0
 */
export class LiveSensor<out A> {
  private own: Any
  private current: Reading<A>
  private observers: Observers | undefined = undefined
  private wire: Wire | undefined = undefined
  private over = false
  private owner: Owner | undefined = undefined
  /** @internal called when its observation begins and ends */
  supply: ObservedSensors | undefined = undefined
  /** @internal the sensor that came after this one in the last list of names (see `SensorSet.getNext`) */
  follower: LiveSensor<unknown> | undefined = undefined

  /** Use {@link LiveSensor.make}. */
  protected constructor(definition: Sensor<string, A>, timestamp: number) {
    if (definition?._tag !== "Sensor") expectValue("LiveSensor.make", false, "a sensor of Sensor.make", definition)
    this.own = definition
    this.current = firstOf(definition, timestamp)
  }

  /** Builds a live sensor like {@link make}, without an effect, with a time in seconds since 1970. */
  static makeUnsafe<A>(definition: Sensor<string, A>, timestamp: number): LiveSensor<A> {
    return new LiveSensor(definition, timestamp)
  }

  /** Builds a live sensor outside any set, with its definition's initial value and status, and the current time. */
  static make<A>(definition: Sensor<string, A>): Effect.Effect<LiveSensor<A>> {
    return Clock.clockWith((clock) =>
      Effect.sync(() => new LiveSensor(definition, clock.currentTimeMillisUnsafe() / 1000))
    )
  }

  /** @internal `true` if it has more than one observer */
  get isShared(): boolean {
    return this.observers !== undefined && this.observers.size > 1
  }

  /** @internal `true` if values that equal a third one equal each other: observers get the previous reading as well */
  get exact(): boolean {
    return this.own.exact === true
  }

  /** The definition. {@link setRanges} replaces it. */
  get definition(): Any {
    return this.own
  }

  /** The name. */
  get name(): string {
    return this.own.name
  }

  /** The current reading: value, status and timestamp. */
  get reading(): Reading<A> {
    return this.current
  }

  /** The value of the current reading. */
  get value(): A {
    return this.reading.value
  }

  /** The status of the current reading. */
  get status(): Status {
    return this.reading.status
  }

  /** Returns the current reading at the time the effect runs. */
  get get(): Effect.Effect<Reading<A>> {
    return Effect.sync(() => this.reading)
  }

  /** `true` if the sensor was removed from its set or replaced by another sensor of its name. */
  get ended(): boolean {
    return this.over
  }

  /**
   * Sets value, status and timestamp. Dies with `InvalidSensorValue` if the value is not of the sensor's type, which
   * the types prevent; the sensor keeps its reading. For values of unknown type use {@link setUnknown}.
   */
  set(value: A, options?: SetOptions): Effect.Effect<void> {
    return Clock.clockWith((clock) => {
      const fault = this.accept(value, options?.status, options?.timestamp ?? clock.currentTimeMillisUnsafe() / 1000)
      return fault === undefined ? Effect.void : Effect.die(fault)
    })
  }

  /**
   * Sets a value whose type is only known at run time. Fails with `InvalidSensorValue` if the value is not of the
   * sensor's type.
   */
  setUnknown(value: unknown, options?: SetOptions): Effect.Effect<void, InvalidSensorValue> {
    return Clock.clockWith((clock) => {
      const fault = this.accept(value, options?.status, options?.timestamp ?? clock.currentTimeMillisUnsafe() / 1000)
      return fault === undefined ? Effect.void : Effect.fail(fault)
    })
  }

  /**
   * Sets value, status and timestamp (in seconds) without an effect. Throws an `InvalidSensorValue` if one of them is
   * invalid, and then changes nothing.
   */
  setUnsafe(value: A, status: Status, timestamp: number): void {
    const fault = this.accept(value, status, timestamp)
    if (fault !== undefined) throw fault
  }

  /**
   * Sets a reading without a check: for a value that the sensor's own type has decoded, as in a client of another
   * device.
   */
  receive(reading: Reading<A>): void {
    this.replace(reading)
  }

  /** Sets the value from its wire form, as in `#sensor-value` (Rev 5.1 §7.2). */
  setFormatted(
    value: string | Uint8Array,
    dialect: Dialect.Dialect,
    options?: FormattedOptions
  ): Effect.Effect<void, InvalidSensorValue> {
    return Clock.clockWith((clock) => {
      const decoded: A | Arg.Invalid = Arg.decodeArgument(this.own.type, value, dialect)
      if (decoded instanceof Arg.Invalid) return Effect.fail(this.invalid(decoded.message))
      const status = options?.status === undefined ? this.own.statusOf(decoded) : decodeStatus(options.status, dialect)
      if (status instanceof Arg.Invalid) return Effect.fail(this.invalid(`status: ${status.message}`))
      const timestamp =
        options?.timestamp === undefined
          ? clock.currentTimeMillisUnsafe() / 1000
          : Arg.decodeArgument(Arg.Timestamp, options.timestamp, dialect)
      if (timestamp instanceof Arg.Invalid) return Effect.fail(this.invalid(`timestamp: ${timestamp.message}`))
      this.replace({ timestamp, status, value: decoded })
      return Effect.void
    })
  }

  /**
   * Changes or removes the ranges of an integer or float sensor. Watchers of its set receive `Modified`, so clients are
   * informed and request its description again (Rev 5.1 §4.2, §7.2). If the status comes from the ranges (`statusFrom:
   * "ranges"`), the status of a valid reading changes at once. Fails, and changes nothing, if the ranges are
   * inconsistent.
   */
  setRanges(ranges: Ranges<A>): Effect.Effect<void, InvalidSensorValue> {
    return Clock.clockWith((clock) => {
      const definition = withRanges<string, A>(this.own, ranges)
      if (definition instanceof Arg.Invalid) return Effect.fail(this.invalid(definition.message))
      this.own = definition
      try {
        this.owner?.modified(this)
      } finally {
        const { status, value } = this.current
        const anew = statusAnew(this.own, status, value)
        if (anew !== status) this.replace({ timestamp: clock.currentTimeMillisUnsafe() / 1000, status: anew, value })
      }
      return Effect.void
    })
  }

  /** Returns the wire arguments of the current reading: timestamp, status and value, without escapes (Rev 5.1 §7.2). */
  formatted(dialect: Dialect.Dialect): FormattedReading {
    const arguments_ = formatReading(this.own, this.reading, dialect)
    if (arguments_ instanceof Arg.Invalid) throw this.invalid(arguments_.message)
    return arguments_
  }

  /**
   * Emits the current reading and then every new one. Ends when the sensor ends. A reader that is more than 1024
   * readings behind loses the oldest.
   */
  get changes(): Stream.Stream<Reading<A>> {
    return Stream.callback<Reading<A>>(
      (queue) =>
        Effect.acquireRelease(
          Effect.sync(() => this.feed(queue)),
          (detach) => Effect.sync(detach)
        ),
      { bufferSize: changesKept, strategy: "sliding" }
    )
  }

  /**
   * Calls a function with every new reading and the one before it, at once and in order. Returns a function that stops
   * this. An exception of the function reaches the code that set the reading, after all other observers have run.
   */
  observe(update: Observer<A>["update"]): () => void {
    const observer: Observer<A> = { update }
    this.attach(observer)
    return () => this.detach(observer)
  }

  /**
   * Adds an observer object, for large numbers of observers that cannot afford a closure each. {@link detach} removes
   * it.
   */
  attach(observer: Observer<A>): void {
    if (this.observers === undefined) {
      this.observers = new Observers(observer as Observer<unknown>)
      this.supply?.observed(this, true)
    } else this.observers.add(observer as Observer<unknown>)
  }

  /** Removes an observer. Does nothing if it is not attached. */
  detach(observer: Observer<A>): void {
    const { observers } = this
    observers?.remove(observer as Observer<unknown>)
    if (observers?.isIdle) this.unobserved(observers)
  }

  /** @internal called when no observer is left */
  unobserved(observers: Observers): void {
    // the sensor may have ended meanwhile
    if (this.observers !== observers) return
    this.observers = undefined
    this.supply?.observed(this, false)
  }

  /**
   * Writes `#sensor-value` or `#sensor-status` with count 1 and a reading, by default the current one (Rev 5.1 §7.2,
   * §7.3). The part after the head is formatted once for each reading and dialect, for any number of clients.
   */
  writeReading(
    encoder: Encoder,
    inform: "sensor-value" | "sensor-status",
    id: number | undefined,
    dialect: Dialect.Dialect,
    reading: Reading<A> = this.reading
  ): void {
    if (reading !== this.current) writeInform(encoder, inform, id, this.own, reading, dialect)
    else this.wireIn(dialect).write(encoder, inform, id, this.own, reading, this.isShared)
  }

  /** @internal writes `#sensor-status` like {@link writeReading} */
  writeStatus(encoder: Encoder, dialect: Dialect.Dialect, reading: Reading<A>): void {
    if (reading !== this.current) writeInform(encoder, "sensor-status", undefined, this.own, reading, dialect)
    else this.wireIn(dialect).writeStatus(encoder, this.own, reading, this.isShared)
  }

  /**
   * Returns the `#sensor-status` line of the current reading with its LF (Rev 5.1 §7.3). The line is formatted once for
   * all observers of a reading, and shared: do not write to it.
   */
  statusLine(dialect: Dialect.Dialect): Uint8Array {
    const wire = this.wireIn(dialect)
    return this.observers?.notifies === true ? wire.lineOnce(this.own, this.reading) : wire.line(this.own, this.reading)
  }

  /** Writes the `#sensor-list` inform of this sensor (Rev 5.1 §7.2). */
  writeDescription(encoder: Encoder, id: number | undefined, dialect: Dialect.Dialect): void {
    writeDescription(encoder, this.own, id, dialect)
  }

  /** @internal called when the set removes it */
  end(): void {
    this.over = true
    this.owner = undefined
    this.follower = undefined
    const { observers } = this
    this.observers = undefined
    if (observers !== undefined) this.supply?.observed(this, false)
    observers?.end(this)
  }

  /** @internal returns `true` if it is in this set */
  isIn(owner: Owner): boolean {
    return this.owner === owner
  }

  /** @internal called when a set adds it */
  begin(owner: Owner): void {
    this.over = false
    this.owner = owner
  }

  private replace(reading: Reading<A>): void {
    const previous = this.current
    this.current = reading
    if (this.observers !== undefined) this.observers.update(reading, previous, this)
  }

  /** Sets a reading. Returns the fault if a part is invalid, and then changes nothing. */
  private accept(value: unknown, status: Status | undefined, timestamp: number): InvalidSensorValue | undefined {
    const fault = Arg.faultOf(this.own.type, value)
    if (fault !== undefined) return this.invalid(fault.message)
    const known = status ?? this.own.statusOf(value)
    if (!isStatus(known)) return this.invalid(`${JSON.stringify(known)} is not a status`)
    if (!Number.isFinite(timestamp)) return this.invalid(`${timestamp} is not a timestamp`)
    this.replace({ timestamp, status: known, value: value as A })
    return undefined
  }

  private invalid(detail: string): InvalidSensorValue {
    return new InvalidSensorValue({ sensor: this.name, detail })
  }

  private wireIn(dialect: Dialect.Dialect): Wire {
    for (let wire = this.wire; wire !== undefined; wire = wire.next) if (wire.dialect === dialect) return wire
    this.wire = new Wire(dialect, this.wire)
    return this.wire
  }

  private feed(queue: Queue.Enqueue<Reading<A>, Cause.Done>): () => void {
    Queue.offerUnsafe(queue, this.reading)
    if (this.over) Queue.endUnsafe(queue)
    const observer: Observer<A> = {
      update: (reading) => Queue.offerUnsafe(queue, reading),
      ended: () => Queue.endUnsafe(queue)
    }
    this.attach(observer)
    return () => this.detach(observer)
  }
}
