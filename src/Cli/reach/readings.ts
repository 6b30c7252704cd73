/** Live readings of sensors, for commands that continue while devices are away. */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Client from "../../Client/index.ts"
import { Arg } from "../../Codec/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import { cannotRun, type Exited, type Failure, refused } from "../Failure.ts"
import { Output } from "../show/Output.ts"
import type { Shown } from "../show/reading.ts"
import { visible } from "../show/visible.ts"
import { checkNames, idle, means } from "./chosen.ts"
import { callOptions, type Reconnecting } from "./connect.ts"
import { isName, sensorsOf } from "./device.ts"
import { follow } from "./following.ts"
import type { Host } from "./host.ts"
import { Failures, streamOf } from "./several.ts"
import { stateOf } from "./stateOf.ts"
import { type Aim, aimsOf } from "./targets.ts"
import type { Wanted } from "./waiting.ts"

/** Returns an example in shell syntax. */
const quoted = (example: string): string => (example.includes(" ") ? `"${example}"` : example)

/** The sampling strategy. */
export const strategyFlag = Flag.String("strategy").pipe(
  Flag.withAlias("s"),
  Flag.withDescription(`The sampling strategy: ${Strategy.examples.map(quoted).join(", ")}`),
  Flag.withDefault("event")
)

/** A received reading. */
interface Came extends Shown {
  readonly reading: Sensor.Reading<unknown>
}

/** A stream of readings. */
export interface Watched {
  /** The readings. With several devices, an unreachable one may still connect later. */
  readonly readings: Stream.Stream<Came, Failure, Output>
  /** `true` if there are several devices: sensors are then shown as `device/sensor`. */
  readonly several: boolean
  /** The number of sensors omitted because of {@link Telling.limit}. */
  readonly leftOut: () => number
  /** The reason why there are no readings now; empty if everything is there. */
  readonly says: () => string
  /** Fails at the end with the exit code of the worst failure among several devices. */
  readonly end: Effect.Effect<void, Exited, Output>
}

/** The options of watching readings. */
export interface Watching extends Reconnecting {
  readonly words: ReadonlyArray<string>
  readonly strategy: string
}

/** The reporting of device states. */
export interface Telling {
  /** `true` for JSON beside the readings. */
  readonly json: boolean
  /** `true` to report nothing: the command shows {@link Watched.says}. */
  readonly quiet: boolean
  /** The largest number of sensors; the first ones of the devices. Default: all. */
  readonly limit?: number | undefined
}

/** Streams the readings of the selected sensors, across reconnections. */
export const watchReadings = (
  input: Watching,
  { json, limit = Number.POSITIVE_INFINITY, quiet }: Telling
): Effect.Effect<Watched, Failure, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const aims = yield* aimsOf(input, input.words)
    const several = aims.length > 1
    const strategy = Strategy.fromText(input.strategy)
    if (strategy instanceof Arg.Invalid)
      return yield* cannotRun(`--strategy ${JSON.stringify(input.strategy)}: ${strategy.message}`)
    const failures = new Failures(aims.length)
    const says = new Map<string, () => string>()
    const taken = new Set<string>()
    const leftOut = new Set<string>()
    /** Returns `true` if a sensor is among the first, and is watched. */
    const isAmongFirst = (device: string, sensor: string): boolean => {
      const key = `${device}/${sensor}`
      if (taken.size < limit) taken.add(key)
      if (!taken.has(key)) leftOut.add(key)
      return taken.has(key)
    }
    const readings = yield* streamOf(aims, failures, (aim) =>
      Effect.map(readingsOf(aim, input, strategy, { json, limit, quiet }, isAmongFirst), (watched) => {
        says.set(aim.host.text, watched.says)
        return watched.readings
      })
    )
    return {
      readings,
      several,
      leftOut: () => leftOut.size,
      says: () =>
        visible(
          Array.from(says, ([device, text]) => [device, text()] as const)
            .filter(([, text]) => text !== "")
            .map(([device, text]) => (!several || text.includes(device) ? text : `${device}: ${text}`))
            .join("; ")
        ),
      end: failures.end
    }
  })

/** Connects to a device, or fails; streams the readings of its selected sensors. */
const readingsOf = (
  aim: Aim,
  input: Watching,
  strategy: Strategy.Strategy,
  { json, limit, quiet }: Telling,
  isAmongFirst: (device: string, sensor: string) => boolean
): Effect.Effect<
  { readonly readings: Stream.Stream<Came, Failure>; readonly says: () => string },
  Failure,
  Output | Scope.Scope
> =>
  Effect.gen(function* () {
    const { host, wanted } = aim
    const output = yield* Output
    const { client, reason, wants } = yield* follow(host, input, { json, quiet })
    // a missing name is mistyped; sensors that match a pattern may still be added
    const sensors = yield* sensorsOf(client, host, callOptions(input))
    yield* checkNames(aim, sensors)
    if (!quiet)
      for (const pattern of idle(aim, sensors))
        yield* output.note(visible(`katcp: no sensor of ${host.text} matches ${pattern} yet`))
    const names = [...sensors.keys()]
    wants(wanted.filter(({ filter }) => names.some((name) => Client.matches(filter, name))))
    const [first, ...more] = wanted
    const only: Client.SensorFilter =
      limit !== Number.POSITIVE_INFINITY
        ? (name) => means(aim, name) && isAmongFirst(host.text, name)
        : first === undefined
          ? "*"
          : more.length === 0
            ? first.filter
            : (name) => means(aim, name)
    const readings = client.watch(only, { strategy }).pipe(
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
    )
    const named = wanted.length > 0 && wanted.every(({ filter }) => isName(filter))
    return {
      readings: named
        ? Stream.merge(readings, allRefused(client, host, input.strategy, wanted), { haltStrategy: "left" })
        : readings,
      says: () => stateOf(client, host.text, reason)
    }
  })

/** Fails when the device has refused to sample each of the named sensors: there will be no readings. */
const allRefused = (
  { anomalies }: Client.Client<never, never>,
  host: Host,
  strategy: string,
  wanted: ReadonlyArray<Wanted>
): Stream.Stream<never, Failure> => {
  const left = new Set(wanted.map(({ pattern }) => pattern))
  return anomalies.stream.pipe(
    Stream.filter((anomaly) => anomaly._tag === "SamplingRefused"),
    Stream.mapEffect(({ sensor }) => {
      left.delete(sensor)
      return left.size === 0
        ? Effect.fail(refused(`${host.text} samples none of the named sensors by ${strategy}`))
        : Effect.void
    }),
    Stream.drain
  )
}
