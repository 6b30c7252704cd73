/** The rehearsal of a server: a scripted client of a device that nobody else has. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { perform } from "../../src/Server/rehearsal/rehearse.ts"
import { keptLog, start, turns } from "./harness.ts"
import { lab } from "./samplingLab.ts"

describe("the rehearsal", () => {
  it.live(
    "has each of its requests answered, and each sensor reported",
    Effect.fnUntraced(function* () {
      const written = Buffer.concat(yield* perform).toString()
      const lines = written.split("\n")
      const replies = lines.filter((line) => line.startsWith("!"))
      assert.deepStrictEqual(
        replies.map((line) => line.split(" ").slice(0, 2).join(" ")),
        [
          "!watchdog[1] ok",
          "!help[2] ok",
          "!sensor-list[3] ok",
          "!sensor-value[4] ok",
          "!sensor-sampling[5] ok",
          "!set[6] ok",
          "!set[7] ok",
          "!sensor-sampling[8] ok"
        ]
      )
      // ten when they are set up, and two new values
      assert.strictEqual(lines.filter((line) => line.startsWith("#sensor-status")).length, 12)
    })
  )

  it.effect(
    "leaves no trace in the server of the program",
    Effect.fnUntraced(function* () {
      const log = keptLog()
      const registry: Metric.MetricRegistry = new Map()
      const layer = lab()
        .layer({ rehearsal: true })
        .pipe(
          Layer.provide(log.layer),
          Layer.provide(Layer.succeed(Metric.MetricRegistry, registry)),
          Layer.tap(() => turns)
        )
      const { server } = yield* start(layer)
      yield* turns
      const { informs, requests } = yield* server.stats
      assert.strictEqual(server.clients.size, 0)
      assert.strictEqual(informs, 0)
      assert.isTrue([...requests.values()].every((count) => count === 0))
      assert.deepStrictEqual(log.records, [])
      for (const { state } of yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry))
        if ("count" in state) assert.strictEqual(Number(state.count), 0)
    })
  )
})
