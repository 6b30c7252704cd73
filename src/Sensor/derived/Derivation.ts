import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { errorText, expectValue } from "../../Message/index.ts"
import { InvalidSensorValue } from "../errors.ts"
import { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import type { Sensor } from "../Sensor.ts"
import { isValid, type Status } from "../Status.ts"
import { type Follower, Following, type Input } from "./Following.ts"
import { Limiter } from "./Limiter.ts"
import { checkSource, type From, type Inputs, inputsOf } from "./source.ts"
import { Tally } from "./Tally.ts"

/**
 * The sensor to derive: a definition, from which a live sensor is made, or an existing live sensor, such as a
 * contract's.
 *
 * @category models
 * @since 0.1.0
 */
export type Target<A> = Sensor<string, A> | LiveSensor<A>

/**
 * The result of a rule.
 *
 * @category models
 * @since 0.1.0
 */
export interface Computed<out A> {
  /** The value. By default the sensor keeps its value, and the status should be one without a valid value. */
  readonly value?: A | undefined
  /** The status. By default the result of the sensor's `statusFrom` for the value, or `nominal` without one. */
  readonly status?: Status | undefined
}

/**
 * A rule that derives a value from readings as they are added, changed and removed. It keeps state, so the cost of a
 * change does not depend on the number of inputs. Only `compute` may throw.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rule<in In, out A> {
  /** Counts a reading: of a new input, or of an input whose reading became valid. */
  add(reading: Reading<In>, sensor: LiveSensor<In>): void
  /** Stops counting a reading that was added. */
  remove(reading: Reading<In>, sensor: LiveSensor<In>): void
  /**
   * Replaces a reading that was added by another of the same sensor. By default the old one is removed and the new one
   * added.
   */
  replace?(reading: Reading<In>, previous: Reading<In>, sensor: LiveSensor<In>): void
  /** Returns the reading that results from the counted ones. `undefined` leaves the sensor unchanged. */
  compute(tally: Tally): Computed<A> | undefined
}

/**
 * The pace at which a derived sensor is set.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pace {
  /** `true` to set the sensor at every update of an input. By default it is set only if its value or status changes. */
  readonly every?: boolean | undefined
  /** The shortest time between two updates. Changes within this time take effect at its end. No limit by default. */
  readonly atMostEvery?: Duration.Input | undefined
}

/** The settings of a derived sensor: the inputs that count, and its pace. */
export interface Settings<In> extends Pace {
  readonly missing?: "tell" | "skip" | undefined
  readonly counts?: ((reading: Reading<In>) => boolean) | undefined
}

const validOnly = ({ status }: Reading<unknown>): boolean => isValid(status)

/** Keeps a sensor at the result of a rule over its inputs. */
export class Derivation<in out In, in out A> implements Follower<In> {
  readonly following: Following<In>
  private readonly target: LiveSensor<A>
  private readonly rule: Rule<In, A>
  private readonly counts: (reading: Reading<In>) => boolean
  private readonly every: boolean
  private readonly limiter: Limiter | undefined
  private readonly clock: Clock.Clock
  private readonly report: (text: string) => void
  private readonly tally: Tally
  /** The time of the next reading. */
  private time = 0
  private faulty = false

  constructor(
    target: LiveSensor<A>,
    source: Inputs<In>,
    rule: Rule<In, A>,
    settings: Settings<In>,
    context: Context.Context<never>
  ) {
    const run = Effect.runForkWith(context)
    this.target = target
    this.rule = rule
    this.counts = settings.counts ?? validOnly
    this.every = settings.every ?? false
    this.clock = Context.get(context, Clock.Clock)
    this.report = (text) => run(Effect.logError(text))
    this.tally = new Tally(settings.missing === "skip")
    this.limiter =
      settings.atMostEvery === undefined
        ? undefined
        : new Limiter(Duration.toMillis(settings.atMostEvery), this.clock, run, () => this.publish())
    this.following = new Following(source, this, target)
  }

