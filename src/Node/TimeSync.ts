/**
 * The state of the host's clock on Node, as reported by chrony.
 *
 * @since 0.1.0
 */
import * as NodeChildProcessSpawner from "@effect/platform-node/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as PlatformError from "effect/PlatformError"
import * as ChildProcess from "effect/process/ChildProcess"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Stream from "effect/Stream"
import { type ClockReading, type ClockState, TimeSync, TimeSyncFailed } from "../Sensor/index.ts"

/**
 * The options of querying chrony.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The command that prints the line of `chronyc -c tracking`, which is the default. */
  readonly command?: readonly [program: string, ...arguments_: ReadonlyArray<string>] | undefined
  /** The timeout of the command: 5 seconds by default. */
  readonly timeout?: Duration.Input | undefined
}

const states: ReadonlyMap<string, ClockState> = new Map<string, ClockState>([
  ["Normal", "ok"],
  ["Insert second", "ins"],
  ["Delete second", "del"],
  ["Not synchronised", "error"]
])

/** The positions of the used fields in the line of `chronyc -c tracking`, which has 14 fields. */
const fields = { systemOffset: 4, rmsOffset: 6, rootDelay: 10, rootDispersion: 11, leapStatus: 13 }

/**
 * Parses a line of `chronyc -c tracking`. Returns `undefined` for another line. The largest error is the bound in
 * chrony's manual: system offset + root dispersion + half of the root delay. The estimated error is the root mean
 * square of the offsets. For a clock that is not synchronised, the errors are unknown.
 *
 * @category parsing
 * @since 0.1.0
 */
export const parseTracking = (line: string): ClockReading | undefined => {
  const parts = line.trim().split(",")
  const state = states.get(parts[fields.leapStatus] ?? "")
  if (parts.length !== 14 || state === undefined) return undefined
  if (state === "error") return { state, maxerror: undefined, esterror: undefined }
  const number = (place: number) => (parts[place] === "" ? Number.NaN : Number(parts[place]))
  const esterror = number(fields.rmsOffset)
  const maxerror =
    Math.abs(number(fields.systemOffset)) + number(fields.rootDispersion) + Math.abs(number(fields.rootDelay)) / 2
  return Number.isFinite(maxerror) && Number.isFinite(esterror) ? { state, maxerror, esterror } : undefined
}

/**
 * Queries chrony at each reading. Without its program there is no source for the state of the clock. If chrony does not
 * run, or does not answer, reading fails with `TimeSyncFailed`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWith = (options: Options): Layer.Layer<TimeSync> =>
  Layer.effect(
    TimeSync,
    Effect.map(ChildProcessSpawner.ChildProcessSpawner, (spawner) => TimeSync.of({ read: read(spawner, options) }))
  ).pipe(
    Layer.provide(NodeChildProcessSpawner.layer),
    Layer.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))
  )

/**
 * Queries `chronyc -c tracking`; see {@link layerWith}.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Interface, Sensor } from "katcp"
 * import { NodeTimeSync } from "katcp/Node"
 *
 * class Device extends Interface.make("device") {}
 *
 * export const DeviceLive = Device.toLayer(
 *   Effect.gen(function* () {
 *     yield* Sensor.TimeSync.addTo(yield* Device.sensorSet, "ntp.")
 *     return {}
 *   })
 * ).pipe(Layer.provide(NodeTimeSync.layer))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<TimeSync> = layerWith({})

const read = (
  spawner: ChildProcessSpawner.ChildProcessSpawner["Service"],
  { command: [program, ...arguments_] = ["chronyc", "-c", "tracking"], timeout = "5 seconds" }: Options
): Effect.Effect<ClockReading | undefined, TimeSyncFailed> => {
  const failed = (what: string) => new TimeSyncFailed({ message: `${program}: ${what}` })
  const run = Effect.gen(function* () {
    const process = yield* spawner.spawn(
      ChildProcess.make(program, arguments_, {
        env: { LC_ALL: "C" },
        extendEnv: true,
        stdin: "ignore",
        stderr: "ignore",
        forceKillAfter: "1 second"
      })
    )
    const output = yield* Stream.mkString(Stream.decodeText(process.stdout))
    const code = yield* process.exitCode
    const reading = code === 0 ? parseTracking(output) : undefined
    if (reading !== undefined) return reading
    const text = output.trim().slice(0, 200)
    return yield* failed(text === "" ? `exit code ${code}` : text)
  })
  return Effect.scoped(run).pipe(
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(failed("no answer in time")) }),
    Effect.catchTag("PlatformError", (error: PlatformError.PlatformError) =>
      error.reason._tag === "NotFound" ? Effect.undefined : Effect.fail(failed(error.reason._tag))
    )
  )
}
