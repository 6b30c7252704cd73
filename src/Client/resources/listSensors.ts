import * as Effect from "effect/Effect"
import type { Strategy } from "../../Sampling/index.ts"
import type { Status } from "../../Sensor/index.ts"
import type { Client } from "../Client.ts"
import { matcherOf, type SensorFilter } from "../sensors/filter.ts"
import { isRemote, type RemoteReading } from "../sensors/RemoteReading.ts"
import { tolerant } from "./Policy.ts"
import { escaped } from "./pythonNames.ts"

/**
 * Which sensors to list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListOptions {
  /** By name, or by the name that Python programs give them (`an_addr` for `an.addr`). All by default. */
  readonly filter?: SensorFilter | undefined
  /** `false` if the filter is to match real names only. Default true. */
  readonly pythonNames?: boolean | undefined
  /** Only those for which a strategy was said. Default false. */
  readonly hasStrategy?: boolean | undefined
  /** Only those with a reading of one of these statuses. All by default. */
  readonly status?: ReadonlyArray<Status> | undefined
  /** Whether each is asked for its present reading first (`?sensor-value`). Default false. */
  readonly refresh?: boolean | undefined
}

/**
 * A sensor of a device with what is known of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListedSensor {
  readonly name: string
  /** The name as Python programs write it. */
  readonly escapedName: string
  readonly description: string
  readonly units: string
  /** The type as `#sensor-list` has it, and its parameters. */
  readonly type: string
  readonly parameters: ReadonlyArray<string>
  /** The newest reading; undefined where none has come. */
  readonly reading: RemoteReading<unknown> | undefined
  /** The strategy that was said for it. */
  readonly strategy: Strategy.Strategy | undefined
}

/** Devices that are asked at once. Not measured: enough that one that does not answer does not hold up the others. */
const pipelined = 16

interface Listed {
  // biome-ignore lint/suspicious/noExplicitAny: none of this depends on the contract
  readonly client: Pick<Client<any, any>, "device" | "sensorNamed">
  readonly samplingOf: (name: string) => Strategy.Strategy | undefined
}

/** The sensors of a resource, sorted by name. */
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
      // one that is not answered for keeps the reading that it has
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
