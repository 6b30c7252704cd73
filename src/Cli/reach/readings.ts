/** Readings of sensors as they come, for the commands that go on while devices go and come back. */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Client from "../../Client/index.ts"
import { Arg } from "../../Codec/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import type { Shown } from "../show/reading.ts"
import { visible } from "../show/visible.ts"
import { callOptions, hostOf, type Reconnecting } from "./connect.ts"
import { filterOf, isName, sensorsOf, unknownSensor } from "./device.ts"
import { follow } from "./following.ts"
import { stateOf } from "./stateOf.ts"

/** An example as it is typed in a shell. */
const quoted = (example: string): string => (example.includes(" ") ? `"${example}"` : example)

/** When the device is to report. */
export const strategyFlag = Flag.String("strategy").pipe(
  Flag.withAlias("s"),
  Flag.withDescription(`When to be told: ${Strategy.examples.map(quoted).join(", ")}`),
  Flag.withDefault("event")
)

/** A reading that has come. */
interface Came extends Shown {
  readonly reading: Sensor.Reading<unknown>
}

/** Readings as they come. */
export interface Watched {
  readonly readings: Stream.Stream<Came, Failure>
  /** The sensors that there are now. */
  readonly sensors: ReadonlyArray<Sensor.Any>
  /** Why nothing comes now; empty if all that is wanted is there. */
  readonly says: () => string
}

/** What a command says of the readings that it watches. */
export interface Watching extends Reconnecting {
  readonly words: ReadonlyArray<string>
  readonly strategy: string
}

/** How what becomes of devices is told. */
export interface Telling {
  /** As JSON, beside the readings. */
  readonly json: boolean
  /** Not at all: the command shows {@link Watched.says}. */
  readonly quiet: boolean
}

/** Reaches the devices that the words name, or fails; gives the readings of the sensors that they name. */
export const watchReadings = (
  input: Watching,
  { json, quiet }: Telling
): Effect.Effect<Watched, Failure, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const { host, rest } = yield* hostOf(input, input.words)
    const patterns = rest.length === 0 ? ["*"] : rest
    const strategy = Strategy.fromText(input.strategy)
    if (strategy instanceof Arg.Invalid)
      return yield* cannotRun(`--strategy ${JSON.stringify(input.strategy)}: ${strategy.message}`)
    const filters = yield* Effect.forEach(patterns, filterOf)
    const output = yield* Output
    const { client, reason, wants } = yield* follow(host, input, { json, quiet })
    // a name that the device does not have is mistyped; what a pattern stands for may still come
    const sensors = yield* sensorsOf(client, host, callOptions(input))
    for (const [at, filter] of filters.entries()) {
      if (isName(filter) && !sensors.has(filter)) return yield* unknownSensor(host, filter, sensors.keys())
      if (!quiet && ![...sensors.keys()].some((name) => Client.matches(filter, name)))
        yield* output.note(`katcp: no sensor of ${host.text} fits ${patterns[at]} yet`)
    }
    const names = [...sensors.keys()]
    const there = filters.map((filter, at) => ({ pattern: patterns[at]!, filter }))
    wants(there.filter(({ filter }) => names.some((name) => Client.matches(filter, name))))
    const only =
      filters.length === 1 ? filters[0]! : (name: string) => filters.some((filter) => Client.matches(filter, name))
    return {
      readings: client.watch(only, { strategy }).pipe(
        Stream.filter((event) => event._tag === "Reading"),
        Stream.map(
          ({ reading, sensor: { definition } }): Came => ({
            device: host.text,
            sensor: definition,
            reading,
            received: reading.received
          })
        ),
        Stream.mapError((error) => cannotRun(`${host.text}: ${error.message}`))
      ),
      sensors: [...sensors.values()].filter(({ name }) => filters.some((filter) => Client.matches(filter, name))),
      says: () => visible(stateOf(client, host.text, reason))
    }
  })
