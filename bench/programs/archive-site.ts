/**
 * The site whose archive the bench measures: `node archive-site.ts PORTS SENSORS UPDATES FILE` (see README.md in
 * bench/), with the ports of its devices separated by commas. Without a file the site has no archive. Prints `ready`,
 * and after all updates the CPU time of the second half of them; then that of sealing the appended readings.
 */
import { Clock, Context, Effect, Layer } from "effect"
import * as Archive from "katcp/Archive"
import * as ArchiveNode from "katcp/Archive/node"
import { NodeClient } from "katcp/Node"
import { Selection, Site } from "katcp/Site"
import { put } from "../archive/Source.ts"

const [list = "", , updates = "0", file = ""] = process.argv.slice(2)
const ports = list.split(",").map(Number)
const wanted = Number(updates)
const cpuOf = (since: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(since)
  return (user + system) / 1e6
}

const program = Effect.gen(function* () {
  const devices = Object.fromEntries(ports.map((port, n) => [`m${n}`, NodeClient.tcp({ host: "127.0.0.1", port })]))
  const site = yield* Site.make({ devices, selection: Selection.make(["*/s*"]) })
  yield* site.synced
  let store: Archive.Store["Service"] | undefined
  let archive: Archive.Archive["Service"] | undefined
  if (file !== "") {
    store = Context.get(yield* Layer.build(ArchiveNode.layerSqlite(file, { quiet: true })), Archive.Store)
    const given = Layer.merge(Layer.succeed(Archive.Store, store), Layer.succeed(Site, site))
    archive = Context.get(yield* Layer.build(Layer.provide(Archive.layer(), given)), Archive.Archive)
    yield* Effect.repeat(archive.writer, { until: (health) => health!.written > 0 && health!.waiting === 0 })
  }
  const { stats } = site.table
  const from = stats.readings
  const seen = () => site.table.stats.readings - from
  const until = (count: number) => Effect.repeat(Effect.sleep(10), { until: () => seen() >= count })
  put({ scenario: "ready" })
  yield* until(wanted >> 1)
  const half = seen()
  const cpu = process.cpuUsage()
  yield* until(wanted)
  if (archive !== undefined) yield* Effect.repeat(archive.writer, { until: (health) => health!.waiting === 0 })
  const n = wanted - half
  put({ scenario: "updates", n, us: (cpuOf(cpu) / n) * 1e6 })
  if (store === undefined) return
  // with a later time: everything is sealed
  const sealing = process.cpuUsage()
  const now = (yield* Clock.currentTimeMillis) * 1000
  yield* store.tend(now + 86_400e6)
  yield* store.tend(now + 86_400e6 + 300e6)
  const { rows } = yield* store.state
  put({ scenario: "sealing", n: rows, us: (cpuOf(sealing) / rows) * 1e6 })
})

await Effect.runPromise(Effect.scoped(program))
