/** The second table: servers with many connections and many sensors. */
import { columns } from "./contenders.ts"
import { type Contender, figure, type Line, type Server } from "./programs.ts"
import { fresh } from "./servers.ts"
import { heading, type TableRow, table } from "./table.ts"

const connections = [1, 10, 100, 1000]
const sensors = [10, 1000, 10_000, 100_000]

const labels: ReadonlyArray<readonly [string, string, 1 | -1]> = [
  ...connections.map((c) => [`pipe ${c}`, `pipeline, ${c} connections [req/s]`, 1] as const),
  ...connections.map((c) => [`fan ${c}`, `fanout, ${c} subscribers [inf/s]`, 1] as const),
  ["conn", "memory per idle connection of 1000 [bytes]", -1],
  ["idle", "CPU share with 1000 idle connections", -1],
  ...sensors.map((n) => [`list ${n}`, `sensor-list of ${n} [inf/s]`, 1] as const),
  ...sensors.map((n) => [`bulk ${n}`, `bulk sampling of ${n}, all informs [ms]`, -1] as const),
  ...sensors.map((n) => [`first ${n}`, `bulk sampling of ${n}, first inform [ms]`, -1] as const),
  ...sensors.map((n) => [`others ${n}`, `  the longest that another waits meanwhile [ms]`, -1] as const),
  ...sensors.map((n) => [`pipeline ${n}`, `pipeline with ${n} sensors [req/s]`, 1] as const),
  ...sensors.map((n) => [`start ${n}`, `start with ${n} sensors [s]`, -1] as const),
  ...sensors.map((n) => [`rss ${n}`, `RSS with ${n} sensors [MB]`, -1] as const),
  ["sensor", "memory per sensor [bytes]", -1]
]

type Put = (key: string, value: number) => void
const put = (to: Put, line: Line, ...keys: ReadonlyArray<readonly [string, string]>): void => {
  if (line.error === undefined) for (const [key, field] of keys) to(key, figure(line, field))
}

const manyConnections = async (server: Server, basic: boolean, to: Put): Promise<void> => {
  await server.load("pipeline secs=0.4 w=32")
  for (const c of connections) {
    const line = await server.load(`pipeline secs=0.5 c=${c} w=${Math.max(2, Math.floor(256 / c))}`, { limit: 60 })
    put(to, line, [`pipe ${c}`, "rate"])
  }
  if (basic || (await server.load("fanout secs=0.3 c=10")).unsupported === true) return
  for (const c of connections) {
    const line = await server.load(`fanout secs=0.5 c=${c} w=${c < 1000 ? 32 : 4}`, { limit: 60 })
    put(to, line, [`fan ${c}`, "rate"])
  }
}
const idleConnections = async (server: Server, to: Put): Promise<void> => {
  await server.load("pipeline secs=0.3 w=32")
  const line = await server.load("idle n=1000 wait=0.4", { limit: 60 })
  put(to, line, ["conn", "bytes_per_conn"], ["idle", "idle_cpu_share"])
}
const manySensors = async (server: Server, n: number, to: Put): Promise<void> => {
  to(`rss ${n}`, server.resident / 1e6)
  to(`start ${n}`, server.startup)
  await server.load("pipeline secs=0.2 w=32")
  put(to, await server.load("list secs=0.5", { limit: 60 }), [`list ${n}`, "rate"])
  put(to, await server.load("pipeline secs=0.3 w=64"), [`pipeline ${n}`, "rate"])
  const line = await server.load(`bulk n=${n} r=${n > 10_000 ? 1 : 3}`, { limit: 90 })
  put(to, line, [`bulk ${n}`, "all_ms"], [`first ${n}`, "first_ms"], [`others ${n}`, "others_ms"])
}

/** Measures everything in interleaved rounds. Returns the table and its data. */
export const scale = async (
  servers: ReadonlyArray<Contender>,
  rounds: number,
  say: (text: string) => void
): Promise<{ readonly text: string; readonly data: Record<string, Record<string, Array<number>>> }> => {
  const data: Record<string, Record<string, Array<number>>> = {}
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < servers.length; i++) {
      const contender = servers[(i + round) % servers.length]!
      data[contender.name] ??= {}
      const mine = data[contender.name]!
      const to: Put = (key, value) => {
        mine[key] ??= []
        mine[key].push(value)
      }
      const basic = contender.basic === true
      const from = performance.now()
      await fresh(contender, 10, (server) => manyConnections(server, basic, to))
      await fresh(contender, 10, (server) => idleConnections(server, to))
      for (const n of basic ? [] : sensors) await fresh(contender, n, (server) => manySensors(server, n, to))
      const smallest = mine[`rss ${sensors[0]}`]?.[round]
      const largest = mine[`rss ${sensors[sensors.length - 1]}`]?.[round]
      if (smallest !== undefined && largest !== undefined)
        to("sensor", ((largest - smallest) * 1e6) / (sensors[sensors.length - 1]! - sensors[0]!))
      say(`scale ${round + 1} ${contender.name}: ${((performance.now() - from) / 1000).toFixed(1)} s`)
    }
  }
  const rows: Array<TableRow> = labels.map(([key, label, better]) => ({
    label,
    better,
    values: (column) => data[column]?.[key] ?? []
  }))
  const subject = data.project === undefined ? "net-floor" : "project"
  const text = table([heading("Scaling"), ...rows], columns, subject, ["aiokatcp", "katcp-py", "net-floor"])
  return { text, data }
}
