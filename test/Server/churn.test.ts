import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { Arg, Interface, Sensor } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start, turns } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Sensor.make("volt", { doc: "Volts", type: Arg.Float, initial: 0 }),
  Sensor.make("ampere", { doc: "Amperes", type: Arg.Float, initial: 0 })
) {}

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Bytes of the heap in use, when what is not needed is gone. */
const heap = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

/** By how much each step is more than the one before, by least squares. */
const slope = (values: ReadonlyArray<number>): number => {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let above = 0
  let below = 0
  for (const [at, value] of values.entries()) {
    above += (at - middle) * (value - mean)
    below += (at - middle) ** 2
  }
  return above / below
}

describe("16,000 clients that connect, sample and disconnect", () => {
  it.effect(
    "leave no growth of the heap, no fiber and no timer",
    Effect.fnUntraced(function* () {
      const fibers = { alive: 0 }
      const counted = Layer.succeed(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => {
          fibers.alive++
        },
        recordFiberEnd: () => {
          fibers.alive--
        }
      })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const device = serve(Lab).pipe(Layer.provide(Lab.toLayer({})), Layer.provide(counted))
          const { connect, server } = yield* start(device, { limit: 100_000 })
          const resting = fibers.alive
          const connectOnce = (way: number) =>
            Effect.scoped(
              Effect.gen(function* () {
                const client = yield* connect
                yield* say(client, "?sensor-sampling[1] volt,ampere period 3600", "?sensor-sampling[2] volt event")
                yield* client.settle
                yield* way % 2 === 0 ? client.close : client.reset
              })
            )
          const heaps: Array<number> = []
          for (let round = 0; round < 16; round++) {
            yield* Effect.forEach(
              Array.from({ length: 1000 }, (_, way) => way),
              connectOnce,
              { concurrency: 50, discard: true }
            )
            yield* turns
            assert.strictEqual(server.clients.size, 0)
            assert.strictEqual((yield* server.stats).sampled, 0)
            assert.strictEqual(fibers.alive, resting)
            heaps.push(heap())
          }
          // the first rounds fill caches and compile code; a byte for each of the clients would be 1000 here
          assert.isBelow(slope(heaps.slice(8)), 20_000, heaps.join(" "))
        })
      )
      yield* turns
      assert.strictEqual(fibers.alive, 0)
    }),
    600_000
  )
})
