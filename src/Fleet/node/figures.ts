/** CPU, memory and delays of this process. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { RunnerFigures } from "../model.ts"

/** Returns a function for the figures of this process since its last call, until the scope closes. */
export const processFigures: Effect.Effect<() => Pick<RunnerFigures, "cpu" | "memory" | "lag">, never, Scope.Scope> =
  Effect.gen(function* () {
    const delay = monitorEventLoopDelay({ resolution: 20 })
    delay.enable()
    yield* Effect.addFinalizer(() => Effect.sync(() => delay.disable()))
    let at = process.hrtime.bigint()
    let usage = process.cpuUsage()
    return () => {
      const now = process.hrtime.bigint()
      const used = process.cpuUsage(usage)
      const elapsed = Number(now - at) / 1000
      const lag = Math.max(0, delay.max / 1e6 - 20)
      delay.reset()
      at = now
      usage = process.cpuUsage()
      return {
        cpu: elapsed === 0 ? 0 : Math.round(((used.user + used.system) / elapsed) * 1000) / 1000,
        memory: process.memoryUsage.rss(),
        lag: Math.round(lag)
      }
    }
  })
