/** The state after a thousand cuts. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { pass } from "../Client/sensors/site.ts"
import { onNetwork } from "../Site/network.ts"
import { sampling, twoFakes } from "./fakes.ts"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const finalizers = (scope: Scope.Scope): number => {
  const { state } = scope
  return state._tag === "Open" ? (state.finalizers?.size ?? 0) : 0
}

describe("a proxy whose device is cut off a thousand times", () => {
  it.effect(
    "has as many fibers, finalizers, sensors and bytes of heap as before",
    () =>
      Effect.gen(function* () {
        const fibers = { alive: 0 }
        const metrics = {
          recordFiberStart: () => void fibers.alive++,
          recordFiberEnd: () => void fibers.alive--
        }
        const scope = yield* Scope.make()
        const { fakes, site } = yield* twoFakes.pipe(
          Effect.provideService(Metric.FiberRuntimeMetrics, metrics),
          // the console of the tests keeps what is logged
          Effect.provideService(References.MinimumLogLevel, "None"),
          Scope.provide(scope)
        )
        const lose = Effect.fnUntraced(function* (times: number) {
          // the connection of a test keeps what came, so it goes before the heap is looked at
          const raw = yield* sampling
          for (let time = 0; time < times; time++) {
            const { connections } = fakes[0]
            yield* fakes[0].connection!.reset
            while (fakes[0].connections === connections || !site.isSynced) yield* pass("500 millis")
            yield* raw.settle
          }
          yield* raw.close
        }, Effect.scoped)
        const cut = Effect.fnUntraced(function* (times: number) {
          yield* lose(times)
          yield* pass("1 second")
          fakes[0].asked.length = 0
          collect()
          collect()
          const { size } = site.table
          return { heap: process.memoryUsage().heapUsed, fibers: fibers.alive, finalizers: finalizers(scope), size }
        })
        // the first ones compile the code, which lies in the heap too
        const before = yield* cut(300)
        const after = yield* cut(1000)
        assert.deepStrictEqual({ ...after, heap: 0 }, { ...before, heap: 0 })
        // one connection that is kept takes some 10 KB
        assert.isBelow(after.heap - before.heap, 1_000_000)
        yield* Scope.close(scope, Exit.void)
        yield* pass("1 hour")
        assert.strictEqual(fibers.alive, 0)
      }).pipe(Effect.scoped, onNetwork),
    120_000
  )
})
