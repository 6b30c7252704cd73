/**
 * Pushes the readings of one device until it is ended, and writes how it goes to its standard output, ten times a second, as a
 * line of JSON. Argument: its {@link ExporterOptions} as JSON. With `--expose-gc` the line has the heap after a collection.
 */
import { writeSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Schedule } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { influx, otlp, type PushHealth, push } from "../../../src/Export/index.ts"
import { lineFile } from "../../../src/Export/node/index.ts"
import { NodeClient } from "../../../src/Node/index.ts"
import { Site } from "../../../src/Site/index.ts"

/** The options. */
export interface ExporterOptions {
  /** The port of the device. */
  readonly port: number
  readonly form: "influx" | "otlp" | "file"
  /** A URL, or a file. */
  readonly to: string
  /** The size after which a new file is begun. */
  readonly size?: number | undefined
  readonly ringChanges?: number | undefined
}

/** How it goes. */
export interface ExporterHealth extends PushHealth {
  /** Bytes of the heap after the last collection; 0 if none was forced. */
  readonly heap: number
}

const { form, port, ringChanges, size, to } = JSON.parse(process.argv[2]!) as ExporterOptions

let heap = 0
let looks = 0
/** Collects every third second: each takes a tenth of one. */
const collect = () => {
  if (globalThis.gc === undefined || looks++ % 30 !== 0) return
  globalThis.gc()
  heap = process.memoryUsage().heapUsed
}

const program = Effect.gen(function* () {
  const site = yield* Site.make({
    devices: {
      m000: { socket: NodeClient.tcp({ host: "127.0.0.1", port }), client: { reconnect: Schedule.spaced(200) } }
    },
    limits: { ringChanges }
  })
  const sink =
    form === "file"
      ? lineFile({ file: to, size, keep: 1000 })
      : form === "influx"
        ? influx({ url: to })
        : otlp({ url: to, format: "json" })
  const health = yield* push(site, yield* sink, { every: "50 millis", timeout: "5 seconds" })
  const say = Effect.sync(() => {
    collect()
    try {
      writeSync(1, `${JSON.stringify({ ...health(), heap } satisfies ExporterHealth)}\n`)
    } catch {
      // a reader that is slow gets the next one
    }
  })
  return yield* Effect.forever(Effect.delay(say, "100 millis"))
})

program.pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer), NodeRuntime.runMain)
