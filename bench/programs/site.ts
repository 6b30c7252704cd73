/**
 * The site that the bench measures: `node --expose-gc site.ts PORTS SENSORS UPDATES PHASES` (see README.md in bench/),
 * with the ports of its devices separated by commas. It mirrors all sensors of all devices into one table with one
 * reader, and prints a line of its memory, one when it is synced, and one for each phase of updates.
 */
import * as Effect from "effect/Effect"
import { NodeClient } from "katcp/Node"
import { Selection, Site } from "katcp/Site"

const [list = "", count = "0", updates = "0", phases = "0"] = process.argv.slice(2)
const ports = list.split(",").map(Number)
const sensors = Number(count) * ports.length
const clock = () => performance.now() / 1000
const cpuOf = (since: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(since)
  return (user + system) / 1e6
}
const put = (line: object) => console.log(JSON.stringify(line))

const site = Effect.gen(function* () {
  const devices = Object.fromEntries(ports.map((port, n) => [`m${n}`, NodeClient.tcp({ host: "127.0.0.1", port })]))
  const made = yield* Site.make({ devices, selection: Selection.make(["*/s*"]) })
  yield* made.synced
  return made
})

/** Measures the time from dialling until everything is there. */
const once = Effect.gen(function* () {
  const since = clock()
  const cpu = process.cpuUsage()
  const { table } = yield* site
  const line = { secs: clock() - since, cpu: cpuOf(cpu) }
  return { ...line, n: table.snapshot().changed.filter(({ status }) => status === "nominal").length }
})

/** Measures the first in this process, then the median of five others. */
const sync = Effect.gen(function* () {
  const runs = yield* Effect.replicateEffect(Effect.scoped(once), 6)
  const [first, ...others] = runs
  const median = others.sort((one, other) => one.secs - other.secs)[others.length >> 1]
  const complete = runs.every(({ n }) => n === sensors)
  put({ scenario: "first", ...first, complete })
  put({ scenario: "sync", ...median, complete })
})

const used = (): number => {
  for (let n = 0; n < 5; n++) globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

/** Measures the memory of a sensor, before anything else has grown the heap. */
const memory = Effect.gen(function* () {
  const before = used()
  const { table } = yield* site
  put({ scenario: "memory", bytes: (used() - before) / table.size })
})

/** Measures the CPU time of the second half of the updates of each phase: the first half warms up the compiler. */
const follow = Effect.gen(function* () {
  const { table } = yield* site
  const wanted = Number(updates)
  const reader = table.reader()
  reader.take()
  for (let phase = 0; phase < Number(phases); phase++) {
    const from = table.stats.readings
    let since: number | undefined
    let cpu = process.cpuUsage()
    let half = 0
    put({ scenario: "ready" })
    for (let seen = 0; seen < wanted; seen = table.stats.readings - from) {
      yield* reader.changed
      reader.take()
      if (since !== undefined || table.stats.readings - from < wanted >> 1) continue
      half = table.stats.readings - from
      since = clock()
      cpu = process.cpuUsage()
    }
    const n = wanted - half
    put({ scenario: "updates", n, secs: clock() - since!, cpu: cpuOf(cpu), us: (cpuOf(cpu) / n) * 1e6 })
  }
})

await Effect.runPromise(Effect.andThen(Effect.scoped(memory), Effect.andThen(sync, Effect.scoped(follow))))