  start(): void {
    this.following.start()
  }

  end(): void {
    this.following.end()
    this.limiter?.end()
  }

  added({ reading, sensor }: Input<In>): void {
    this.tally.add(reading.status)
    if (this.counts(reading)) this.rule.add(reading, sensor)
  }

  removed({ reading, sensor }: Input<In>): void {
    this.tally.remove(reading.status)
    if (this.counts(reading)) this.rule.remove(reading, sensor)
  }

  updated({ reading, sensor }: Input<In>, previous: Reading<In>): void {
    const { rule, tally } = this
    if (reading.status !== previous.status) {
      tally.remove(previous.status)
      tally.add(reading.status)
    }
    const [counted, counts] = [this.counts(previous), this.counts(reading)]
    if (counted && counts && rule.replace !== undefined) rule.replace(reading, previous, sensor)
    else {
      if (counted) rule.remove(previous, sensor)
      if (counts) rule.add(reading, sensor)
    }
    this.changed(reading.timestamp)
  }

  settled(): void {
    this.changed(this.clock.currentTimeMillisUnsafe() / 1000)
  }

  private changed(time: number): void {
    if (time > this.time) this.time = time
    if (this.limiter === undefined) this.publish()
    else this.limiter.request()
  }

  private publish(): void {
    const { rule, tally, target } = this
    const before = target.reading
    try {
      const computed = this.following.isComplete ? rule.compute(tally) : lacking
      if (computed === undefined) return
      const value = computed.value === undefined ? before.value : computed.value
      const status = computed.status ?? target.definition.statusOf(value)
      const same = status === before.status && target.definition.type.equals(value, before.value)
      if (!same || this.every) target.setUnsafe(value, status, Math.max(this.time, before.timestamp))
      this.faulty = false
    } catch (thrown) {
      // the sensor was set: an observer of it threw
      if (target.reading !== before) throw thrown
      this.failed(thrown)
    }
  }

  /** Handles a failed rule, or a result that the sensor cannot take. The code that set the input is not affected. */
  private failed(thrown: unknown): void {
    const { target } = this
    const { status, timestamp, value } = target.reading
    if (!this.faulty) {
      const why = thrown instanceof InvalidSensorValue ? thrown.detail : errorText(thrown)
      this.report(`sensor ${target.name} cannot be derived: ${why}`)
    }
    this.faulty = true
    if (status !== "failure") target.setUnsafe(value, "failure", Math.max(this.time, timestamp))
  }
}

/** The result while some inputs do not exist. */
const lacking: Computed<never> = { status: "unknown" }

/** Keeps a sensor at the result of a rule over inputs until the Scope ends. */
export const derive = <In, A>(
  target: Target<A>,
  from: From<In>,
  make: (target: LiveSensor<A>) => Rule<In, A>,
  settings: Settings<In> = {}
): Effect.Effect<LiveSensor<A>, never, Scope.Scope> => {
  checkTarget("Derived", target)
  checkSource("Derived", from)
  expectValue("Derived", typeof make === "function", "a rule, which is a function", make)
  return Effect.gen(function* () {
    const live: LiveSensor<A> = target instanceof LiveSensor ? target : yield* LiveSensor.make(target)
    const context = yield* Effect.context<never>()
    const derivation = yield* Effect.acquireRelease(
      Effect.sync(() => new Derivation(live, inputsOf(from), make(live), settings, context)),
      (derivation) => Effect.sync(() => derivation.end())
    )
    yield* Effect.sync(() => derivation.start())
    return live
  })
}

/** Throws a `TypeError` if the target is not a sensor. */
export const checkTarget = (call: string, target: unknown): void =>
  expectValue(
    call,
    target instanceof LiveSensor || (target as Sensor<string, unknown> | undefined)?._tag === "Sensor",
    "the sensor to keep, a LiveSensor or one of Sensor.make",
    target
  )
