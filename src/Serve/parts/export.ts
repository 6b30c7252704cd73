import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layerSection as layerExport } from "../../Export/node/index.ts"
import { type Health, type Http, Site } from "../../Site/index.ts"
import { CurrentRunner, type Part } from "../Part.ts"
import type { SiteFile } from "../sections.ts"

/** The interval at which a runner checks that its task is still its own. Not measured: that of its heartbeats. */
const holdsEvery = "2 seconds"

/**
 * Exports sensors. In a fleet each runner serves its own devices to Prometheus and writes them to its own files.
 * Pushing over the network is the task of one runner at a time, for the devices of all.
 */
export const exportPart: Part = {
  key: "export",
  site: "own",
  places: ({ data }) => {
    const { influx, ndjson, otlp } = data.export!
    const isTask = data.fleet !== undefined && (influx !== undefined || otlp !== undefined)
    return [...(ndjson === undefined ? [] : [`file ${path.resolve(ndjson.file)}`]), ...(isTask ? ["task export"] : [])]
  },
  open: ({ data }) => Effect.as(Layer.build(layerOf(data.export!)), {})
}

const layerOf = (section: NonNullable<SiteFile["export"]>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { runner, view } = yield* CurrentRunner
      const { influx, ndjson, otlp, prometheus } = section
      if (runner === undefined || view === undefined) return layerExport(section)
      if (influx === undefined && otlp === undefined) return layerExport({ prometheus, ndjson })
      const context = yield* Effect.context<Http | Health>()
      const pushed = layerExport({ influx, otlp }).pipe(
        Layer.provide(Layer.succeed(Site, view)),
        Layer.provide(Layer.succeedContext(context))
      )
      const task = runner.offer({
        name: "export",
        run: ({ epoch, holds }) =>
          Effect.gen(function* () {
            yield* Layer.build(pushed)
            // a runner that was frozen stops as soon as it notices that another one pushes
            while (yield* Effect.orElseSucceed(holds, () => true)) yield* Effect.sleep(holdsEvery)
            yield* Effect.logWarning(`fleet: another runner exports by now; the epoch of this one is ${epoch}`)
          }).pipe(
            Effect.scoped,
            Effect.catchCause((cause) => Effect.logError("fleet: export ended", cause))
          )
      })
      return Layer.merge(layerExport({ prometheus, ndjson }), Layer.effectDiscard(task))
    })
  )
