/** Requests to devices that several commands share. */
import * as Effect from "effect/Effect"
import type * as Client from "../../Client/index.ts"
import { Arg } from "../../Codec/index.ts"
import { didYouMean, type Message } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import { Target } from "../../Site/index.ts"
import { cannotRun, explain, type Failure, refused } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import type { Host } from "./host.ts"

type AnyClient = Client.Client<never, never>

/** Makes a request that the device should have, and returns the answer. */
export const answer = (
  client: AnyClient,
  host: Host,
  name: string,
  values: ReadonlyArray<string> = [],
  options?: Client.CallOptions
): Effect.Effect<Client.Answer, Failure, Output> =>
  Effect.flatMap(Output, ({ busy }) =>
    busy(
      `?${name}: waiting for ${host.text}`,
      Effect.mapError(client.call(name, values, options), (error) => explain(host.text, error))
    )
  )

/** Returns the listed sensors of the device, by name. One with a malformed description is treated as text. */
export const sensorsOf = (
  client: AnyClient,
  host: Host,
  options?: Client.CallOptions
): Effect.Effect<ReadonlyMap<string, Sensor.Any>, Failure, Output> =>
  Effect.map(answer(client, host, "sensor-list", [], options), ({ informs }) => {
    const sensors = new Map<string, Sensor.Any>()
    for (const inform of informs) {
      const name = inform.text(0)
      if (name === undefined) continue
      const sensor = Sensor.parseDescription(inform, client.dialect)
      sensors.set(name, sensor instanceof Arg.Invalid ? asText(name, inform) : sensor)
    }
    return sensors
  })

const asText = (name: string, inform: Message): Sensor.Any =>
  Sensor.remote(name, { doc: inform.text(1) ?? "", units: inform.text(2) ?? "", type: Arg.Text })

/** Returns the readings of `#sensor-value` informs, by name. Malformed ones are omitted. */
export const readingsIn = (
  informs: ReadonlyArray<Message>,
  sensors: ReadonlyMap<string, Sensor.Any>,
  client: AnyClient
): ReadonlyMap<string, Sensor.Reading<unknown>> => {
  const readings = new Map<string, Sensor.Reading<unknown>>()
  for (const inform of informs)
    for (let at = 2; at + 2 < inform.length; at += 3) {
      const name = inform.text(at)!
      const sensor = sensors.get(name)
      if (sensor === undefined) continue
      const parts = [inform.bytes(0)!, inform.bytes(at + 1)!, inform.bytes(at + 2)!] as const
      const reading = Sensor.parseReading(sensor, parts, client.dialect)
      if (!(reading instanceof Arg.Invalid)) readings.set(name, reading)
    }
  return readings
}

/** Returns the failure for unknown sensors, with the most similar names. */
export const unknownSensor = (host: Host, name: string, names: Iterable<string>): Failure =>
  refused(`${host.text} has no sensor ${name}${didYouMean(name, names)}`)

/** Returns `true` if a filter is the name of one sensor. */
export const isName = (filter: Client.SensorFilter): filter is string =>
  typeof filter === "string" && !/[*?]/.test(filter)

/** Returns the filter of a user's pattern: `/regular expression/`, a glob or a name. */
export const filterOf = (pattern: string): Effect.Effect<Client.SensorFilter, Failure> => {
  if (!(pattern.length > 1 && pattern.startsWith("/") && pattern.endsWith("/"))) return Effect.succeed(pattern)
  return Effect.mapError(Target.compileSensors({ kind: "expression", text: pattern }), ({ message }) =>
    cannotRun(message)
  )
}
