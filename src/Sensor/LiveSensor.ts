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

/** Readings that a reader of {@link LiveSensor.changes} may be behind: 90 KB of numbers (88 bytes each, measured). */
const changesKept = 1024

/**
 * @internal Is told when a sensor begins to be observed, and when nobody observes it any more: for readings that are got only
 * while somebody wants them.
 */
export interface ObservedSensors {
  readonly observed: (sensor: LiveSensor<unknown>, isObserved: boolean) => void
}

/**
 * A sensor with its readings: what handlers set, and what clients read and sample. The three parts of a reading change
 * as one (Rev 5.1 §7). Who observes it is told at once and in order; where nobody does, that costs nothing.
 *
 * A `LiveSensor<A>` is a `LiveSensor<unknown>` too: code that does not know the type may set any value, since values
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
  /** @internal is told when it begins or ceases to be observed */
  supply: ObservedSensors | undefined = undefined

  private constructor(definition: Sensor<string, A>, timestamp: number) {
    if (definition?._tag !== "Sensor") expectValue("LiveSensor.make", false, "a sensor of Sensor.make", definition)
    this.own = definition
    this.current = { timestamp, status: definition.status, value: definition.initial }
  }

  /** The same as {@link make} without an effect, at a time in seconds since 1970. */
  static makeUnsafe<A>(definition: Sensor<string, A>, timestamp: number): LiveSensor<A> {
    return new LiveSensor(definition, timestamp)
  }

  /** A live sensor outside any set, with the value and status that its definition begins with, and the time of now. */
  static make<A>(definition: Sensor<string, A>): Effect.Effect<LiveSensor<A>> {
    return Clock.clockWith((clock) =>
      Effect.sync(() => new LiveSensor(definition, clock.currentTimeMillisUnsafe() / 1000))
    )
  }

  /** @internal whether more than one observes it */
  get isShared(): boolean {
    return this.observers !== undefined && this.observers.size > 1
  }

  /** @internal `true` if values that equal a third one equal each other: observers are told the reading before, too */
  get exact(): boolean {
    return this.own.exact === true
  }

  /** What it is. Another one after {@link setRanges}. */
  get definition(): Any {
    return this.own
  }

  /** The name. */
  get name(): string {
    return this.own.name
  }

  /** The present reading: value, status and timestamp that belong together. */
  get reading(): Reading<A> {
    return this.current
  }

  /** The value of the present reading. */
  get value(): A {
    return this.current.value
  }

  /** The status of the present reading. */
  get status(): Status {
    return this.current.status
  }

  /** The present reading, when the effect runs. */
  get get(): Effect.Effect<Reading<A>> {
    return Effect.sync(() => this.current)
  }

  /** Whether it was removed from its set, or replaced by another sensor of the same name. */
  get ended(): boolean {
    return this.over
  }

  /**
   * Sets value, status and timestamp. A value that is none of the sensor's type can come only from code that evades the
   * types; it is a defect (`InvalidSensorValue`), and the sensor keeps what it had. For values whose type is not known
   * there is {@link setUnknown}.
   */
  set(value: A, options?: SetOptions): Effect.Effect<void> {
    return Clock.clockWith((clock) => {
      const fault = this.accept(value, options?.status, options?.timestamp ?? clock.currentTimeMillisUnsafe() / 1000)
      return fault === undefined ? Effect.void : Effect.die(fault)
    })
  }

  /** Like {@link set}, for a value of which only run time tells whether it is of the sensor's type. */
  setUnknown(value: unknown, options?: SetOptions): Effect.Effect<void, InvalidSensorValue> {
    return Clock.clockWith((clock) => {
      const fault = this.accept(value, options?.status, options?.timestamp ?? clock.currentTimeMillisUnsafe() / 1000)
      return fault === undefined ? Effect.void : Effect.fail(fault)
    })
  }

  /**
   * Sets value, status and timestamp (in seconds) without an effect. Throws an `InvalidSensorValue` where one of them is
   * none, and then changes nothing.
   */
  setUnsafe(value: A, status: Status, timestamp: number): void {
    const fault = this.accept(value, status, timestamp)
    if (fault !== undefined) throw fault
  }

  /**
   * Takes a reading as it is, without a check: for one whose value the sensor's own type has decoded, as a client of
   * another device does.
   */
  receive(reading: Reading<A>): void {
    this.replace(reading)
  }

  /** Sets the value from its form on the wire, as in `#sensor-value` (Rev 5.1 §7.2). */
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
   * Gives an integer or float sensor other ranges, or none; who watches its set is told that it was `Modified`, so that
   * clients hear of it and ask for its description anew (Rev 5.1 §4.2, §7.2). Where its status comes from the ranges
   * (`statusFrom: "ranges"`) the status of a valid reading follows them at once. Fails, and changes nothing, where the
   * ranges make no sense.
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

  /** The arguments of the present reading on the wire: timestamp, status and value, without escapes (Rev 5.1 §7.2). */
  formatted(dialect: Dialect.Dialect): FormattedReading {
    const arguments_ = formatReading(this.own, this.current, dialect)
    if (arguments_ instanceof Arg.Invalid) throw this.invalid(arguments_.message)
    return arguments_
  }

  /**
   * The present reading and then every further one; ends when the sensor does. A reader that is more than 1024 readings
   * behind loses the oldest of them.
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
   * Calls a function with every new reading and the one before it, at once, in the order in which they are set; gives
   * what ends that. What the function throws reaches who set the reading, after all other observers were told.
   */
  observe(update: Observer<A>["update"]): () => void {
    const observer: Observer<A> = { update }
    this.attach(observer)
    return () => this.detach(observer)
  }

  /** Adds an observer; for numbers too large for a closure each. The same as {@link observe}, ended by {@link detach}. */
  attach(observer: Observer<A>): void {
    if (this.observers === undefined) {
      this.observers = new Observers(observer as Observer<unknown>)
      this.supply?.observed(this, true)
    } else this.observers.add(observer as Observer<unknown>)
  }

  /** Removes an observer; does nothing where it is none. */
  detach(observer: Observer<A>): void {
    this.observers?.remove(observer as Observer<unknown>)
    if (this.observers?.isIdle !== true) return
    this.observers = undefined
    this.supply?.observed(this, false)
  }

  /**
   * Writes `#sensor-value` or `#sensor-status` with a reading, by default the present one, and count 1 (Rev 5.1 §7.2,
   * §7.3). What is behind the head is formatted once for each reading and dialect, however many clients get it.
   */
  writeReading(
    encoder: Encoder,
    inform: "sensor-value" | "sensor-status",
    id: number | undefined,
    dialect: Dialect.Dialect,
    reading: Reading<A> = this.current
  ): void {
    if (reading !== this.current) writeInform(encoder, inform, id, this.own, reading, dialect)
    else this.wireIn(dialect).write(encoder, inform, id, this.own, reading, this.isShared)
  }

  /**
   * The `#sensor-status` of the present reading on the wire, with its LF (Rev 5.1 §7.3). It is formatted once and kept
   * until the next reading, for all who ask, and is not to be written to.
   */
  statusLine(dialect: Dialect.Dialect): Uint8Array {
    return this.wireIn(dialect).line(this.own, this.current)
  }

  /** Writes the `#sensor-list` inform of this sensor (Rev 5.1 §7.2). */
  writeDescription(encoder: Encoder, id: number | undefined, dialect: Dialect.Dialect): void {
    writeDescription(encoder, this.own, id, dialect)
  }

  /** @internal the set has let it go */
  end(): void {
    this.over = true
    this.owner = undefined
    const { observers } = this
    this.observers = undefined
    if (observers !== undefined) this.supply?.observed(this, false)
    observers?.end(this)
  }

  /** @internal a set has taken it */
  begin(owner: Owner): void {
    this.over = false
    this.owner = owner
  }

  private replace(reading: Reading<A>): void {
    const previous = this.current
    this.current = reading
    if (this.observers !== undefined) this.observers.update(reading, previous, this)
  }

  /** Takes a reading, or says what is wrong with it and changes nothing. */
  private accept(value: unknown, status: Status | undefined, timestamp: number): InvalidSensorValue | undefined {
    const fault = Arg.faultOf(this.own.type, value)
    if (fault !== undefined) return this.invalid(fault.message)
    const known = status ?? this.own.statusOf(value)
    if (!isStatus(known)) return this.invalid(`${JSON.stringify(known)} is no status`)
    if (!Number.isFinite(timestamp)) return this.invalid(`${timestamp} is no timestamp`)
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
    Queue.offerUnsafe(queue, this.current)
    if (this.over) Queue.endUnsafe(queue)
    const observer: Observer<A> = {
      update: (reading) => Queue.offerUnsafe(queue, reading),
      ended: () => Queue.endUnsafe(queue)
    }
    this.attach(observer)
    return () => this.detach(observer)
  }
}
