import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { KatcpError, RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { LiveSensor, type Reading, type Status } from "../../Sensor/index.ts"
import { ExpectationFailed } from "../ExpectationFailed.ts"
import { type WithinOptions, within } from "../Journal.ts"
import { type AnySensor, readingsOf, shownReading, shownValue } from "../readings.ts"
import { isNear, type ToleranceOptions } from "./matching.ts"

/**
 * The expected reading of a sensor. Omitted properties match everything.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExpectedReading<A> extends ToleranceOptions {
  /** The value, with numbers within the tolerance; or a predicate. */
  readonly value?: A | ((value: A) => boolean) | undefined
  /** The status, or a list of possible ones. */
  readonly status?: Status | ReadonlyArray<Status> | undefined
}

const isNumeric = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint"

const matches = <A>({ status, value }: Reading<A>, expected: ExpectedReading<A>): boolean => {
  const { status: statuses, value: wanted } = expected
  if (statuses !== undefined && !(typeof statuses === "string" ? [statuses] : statuses).includes(status)) return false
  if (wanted === undefined) return true
  if (typeof wanted === "function") return (wanted as (value: A) => boolean)(value)
  return isNumeric(wanted) && isNumeric(value) ? isNear(value, wanted, expected) : Equal.equals(value, wanted)
}

const shown = <A>({ status, tolerance, value }: ExpectedReading<A>): string => {
  const near = tolerance === undefined ? "" : ` (within ${tolerance})`
  const what =
    value === undefined ? "any value" : typeof value === "function" ? "a matching value" : `${shownValue(value)}${near}`
  return `${what} ${status === undefined ? "" : typeof status === "string" ? status : status.join(" or ")}`.trimEnd()
}

const failed = (name: string, expected: string, actual: string): ExpectationFailed =>
  new ExpectationFailed({ what: `sensor ${name}`, expected, actual })

const ask = <A>(sensor: AnySensor<A>, expected: string): Effect.Effect<Reading<A>, ExpectationFailed> => {
  if (sensor instanceof LiveSensor) return sensor.get
  return Effect.mapError(sensor.get(), (error: KatcpError | RequestFailed | RequestInvalid) =>
    failed(sensor.name, expected, error.message)
  )
}

/**
 * Expects a sensor to have a matching reading now, by a request to the device (`?sensor-value`). Returns the reading.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Arg, Interface, Sensor } from "katcp"
 * import { Expect, FakeDevice } from "katcp/Testing"
 *
 * class Antenna extends Interface.make("antenna").add(Sensor.make("azimuth", { type: Arg.Float })) {}
 *
 * const test = Effect.gen(function* () {
 *   const { client, fake } = yield* FakeDevice.connect(Antenna)
 *   yield* fake.sensors.azimuth.set(10.004)
 *   yield* Expect.sensor(client.sensor.azimuth, { value: 10, tolerance: 0.01, status: "nominal" })
 * })
 * await Effect.runPromise(Effect.scoped(test))
 * ```
 *
 * @category sensors
 * @since 0.1.0
 */
export const sensor = <A>(
  sensor: AnySensor<A>,
  expected: ExpectedReading<NoInfer<A>>
): Effect.Effect<Reading<A>, ExpectationFailed> =>
  Effect.filterOrFail(
    ask(sensor, shown(expected)),
    (reading) => matches(reading, expected),
    (reading) => failed(sensor.name, shown(expected), shownReading(reading))
  )

/**
 * Expects a sensor to have no matching reading now. Returns the actual one.
 *
 * @category sensors
 * @since 0.1.0
 */
export const sensorNot = <A>(
  sensor: AnySensor<A>,
  expected: ExpectedReading<NoInfer<A>>
): Effect.Effect<Reading<A>, ExpectationFailed> =>
  Effect.filterOrFail(
    ask(sensor, `not ${shown(expected)}`),
    (reading) => !matches(reading, expected),
    (reading) => failed(sensor.name, `not ${shown(expected)}`, shownReading(reading))
  )

/**
 * Waits until a sensor has a matching reading, which may be the current one; no reading in between is missed. Time is
 * that of the Clock: with TestClock, fork this and adjust.
 *
 * @category sensors
 * @since 0.1.0
 */
export const becomes = <A>(
  sensor: AnySensor<A>,
  expected: ExpectedReading<NoInfer<A>>,
  options?: WithinOptions
): Effect.Effect<Reading<A>, ExpectationFailed> =>
  Effect.suspend(() => {
    let last = "no reading"
    const wanted = shown(expected)
    const found = readingsOf(sensor).pipe(
      Stream.tap((reading) =>
        Effect.sync(() => {
          last = shownReading(reading)
        })
      ),
      Stream.filter((reading) => matches(reading, expected)),
      Stream.runHead,
      Effect.mapError((error) => failed(sensor.name, wanted, `${last}\n${error.message}`)),
      Effect.flatMap(
        Option.match({
          onNone: () => Effect.fail(failed(sensor.name, wanted, `${last}, and then the readings ended`)),
          onSome: Effect.succeed
        })
      )
    )
    return within(found, options, (after) => failed(sensor.name, `${wanted} within ${after}`, last))
  })
