/**
 * Many clients at once, for the bench: `node fleet.ts HOST PORT CLIENTS` (see README.md in bench/). Each is a resource
 * that connects, inspects the device and subscribes to all its sensors; prints a line when all are synced.
 */
import * as Effect from "effect/Effect"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"

const [host = "127.0.0.1", port = "0", count = "0"] = process.argv.slice(2)

const one = Effect.gen(function* () {
  const client = yield* Client.make({ inspect: true })
  const set = yield* client.mirror("s*", { _tag: "Auto" })
  yield* client.synced
  return set.values.filter(({ status }) => status === "nominal").length
}).pipe(Effect.provide(NodeClient.tcp({ host, port: Number(port) })))

const fleet = Effect.gen(function* () {
  const since = performance.now()
  const cpu = process.cpuUsage()
  const mirrored = yield* Effect.replicateEffect(one, Number(count), { concurrency: "unbounded" })
  const { system, user } = process.cpuUsage(cpu)
  return {
    secs: (performance.now() - since) / 1000,
    cpu: (user + system) / 1e6,
    n: mirrored.reduce((sum, n) => sum + n, 0)
  }
})

const program = Effect.gen(function* () {
  const first = yield* Effect.scoped(fleet)
  const second = yield* Effect.scoped(fleet)
  console.log(JSON.stringify({ scenario: "fleet", ...second, first: first.secs }))
})
await Effect.runPromise(program)
