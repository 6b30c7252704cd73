/** Many mirrors inside Effect, used with care: `effect-fleet.ts HOST PORT CLIENTS`. Does what programs/fleet.ts does. */
import * as Effect from "effect/Effect"
import { effectMirror } from "./effectMirror.ts"

const [host, port, count] = process.argv.slice(2)

const fleet = Effect.gen(function* () {
  const since = performance.now()
  const cpu = process.cpuUsage()
  const all = yield* Effect.replicateEffect(effectMirror(host!, Number(port), true), Number(count), {
    concurrency: "unbounded"
  })
  const { system, user } = process.cpuUsage(cpu)
  const nominal = all.map(
    ({ sensors }) => [...sensors.values()].filter(({ reading }) => reading?.status === "nominal").length
  )
  return {
    secs: (performance.now() - since) / 1000,
    cpu: (user + system) / 1e6,
    n: nominal.reduce((sum, n) => sum + n, 0)
  }
})

const program = Effect.gen(function* () {
  const first = yield* Effect.scoped(fleet)
  const second = yield* Effect.scoped(fleet)
  console.log(JSON.stringify({ scenario: "fleet", ...second, first: first.secs }))
})
await Effect.runPromise(program)
