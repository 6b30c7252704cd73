/**
 * Archives one device until it is ended, and writes how it goes to its standard output, ten times a second, as a line of
 * JSON. Argument: its {@link ArchiverOptions} as JSON.
 */
import { writeSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import { Archive, layer } from "../../../src/Archive/index.ts"
import { layerSpill, layerStore } from "../../../src/Archive/node/index.ts"
import { NodeClient } from "../../../src/Node/index.ts"
import { Site } from "../../../src/Site/index.ts"

/** The options. */
export interface ArchiverOptions {
  /** The port of the device. */
  readonly port: number
  readonly store: string
  readonly buffer: number
  /** The folder of the spill, and its limit; optional. */
  readonly spill?: { readonly folder: string; readonly bytes: number } | undefined
  /** Waits take only this part of their time, so limits of half a minute can be tried in seconds. Default 1. */
  readonly haste?: number | undefined
}

const { buffer, haste = 1, port, spill, store } = JSON.parse(process.argv[2]!) as ArchiverOptions
const site = Site.layer({
  devices: {
    m000: { socket: NodeClient.tcp({ host: "127.0.0.1", port }), client: { reconnect: Schedule.spaced(200) } }
  }
})
const program = Effect.gen(function* () {
  const { writer } = yield* Archive
  const say = Effect.map(writer, (health) => {
    try {
      writeSync(1, `${JSON.stringify(health)}\n`)
    } catch {
      // a reader that is slow gets the next one
    }
  })
  return yield* Effect.forever(Effect.delay(say, "100 millis"))
})

/** The clock whose waits are shorter. */
const hasty = (clock: Clock.Clock): Clock.Clock => ({
  currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
  currentTimeMillis: clock.currentTimeMillis,
  currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
  currentTimeNanos: clock.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => clock.sleep(Duration.millis(Duration.toMillis(duration) * haste))
})

program.pipe(
  Effect.provide(
    layer({ buffer, every: "50 millis" }).pipe(
      Layer.provide(site),
      Layer.provide(layerStore(store, { quiet: true, waits: spill !== undefined })),
      Layer.provide(spill === undefined ? Layer.empty : layerSpill(spill.folder, spill))
    )
  ),
  (archiving) => Clock.clockWith((clock) => Effect.provideService(archiving, Clock.Clock, hasty(clock))),
  NodeRuntime.runMain
)
