/** Awaited sensors of several devices. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Client from "../../../Client/index.ts"
import { Strategy } from "../../../Sampling/index.ts"
import type * as Sensor from "../../../Sensor/index.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import type { Host } from "../../reach/host.ts"
import type { Condition } from "./condition.ts"

/** An awaited sensor. */
export interface Awaited {
  readonly device: string
  readonly sensor: Sensor.Any
  readonly condition: Condition
  /** Its newest reading. */
  last: Client.RemoteReading<unknown> | undefined
}

/** A device, and its awaited sensors. */
export interface Reached {
  readonly client: Client.Client<never, never>
  readonly host: Host
  readonly sensors: ReadonlyArray<Awaited>
}

/** A reading that fulfils the condition. */
export interface Found {
  readonly device: string
  readonly sensor: Sensor.Any
  readonly reading: Client.RemoteReading<unknown>
}

/**
 * Waits until the condition of each sensor holds, for all at the same time; with `any`, for the first. Returns the
 * readings. A sensor of an absent device does not fulfil the condition.
 */
export const untilAll = (
  reached: ReadonlyArray<Reached>,
  any: boolean
): Effect.Effect<ReadonlyArray<Found>, Failure> => {
  const all = reached.flatMap(({ sensors }) => sensors)
  let open = all.length
  const holding = new Set<Awaited>()
  // the readings at that moment: later ones of the same batch may differ
  let found: ReadonlyArray<Found> | undefined
  const take = (one: Awaited, reading: Client.RemoteReading<unknown>): boolean => {
    one.last = reading
    const holds = one.condition.holds(reading)
    if (holds !== holding.has(one)) {
      if (holds) holding.add(one)
      else holding.delete(one)
      open += holds ? -1 : 1
    }
    if (!(any ? holds : open === 0)) return false
    found ??= all
      .filter((other) => (any ? other === one : holding.has(other)))
      .map(({ device, last, sensor }) => ({ device, sensor, reading: last! }))
    return true
  }
  const streams = reached.map(({ client, host, sensors }) => {
    const byName = new Map(sensors.map((one) => [one.sensor.name, one]))
    const [only] = sensors
    const filter = sensors.length === 1 ? only!.sensor.name : (name: string) => byName.has(name)
    return client.watch(filter, { strategy: Strategy.auto }).pipe(
      Stream.filter((event) => event._tag === "Reading"),
      Stream.filter(({ reading, sensor }) => {
        const one = byName.get(sensor.name)
        return one !== undefined && take(one, reading)
      }),
      Stream.mapError((error) => cannotRun(`${host.text}: ${error.message}`))
    )
  })
  const done = Stream.runHead(Stream.mergeAll(streams, { concurrency: "unbounded" }))
  return Effect.flatMap(done, () =>
    found === undefined
      ? Effect.fail(cannotRun("the connections to all awaited devices have ended"))
      : Effect.succeed(found)
  )
}
