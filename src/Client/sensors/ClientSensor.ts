import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ParsedMessage } from "../../Codec/index.ts"
import { type KatcpError, MalformedReply, TimedOut } from "../../Message/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Callable, Calls } from "../Calls.ts"
import type { Core } from "../Core.ts"
import type { Failure } from "../Gathered.ts"
import type { Link } from "../Link.ts"
import type { CallOptions } from "../Options.ts"
import { Inspection } from "./inspect.ts"
import type { Mirror } from "./Mirror.ts"
import { isRemote, type RemoteReading } from "./RemoteReading.ts"
import { takeReadings } from "./readings.ts"
import { readingsOf } from "./watch.ts"

/**
 * A sensor of the device, as a client sees it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientSensor<in out A> {
  /** The name. */
  readonly name: string
  /** The newest reading, as long as somebody samples the sensor; undefined where none has come. */
  readonly reading: RemoteReading<A> | undefined
  /**
   * Asks the device for its present reading (`?sensor-value`, Rev 5.1 §7.2). Fails with `RequestFailed` where it has no
   * such sensor, and like every request.
   */
  readonly get: (options?: CallOptions) => Effect.Effect<RemoteReading<A>, Failure>
  /**
   * Its readings by a strategy, default `event`: the present one, then as the strategy says (Rev 5.1 §7.1). It goes on
   * over lost connections, where one reading of status `unreachable` comes, and waits for a sensor that is not there yet.
   * All consumers of a sensor share one subscription on the wire. It ends when the client is closed, and fails with the
   * reason where it gives up connecting; a reader that is more than 1024 readings behind loses the oldest.
   */
  readonly sample: (strategy?: Strategy.StrategyFor<A>) => Stream.Stream<RemoteReading<A>, KatcpError>
  /**
   * Waits until it has a value (with a valid status), or until a reading is as a function says; the present one counts.
   * No reading between is missed. Fails with `TimedOut` after `timeout`, which is never by default; with `Disconnected`
   * where the client is closed.
   */
  readonly waitFor: (
    condition: A | ((reading: RemoteReading<A>) => boolean),
    options?: { readonly timeout?: Duration.Input | undefined; readonly strategy?: Strategy.StrategyFor<A> | undefined }
  ) => Effect.Effect<RemoteReading<A>, KatcpError>
}

/** What the handles of all sensors of a client need. */
export interface Parts {
  readonly core: Core
  readonly link: Link
  readonly calls: Calls
  readonly mirror: Mirror
}

/** The handle of a sensor; `type` is the one that the contract gives it. */
export const make = <A>(parts: Parts, name: string, type: Sensor.Sensor<string, A> | undefined): ClientSensor<A> => {
  const { core, mirror } = parts
  const sample = (strategy: Strategy.Strategy = Strategy.event) =>
    Stream.map(readingsOf(mirror, { filter: name, strategy }), ({ reading }) => reading as RemoteReading<A>)
  return {
    name,
    get reading() {
      const reading = mirror.sensors.get(name)?.reading
      return reading !== undefined && isRemote(reading) ? (reading as RemoteReading<A>) : undefined
    },
    get: (options) => ask(parts, name, type, options),
    sample,
    waitFor: (condition, options) => {
      const holds =
        typeof condition === "function"
          ? (condition as (reading: RemoteReading<A>) => boolean)
          : is(parts, name, condition)
      const found = sample(options?.strategy).pipe(
        Stream.filter(holds),
        Stream.runHead,
        Effect.flatMap(
          Option.match({
            onNone: () => Effect.fail(core.notSent("sensor-sampling", parts.link.absence)),
            onSome: Effect.succeed
          })
        )
      )
      if (options?.timeout === undefined) return found
      const timeout = Duration.toMillis(options.timeout)
      return Effect.timeoutOrElse(found, {
        duration: timeout,
        orElse: () => Effect.fail(core.notSent("sensor-sampling", new TimedOut({ which: "call", timeout }), timeout))
      })
    }
  }
}

const is =
  <A>({ mirror }: Parts, name: string, value: A) =>
  (reading: RemoteReading<A>): boolean =>
    Sensor.isValid(reading.status) && mirror.sensors.get(name)?.definition.equals(reading.value, value) === true

/** `?sensor-value` of one sensor; its type has to be known to read the value. */
const ask = <A>(
  { calls, core, link, mirror }: Parts,
  name: string,
  type: Sensor.Sensor<string, A> | undefined,
  options: CallOptions | undefined
): Effect.Effect<RemoteReading<A>, Failure> => {
  const malformed = (detail: string) => core.notSent("sensor-value", new MalformedReply({ detail }))
  const described = Effect.suspend((): Effect.Effect<Sensor.Any, Failure> => {
    const known = type ?? mirror.sensors.get(name)?.definition
    if (known !== undefined) return Effect.succeed(known)
    const connection = link.current
    if (connection === undefined) return Effect.fail(core.notSent("sensor-value", link.absence))
    return Effect.flatMap(new Inspection(core, calls).sensors(connection, name), (listing) => {
      const found = listing.get(name)
      return found === undefined ? Effect.fail(malformed(`the device has no sensor ${name}`)) : Effect.succeed(found)
    })
  })
  return Effect.flatMap(described, (definition) =>
    Effect.flatMap(calls.call(valueOf(name, definition, mirror), [name], options), (reading) => {
      if (typeof reading === "string") return Effect.fail(malformed(reading))
      mirror.sensors.get(name)?.receive(reading)
      return Effect.succeed(reading as RemoteReading<A>)
    })
  )
}

type Value = RemoteReading<unknown> | string

/** The request whose one inform is a reading. */
const valueOf = (name: string, definition: Sensor.Any, mirror: Mirror): Callable<Value, undefined, Value> => ({
  name: "sensor-value",
  values: (args) => args as ReadonlyArray<string>,
  timeout: undefined,
  reading: {
    inform: (message: ParsedMessage, dialect) => {
      let found: Value = `no reading of ${name} in ${message}`
      const sensor = Sensor.LiveSensor.makeUnsafe(definition, 0)
      takeReadings(message, dialect, mirror.now(), {
        find: (other) => (other === name ? sensor : undefined),
        bad: (_, detail) => {
          found = detail
        }
      })
      return isRemote(sensor.reading) ? sensor.reading : found
    },
    reply: () => undefined,
    result: (_, [reading = "a reply without an inform"]) => reading,
    checked: true
  }
})
