import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply, TimedOut } from "../../Message/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import type { Link } from "../connection/Link.ts"
import { milliseconds } from "../connection/milliseconds.ts"
import type { CallOptions } from "../requests/CallOptions.ts"
import { atSite, mark } from "../requests/CallSite.ts"
import type { Callable, Calls } from "../requests/Calls.ts"
import type { Failure } from "../requests/Failure.ts"
import { exactly } from "./filter.ts"
import { descriptionOf } from "./inspect.ts"
import type { Mirror } from "./Mirror.ts"
import { missedText, type Seen } from "./missed.ts"
import { isRemote, type RemoteReading } from "./RemoteReading.ts"
import { takeReadings } from "./readings.ts"
import { firstOf, readingsOf } from "./watch.ts"

/**
 * A client's handle of a sensor of the device.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientSensor<in out A> {
  /** The name. */
  readonly name: string
  /** The newest reading while the sensor is sampled, otherwise `undefined`. */
  readonly reading: RemoteReading<A> | undefined
  /**
   * Requests the current reading (`?sensor-value`, Rev 5.1 §7.2). Fails with `RequestFailed` if the device has no such
   * sensor, and like every request.
   */
  readonly get: (options?: CallOptions) => Effect.Effect<RemoteReading<A>, Failure>
  /**
   * Streams the readings by a strategy, default `event`: the current one, then by the strategy (Rev 5.1 §7.1).
   * Continues over lost connections; each loss gives one reading of status `unreachable`. Waits for a sensor that the
   * device does not have yet. All consumers of a sensor share one subscription on the wire. The stream ends when the
   * client is closed, and fails with the reason when the client gives up connecting. A reader that is more than 1024
   * readings behind loses the oldest.
   */
  readonly sample: (strategy?: Strategy.StrategyFor<A>) => Stream.Stream<RemoteReading<A>, KatcpError>
  /**
   * Waits until the sensor has a value (with a valid status), or until a function accepts a reading. The current
   * reading counts, and no reading is missed. Fails with `TimedOut` after `timeout` (by default never), and with
   * `Disconnected` if the client is closed.
   */
  readonly waitFor: WaitFor<A>
}

/**
 * A handle for each sensor of a contract.
 *
 * @category models
 * @since 0.1.0
 */
export type ClientSensors<S extends Sensor.Any> = {
  readonly [Name in S["name"]]: ClientSensor<Sensor.Value<Extract<S, { readonly name: Name }>>>
}

/**
 * See {@link ClientSensor.waitFor}.
 *
 * @category models
 * @since 0.1.0
 */
export interface WaitFor<in out A> {
  /** Waits until the function accepts a reading. */
  (
    condition: (reading: RemoteReading<A>) => boolean,
    options?: WaitOptions<A>
  ): Effect.Effect<RemoteReading<A>, KatcpError>
  /** Waits until the sensor has the value, or the function accepts a reading. */
  (
    condition: A | ((reading: RemoteReading<A>) => boolean),
    options?: WaitOptions<A>
  ): Effect.Effect<RemoteReading<A>, KatcpError>
}

/**
 * Options of a wait for a reading.
 *
 * @category models
 * @since 0.1.0
 */
export interface WaitOptions<in out A> {
  /** The timeout. Without a limit by default. */
  readonly timeout?: Duration.Input | undefined
  /** The strategy by which the sensor is sampled during the wait. Default `event`. */
  readonly strategy?: Strategy.StrategyFor<A> | undefined
}

/** The parts of a client that the handles of its sensors use. */
export interface Parts {
  readonly core: Core
  readonly link: Link
  readonly calls: Calls
  readonly mirror: Mirror
}

/**
 * Readings by which a reader of {@link ClientSensor.sample} may fall behind. Not measured: 90 KB of numbers (88 bytes
 * each, measured for `LiveSensor.changes`).
 */
const capacity = 1024

