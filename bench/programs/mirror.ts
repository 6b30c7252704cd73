/**
 * The mirror that the bench measures: `node mirror.ts HOST PORT SENSORS UPDATES PHASES` (see README.md in bench/). It
 * mirrors all sensors of a server, counts their readings, and prints a line when it is synced and one for each phase of
 * updates.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"

const [host = "127.0.0.1", port = "0", count = "0", updates = "0", phases = "0"] = process.argv.slice(2)
const sensors = Number(count)
const clock = () => performance.now() / 1000
const cpuOf = (since: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(since)
  return (user + system) / 1e6
}
const put = (line: object) => console.log(JSON.stringify(line))

const mirror = Effect.gen(function* () {
  const client = yield* Client.make()
  const set = yield* client.mirror("s*")
  yield* client.synced
  return set
})

/** Measures the time from dialling until everything is there. */
const once = Effect.gen(function* () {
  const since = clock()
  const cpu = process.cpuUsage()
  const set = yield* mirror
  const line = { secs: clock() - since, cpu: cpuOf(cpu) }
  return { ...line, n: set.values.filter(({ status }) => status === "nominal").length }
})

/** Measures the first in this process, then the median of eleven others. */
const sync = Effect.gen(function* () {
  const runs = yield* Effect.replicateEffect(Effect.scoped(once), 12)
  const [first, ...others] = runs
  const median = others.sort((one, other) => one.secs - other.secs)[others.length >> 1]
  const complete = runs.every(({ n }) => n === sensors)
  put({ scenario: "first", ...first, complete })
  put({ scenario: "sync", ...median, complete })
})

/** Measures the CPU time of the second half of the updates of each phase: the first half warms up the compiler. */
const follow = Effect.gen(function* () {
  const set = yield* mirror
  const wanted = Number(updates)
  let done = Deferred.makeUnsafe<void>()
  let seen = 0
  let since = 0
  let cpu = process.cpuUsage()
  const counter = {
    update: () => {
      seen++
      if (seen === wanted >> 1) {
        since = clock()
        cpu = process.cpuUsage()
      } else if (seen === wanted) {
        const n = wanted - (wanted >> 1)
        put({ scenario: "updates", n, secs: clock() - since, cpu: cpuOf(cpu), us: (cpuOf(cpu) / n) * 1e6 })
        Deferred.doneUnsafe(done, Exit.void)
      }
    }
  }
  for (const sensor of set.values) sensor.attach(counter)
  for (let phase = 0; phase < Number(phases); phase++) {
    seen = 0
    done = Deferred.makeUnsafe()
    put({ scenario: "ready" })
    yield* Deferred.await(done)
  }
})

const program = Effect.andThen(sync, Effect.scoped(follow))
await Effect.runPromise(program.pipe(Effect.provide(NodeClient.tcp({ host, port: Number(port) }))))
