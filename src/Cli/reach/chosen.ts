/** Selection of a device's sensors. */
import * as Effect from "effect/Effect"
import * as Client from "../../Client/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import { type Failure, refused } from "../Failure.ts"
import { isName, unknownSensor } from "./device.ts"
import type { Aim } from "./targets.ts"

type Sensors = ReadonlyMap<string, Sensor.Any>

/** Returns `true` if a name is selected; without patterns all are. */
export const means = ({ wanted }: Pick<Aim, "wanted">, name: string): boolean =>
  wanted.length === 0 || wanted.some(({ filter }) => Client.matches(filter, name))

/** Fails for a name that the device does not have: it is mistyped. */
export const checkNames = ({ host, wanted }: Aim, sensors: Sensors): Effect.Effect<void, Failure> => {
  const missing = wanted.find(
    ({ anywhere, filter }) => anywhere === undefined && isName(filter) && !sensors.has(filter)
  )
  return missing === undefined ? Effect.void : unknownSensor(host, missing.pattern, sensors.keys())
}

/** Returns the patterns without a matching sensor. */
export const idle = ({ wanted }: Aim, sensors: Sensors): ReadonlyArray<string> =>
  wanted
    .filter(
      ({ anywhere, filter }) =>
        anywhere === undefined && ![...sensors.keys()].some((name) => Client.matches(filter, name))
    )
    .map(({ pattern }) => pattern)

/** Returns the selected sensors, in the order of the patterns. Fails for a name or a pattern without a match. */
export const chosen = (aim: Aim, sensors: Sensors): Effect.Effect<ReadonlyArray<Sensor.Any>, Failure> =>
  Effect.gen(function* () {
    yield* checkNames(aim, sensors)
    const [none] = idle(aim, sensors)
    if (none !== undefined) return yield* refused(`no sensor of ${aim.host.text} matches ${none}`)
    const found = new Set<Sensor.Any>()
    for (const { filter } of aim.wanted)
      for (const sensor of sensors.values()) if (Client.matches(filter, sensor.name)) found.add(sensor)
    return [...found]
  })

/** Fails if a target over several devices matched nothing at all. */
export const checkFound = (
  aims: ReadonlyArray<Aim>,
  found: ReadonlyArray<{ readonly device: string; readonly sensor: Sensor.Any }>
): Effect.Effect<void, Failure> => {
  const open = new Set(aims.flatMap(({ wanted }) => wanted.flatMap(({ anywhere }) => anywhere ?? [])))
  for (const { host, wanted } of aims)
    for (const { anywhere, filter } of wanted)
      if (
        anywhere !== undefined &&
        open.has(anywhere) &&
        found.some(({ device, sensor }) => device === host.text && Client.matches(filter, sensor.name))
      )
        open.delete(anywhere)
  const [none] = open
  return none === undefined ? Effect.void : refused(`no sensor of the answering devices matches ${none}`)
}

/** Returns a sensor's name in the output: with its device, if there are several. */
export const nameOf = (several: boolean, device: string, sensor: string): string =>
  several ? `${device}/${sensor}` : sensor
