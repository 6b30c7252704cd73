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
import { type ClockReading, TimeSync, TimeSyncFailed } from "../Sensor/index.ts"
import { parseTracking } from "./tracking.ts"

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

/** The state of the clock by the command that prints the line of `chronyc -c tracking`. */
export const chrony = (options: Options): Layer.Layer<TimeSync> =>
  Layer.effect(
    TimeSync,
    Effect.map(ChildProcessSpawner.ChildProcessSpawner, (spawner) => TimeSync.of({ read: read(spawner, options) }))
  ).pipe(
    Layer.provide(NodeChildProcessSpawner.layer),
    Layer.provide(Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))
  )

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