/** Returns the handle of a sensor. `type` is its sensor in the contract. */
export const make = <A>(parts: Parts, name: string, type: Sensor.Sensor<string, A> | undefined): ClientSensor<A> => {
  const { core, link, mirror } = parts
  const matcher = exactly(name)
  return {
    name,
    get reading() {
      const reading = mirror.sensors.get(name)?.reading
      return reading !== undefined && isRemote(reading) ? (reading as RemoteReading<A>) : undefined
    },
    get: function get(options) {
      return atSite(ask(parts, name, type, options), parts.calls.sites.note(get)) as Effect.Effect<
        RemoteReading<A>,
        Failure
      >
    },
    sample: function sample(strategy = Strategy.event as Strategy.StrategyFor<A>) {
      const readings = readingsOf(mirror, { matcher, strategy, capacity }) as Stream.Stream<
        RemoteReading<A>,
        KatcpError
      >
      const site = parts.calls.sites.note(sample)
      return site === undefined ? readings : Stream.mapError(readings, (error) => mark(error, site))
    },
    waitFor: function waitFor(condition: A | Condition<A>, options?: WaitOptions<A>) {
      const site = parts.calls.sites.note(waitFor)
      let last: Seen | undefined
      const accepts = conditionOf(condition)
      const there = Effect.flatMap(
        firstOf(mirror, { matcher, strategy: options?.strategy ?? Strategy.event }, (sensor, reading) => {
          last = { definition: sensor.definition, reading }
          return accepts(sensor, reading)
        }),
        (reading) =>
          reading === undefined
            ? Effect.fail(core.notSent("sensor-sampling", link.absence))
            : Effect.succeed(reading as RemoteReading<A>)
      )
      if (options?.timeout === undefined) return atSite(there, site)
      const timeout = milliseconds(options.timeout)
      const late = Effect.suspend(() => {
        const missed =
          last === undefined && link.current === undefined
            ? `no reading of ${name} was received within ${timeout} ms: ${link.absence.message}`
            : missedText(name, condition, timeout, last, namesOf(mirror))
        return Effect.fail(core.error(new TimedOut({ which: "call", timeout, missed })))
      })
      return atSite(Effect.timeoutOrElse(there, { duration: timeout, orElse: () => late }), site)
    }
  }
}

const namesOf = ({ sensors }: Mirror): ReadonlyArray<string> => sensors.values.map(({ definition }) => definition.name)

type Condition<A> = (reading: RemoteReading<A>) => boolean

const conditionOf = <A>(condition: A | Condition<A>) =>
  typeof condition === "function"
    ? (_: Sensor.LiveSensor<unknown>, reading: RemoteReading<unknown>): boolean =>
        (condition as Condition<unknown>)(reading)
    : ({ definition }: Sensor.LiveSensor<unknown>, { status, value }: RemoteReading<unknown>): boolean =>
        Sensor.isValid(status) && definition.equals(value, condition)

/** Requests the reading of one sensor (`?sensor-value`), and first its type if that is not known. */
const ask = (
  { calls, core, mirror }: Parts,
  name: string,
  type: Sensor.Any | undefined,
  options: CallOptions | undefined
): Effect.Effect<RemoteReading<unknown>, Failure> =>
  Effect.suspend(() => {
    const known = type ?? mirror.sensors.get(name)?.definition
    return known === undefined
      ? calls.gather(descriptionOf(name, core.anomalies), [name], options)
      : Effect.succeed(known)
  }).pipe(
    Effect.flatMap((definition) => calls.gather(valueOf(name, definition, mirror), [name], options)),
    Effect.filterOrFail(
      (reading): reading is RemoteReading<unknown> => typeof reading !== "string",
      (detail) => core.notSent("sensor-value", new MalformedReply({ detail: String(detail) }))
    )
  )

type Value = RemoteReading<unknown> | string

/** Returns the request whose single inform is the reading. */
const valueOf = (name: string, definition: Sensor.Any, mirror: Mirror): Callable<Value, undefined, Value> => ({
  name: "sensor-value",
  values: (args) => args as ReadonlyArray<string>,
  timeout: undefined,
  decoder: {
    inform: (message: ParsedMessage, dialect) => {
      let found: Value = `no reading of ${name} in ${message}`
      // synchronously, in the order in which readings arrive: a later one must not be overwritten by this one
      const sensor = mirror.sensors.get(name) ?? Sensor.LiveSensor.makeUnsafe(definition, 0)
      takeReadings(message, dialect, mirror.mirrored.now(), {
        find: (inform, at) => (inform.is(at, name) ? sensor : undefined),
        take: (_, reading) => {
          found = reading
          mirror.mirrored.receive(sensor, reading)
        },
        bad: (_, detail) => {
          found = detail
        },
        keepsBytes: mirror.keepsBytes
      })
      return found
    },
    reply: () => undefined,
    result: (_, [reading = "a reply without an inform"]) => reading,
    checked: true
  }
})
