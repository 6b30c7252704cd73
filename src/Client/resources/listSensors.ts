import * as Effect from "effect/Effect"
import type { Strategy } from "../../Sampling/index.ts"
import type { Status } from "../../Sensor/index.ts"
import type { Client } from "../Client.ts"
import { matcherOf, type SensorFilter } from "../sensors/filter.ts"
import { isRemote, type RemoteReading } from "../sensors/RemoteReading.ts"
import { tolerant } from "./Policy.ts"
import { escaped } from "./pythonNames.ts"

/**
 * Options of listing sensors.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListOptions {
  /** Selects sensors by these names, or by names in Python programs (`an_addr` for `an.addr`). Default: all. */
  readonly filter?: SensorFilter | undefined
  /** `false` if the filter must match real names only. Default `true`. */
  readonly pythonNames?: boolean | undefined
  /** `true` lists only sensors with a strategy that was set. Default `false`. */
  readonly hasStrategy?: boolean | undefined
  /** Lists only sensors with a reading of one of these statuses. Default: all. */
  readonly status?: ReadonlyArray<Status> | undefined
  /** `true` requests the current reading of each first (`?sensor-value`). Default `false`. */
  readonly refresh?: boolean | undefined
}

/**
 * A sensor of a device, with its description, reading and strategy.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListedSensor {
  readonly name: string
  /** The name in Python programs. */
  readonly escapedName: string
  readonly description: string
  readonly units: string
  /** The type in `#sensor-list`, and its parameters. */
  readonly type: string
  readonly parameters: ReadonlyArray<string>
  /** The newest reading; `undefined` without one. */
  readonly reading: RemoteReading<unknown> | undefined
  /** The strategy that was set for it. */
  readonly strategy: Strategy.Strategy | undefined
}

/** Requests in flight at once. Not measured: enough that a slow answer does not delay the others. */
const pipelined = 16

interface Listed {
  // biome-ignore lint/suspicious/noExplicitAny: none of this depends on the contract
  readonly client: Pick<Client<any, any>, "device" | "sensorNamed">
  readonly samplingOf: (name: string) => Strategy.Strategy | undefined
}

/** Returns the sensors of a resource, sorted by name. */
export const listSensors = (
  { client, samplingOf }: Listed,
  options: ListOptions = {}
): Effect.Effect<ReadonlyArray<ListedSensor>> =>
  Effect.gen(function* () {
    const { filter, hasStrategy, pythonNames = true, refresh, status } = options
    const matches = filter === undefined ? () => true : matcherOf(pythonNames ? tolerant(filter) : filter).matches
    const chosen = client.device.sensors.values.filter(
      ({ name }) => matches(name) && (hasStrategy !== true || samplingOf(name) !== undefined)
    )
    if (refresh === true)
      // a sensor without an answer keeps its reading
      yield* Effect.forEach(chosen, ({ name }) => Effect.exit(client.sensorNamed(name).get()), {
        concurrency: pipelined,
        discard: true
      })
    const listed: Array<ListedSensor> = []
    for (const { definition, name, reading } of chosen) {
      const remote = isRemote(reading) ? reading : undefined
      if (status !== undefined && (remote === undefined || !status.includes(remote.status))) continue
      listed.push({
        name,
        escapedName: escaped(name),
        description: definition.doc,
        units: definition.units,
        type: definition.type.sensorType ?? definition.type.name,
        parameters: definition.parameters,
        reading: remote,
        strategy: samplingOf(name)
      })
    }
    return listed
  })
