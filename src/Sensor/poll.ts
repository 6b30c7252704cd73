import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { expectOptions, expectValue } from "../Message/index.ts"
import type { Values } from "./derived/combine.ts"
import { checkTarget, type Target } from "./derived/Derivation.ts"
import { LiveSensor } from "./LiveSensor.ts"
import type { Status } from "./Status.ts"

/**
 * The options of polled sensors.
 *
 * @category models
 * @since 0.1.0
 */
export interface PollOptions {
  /** The status of a sensor that cannot be read: `failure` by default. */
  readonly failed?: Status | undefined
}

/** The schedule of the readings. */
type When<R> = Schedule.Schedule<unknown, void, never, R>

/**
 * Updates a sensor with the result of an effect, at once and then by a schedule ({@link every}, `Schedule.fixed`, …),
 * until the schedule or the Scope ends. If reading fails, the sensor keeps its value, its status becomes `failure`, and
 * the reason is logged once for each run of equal reasons. A value that is not of the sensor's type counts as a
 * failure. Give the effect a timeout if it can hang.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Arg, Sensor } from "katcp"
 *
 * const temperature = Sensor.make("temperature", { type: Arg.Float, units: "degC" })
 *
 * export const polled = (read: Effect.Effect<number, Error>) =>
 *   Sensor.poll(temperature, Effect.timeout(read, "500 millis"), Sensor.every("1 second"))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const poll = <A, E, R, R2 = never>(
  target: Target<A>,
  read: Effect.Effect<A, E, R>,
  when: When<R2>,
  options?: PollOptions
): Effect.Effect<LiveSensor<A>, never, R | R2 | Scope.Scope> => {
  checkTarget("Sensor.poll", target)
  checkReading("Sensor.poll", read, when)
  return Effect.gen(function* () {
    const live: LiveSensor<A> = target instanceof LiveSensor ? target : yield* LiveSensor.make(target)
    yield* repeatedly(read, (value) => live.set(value), [live], when, options)
    return live
  })
}

/** Throws a `TypeError` if the effect or the schedule is invalid. */
const checkReading = (call: string, read: unknown, when: unknown): void => {
  expectValue(call, Effect.isEffect(read), "an Effect that reads", read)
  expectValue(call, Schedule.isSchedule(when), 'a Schedule like Sensor.every("1 second")', when)
}

/**
 * Updates several sensors with the results of one effect: a record with a value for each. Otherwise like {@link poll};
 * they fail together.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pollAll = <const Sensors extends { readonly [key: string]: LiveSensor<unknown> }, E, R, R2 = never>(
  sensors: Sensors,
  read: Effect.Effect<Values<Sensors>, E, R>,
  when: When<R2>,
  options?: PollOptions
): Effect.Effect<void, never, R | R2 | Scope.Scope> => {
  expectOptions("Sensor.pollAll", sensors)
  checkReading("Sensor.pollAll", read, when)
  const all = Object.entries(sensors)
  const set = (values: Values<Sensors>) =>
    Effect.forEach(all, ([key, sensor]) => sensor.set(values[key as keyof Sensors]), { discard: true })
  return repeatedly(
    read,
    set,
    all.map(([, sensor]) => sensor),
    when,
    options
  )
}

/** Reads at once and by the schedule, in a fiber of the Scope. */
export const repeatedly = <A, E, R, R2>(
  read: Effect.Effect<A, E, R>,
  set: (value: A) => Effect.Effect<void>,
  sensors: ReadonlyArray<LiveSensor<unknown>>,
  when: When<R2>,
  options: PollOptions = {}
): Effect.Effect<void, never, R | R2 | Scope.Scope> =>
  Effect.suspend(() => {
    const names = sensors.map(({ name }) => name).join(", ")
    const subject = sensors.length === 1 ? `sensor ${names}` : `sensors ${names}`
    const status = options.failed ?? "failure"
    let reason: string | undefined
    const mark = Effect.forEach(
      sensors,
      (sensor) => (sensor.status === status ? Effect.void : sensor.set(sensor.value, { status })),
      { discard: true }
    )
    const succeeded = Effect.suspend(() => {
      if (reason === undefined) return Effect.void
      reason = undefined
      return Effect.logInfo(`${subject} can be read again`)
    })
    const failed = (cause: Cause.Cause<E>) => {
      const former = reason
      reason = reasonOf(cause)
      return reason === former ? mark : Effect.andThen(Effect.logWarning(`${subject} cannot be read: ${reason}`), mark)
    }
    const once = Effect.flatMap(read, set).pipe(Effect.andThen(succeeded), Effect.catchCause(failed))
    return once.pipe(Effect.repeat(when), Effect.forkScoped({ startImmediately: true }), Effect.asVoid)
  })

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (Cause.hasInterruptsOnly(cause)) return "interrupted"
  if (!(error instanceof Error)) return Inspectable.toStringUnknown(error, 0)
  return error.message === "" ? error.name : error.message
}
