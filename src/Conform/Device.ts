import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Dialect } from "../Codec/index.ts"
import type { Protocol } from "../Message/index.ts"
import type { SensorNeed } from "./Check.ts"
import type { Connection } from "./Connection.ts"
import type { Ending } from "./ending.ts"
import { escaped, visible } from "./Line.ts"
import { type Deviation, Inapplicable, Unrunnable, type Verdict } from "./Verdict.ts"

/**
 * A sensor as described by `?sensor-list` before the checks.
 *
 * @category models
 * @since 0.1.0
 */
export interface SensorFacts {
  readonly name: string
  readonly type: string
  readonly parameters: ReadonlyArray<string>
  /** The reading to which `?set-sensor` resets it; `undefined` if it cannot be set. */
  readonly settable: { readonly value: string; readonly status: string } | undefined
}

/**
 * The facts about a device, from before the checks. Unanswered ones are empty.
 *
 * @category models
 * @since 0.1.0
 */
export interface Facts {
  /** The announced protocol. Without an announcement: 4.0 if the device greets like version 4, otherwise 5.0. */
  readonly protocol: Protocol
  /** The informs of its greeting, in wire form. */
  readonly greeting: ReadonlyArray<string>
  /** `true` if it serves several clients at once: flag M, or `?client-list` in version 4. */
  readonly several: boolean
  /** The number of clients that it reported, including the one that asked. */
  readonly clients: number | undefined
  /** The names of its requests. */
  readonly requests: ReadonlyArray<string>
  readonly sensors: ReadonlyArray<SensorFacts>
  /** Its log level. */
  readonly logLevel: string | undefined
}

/** The device that a check runs on: the known facts, and ways to reach it. */
export interface Device extends Facts {
  readonly dialect: Dialect.Dialect
  /** Connects, and waits for the greeting. */
  readonly connect: Effect.Effect<Connection, Verdict, Scope.Scope>
  /** Connects; the greeting may still be to come. */
  readonly open: Effect.Effect<Connection, Verdict, Scope.Scope>
  /** The outcomes of `?halt` and `?restart`, each done once, on first use. */
  readonly halted: Effect.Effect<Ending, Verdict>
  readonly restarted: Effect.Effect<Ending, Verdict>
  /** Connects as soon as the device is back. */
  readonly reconnected: Effect.Effect<Connection, Verdict, Scope.Scope>
}

const numeric = ["integer", "float"]

/** Returns `true` if a sensor is of the type that a check needs. */
export const suits = ({ type }: SensorFacts, need: SensorNeed): boolean =>
  need === "any" ||
  need === type ||
  (need === "numeric" && numeric.includes(type)) ||
  (need === "not numeric" && !numeric.includes(type) && type !== "timestamp")

/** Returns a sensor of the type, preferably one that can be set. */
export const sensorFor = ({ sensors }: Facts, need: SensorNeed): SensorFacts | undefined => {
  const fitting = sensors.filter((sensor) => suits(sensor, need))
  return fitting.find(({ settable }) => settable !== undefined) ?? fitting[0]
}

/** Returns a sensor of the type, for a check that has stated its need. */
export const sensorOf = (facts: Facts, need: SensorNeed): Effect.Effect<SensorFacts, Inapplicable> => {
  const sensor = sensorFor(facts, need)
  return sensor === undefined
    ? Effect.fail(new Inapplicable({ reason: `the device has no sensor of type ${need}` }))
    : Effect.succeed(sensor)
}

/**
 * Returns a sensor that `?set-sensor` can set, for a check that has stated its need. It is reset when the check ends.
 * If a value is given, the sensor accepts the value: a type of version 4 may replace a missing one, as string for
 * address.
 */
export const settableOf = Effect.fnUntraced(function* (
  device: Device,
  need: SensorNeed,
  value?: string
): Effect.fn.Return<SensorFacts, Verdict, Scope.Scope> {
  const fitting = device.sensors.filter((sensor) => sensor.settable !== undefined && suits(sensor, need))
  for (const sensor of fitting) {
    yield* atEnd(device, requestToSet(sensor, escaped(sensor.settable!.value), sensor.settable!.status))
    if (value === undefined) return sensor
    const client = yield* device.connect
    if ((yield* client.ask(requestToSet(sensor, value))).reply.isOk) return sensor
  }
  return yield* new Inapplicable({
    reason: `?set-sensor can set no sensor of type ${need}${value === undefined ? "" : ` to ${value}`}`
  })
})

const requestToSet = ({ name }: SensorFacts, value: string, status = "nominal", timestamp = ""): string =>
  `?set-sensor ${name} ${value} ${status}${timestamp === "" ? "" : ` ${timestamp}`}`

/** Sends a request, on its own connection, when the check ends, with any outcome. */
export const atEnd = (device: Device, request: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.addFinalizer(() =>
    device.connect.pipe(
      Effect.flatMap((client) => client.ask(request)),
      Effect.scoped,
      Effect.ignore
    )
  )

/** Makes a request whose success the check presupposes. */
export const done = Effect.fnUntraced(function* (
  client: Connection,
  request: string
): Effect.fn.Return<void, Deviation | Unrunnable> {
  const { reply } = yield* client.ask(request)
  if (!reply.isOk) return yield* new Unrunnable({ reason: `${visible(request)} was answered with ${reply}` })
})

/** Sets a sensor's reading by `?set-sensor`. The value is in wire form, with its escapes. */
export const setSensor = (
  client: Connection,
  sensor: SensorFacts,
  value: string,
  status?: string,
  timestamp?: string
) => done(client, requestToSet(sensor, value, status, timestamp))
