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
 * A sensor as `?sensor-list` told of it before the checks began.
 *
 * @category models
 * @since 0.1.0
 */
export interface SensorFacts {
  readonly name: string
  readonly type: string
  readonly parameters: ReadonlyArray<string>
  /** What `?set-sensor` sets it back to; undefined where it cannot set it. */
  readonly settable: { readonly value: string; readonly status: string } | undefined
}

/**
 * What was found out of a device before the checks began. What it did not answer is empty.
 *
 * @category models
 * @since 0.1.0
 */
export interface Facts {
  /** The protocol that it announces. Of one that announces none: 4.0 where it greets as version 4 does, else 5.0. */
  readonly protocol: Protocol
  /** The informs with which it greets a client, as on the wire. */
  readonly greeting: ReadonlyArray<string>
  /** Whether it serves several clients at once: flag M, or `?client-list` in version 4. */
  readonly several: boolean
  /** How many clients it said it had, the one that asked among them. */
  readonly clients: number | undefined
  /** The names of its requests. */
  readonly requests: ReadonlyArray<string>
  readonly sensors: ReadonlyArray<SensorFacts>
  /** Its log level. */
  readonly logLevel: string | undefined
}

/** The device that a check is run on: what is known of it, and ways to reach it. */
export interface Device extends Facts {
  readonly dialect: Dialect.Dialect
  /** Connects, and waits for the greeting. */
  readonly connect: Effect.Effect<Connection, Verdict, Scope.Scope>
  /** Connects; the greeting may still be to come. */
  readonly open: Effect.Effect<Connection, Verdict, Scope.Scope>
  /** What became of `?halt` and of `?restart`, each done once, when first asked for. */
  readonly halted: Effect.Effect<Ending, Verdict>
  readonly restarted: Effect.Effect<Ending, Verdict>
  /** Connects as soon as the device is there. */
  readonly reconnected: Effect.Effect<Connection, Verdict, Scope.Scope>
}

const numeric = ["integer", "float"]

/** Whether a sensor is of the type that a check needs. */
export const suits = ({ type }: SensorFacts, need: SensorNeed): boolean =>
  need === "any" ||
  need === type ||
  (need === "numeric" && numeric.includes(type)) ||
  (need === "not numeric" && !numeric.includes(type) && type !== "timestamp")

/** A sensor of the type; one that can be set if there is one. */
export const sensorFor = ({ sensors }: Facts, need: SensorNeed): SensorFacts | undefined => {
  const fitting = sensors.filter((sensor) => suits(sensor, need))
  return fitting.find(({ settable }) => settable !== undefined) ?? fitting[0]
}

/** A sensor of the type, for a check that has stated its need. */
export const sensorOf = (facts: Facts, need: SensorNeed): Effect.Effect<SensorFacts, Inapplicable> => {
  const sensor = sensorFor(facts, need)
  return sensor === undefined
    ? Effect.fail(new Inapplicable({ reason: `the device has no sensor of type ${need}` }))
    : Effect.succeed(sensor)
}

/**
 * A sensor that `?set-sensor` can set, for a check that has stated its need. It is set back when the check ends. Where a
 * value is given, one that takes it: a type of version 4 may stand for what it does not have, as string for address.
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

/** Sends a request, on a connection of its own, when the check ends, whatever became of it. */
export const atEnd = (device: Device, request: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.addFinalizer(() =>
    device.connect.pipe(
      Effect.flatMap((client) => client.ask(request)),
      Effect.scoped,
      Effect.ignore
    )
  )

/** Has the device do something that it must be able to do for the check. */
export const done = Effect.fnUntraced(function* (
  client: Connection,
  request: string
): Effect.fn.Return<void, Deviation | Unrunnable> {
  const { reply } = yield* client.ask(request)
  if (!reply.isOk) return yield* new Unrunnable({ reason: `${visible(request)} was answered with ${reply}` })
})

/** Has `?set-sensor` give a sensor a reading. The value is as on the wire, with its escapes. */
export const setSensor = (
  client: Connection,
  sensor: SensorFacts,
  value: string,
  status?: string,
  timestamp?: string
) => done(client, requestToSet(sensor, value, status, timestamp))
