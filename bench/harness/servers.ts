/** The measurements of a server, and the table rows from them. */
import { type Contender, figure, type Line, Server } from "./programs.ts"

/** Better: more is better (1), less is better (-1), neither (0). */
interface Row {
  readonly key: string
  readonly label: string
  readonly unit: string
  readonly better: 1 | -1 | 0
}
export const serverRows: ReadonlyArray<Row> = [
  { key: "lat", label: "one at a time, 1 conn, p50", unit: "us", better: -1 },
  { key: "lat99", label: "one at a time, 1 conn, p99", unit: "us", better: -1 },
  { key: "latbg", label: "one at a time beside a pipeline of 64, p50", unit: "us", better: -1 },
  { key: "o10", label: "one at a time, 10 conns", unit: "req/s", better: 1 },
  { key: "o100", label: "one at a time, 100 conns", unit: "req/s", better: 1 },
  { key: "o1000", label: "one at a time, 1000 conns", unit: "req/s", better: 1 },
  { key: "p1", label: "pipeline 1 conn x 256", unit: "req/s", better: 1 },
  { key: "p10", label: "pipeline 10 conns x 16", unit: "req/s", better: 1 },
  { key: "p100", label: "pipeline 100 conns x 4", unit: "req/s", better: 1 },
  { key: "p1000", label: "pipeline 1000 conns x 2", unit: "req/s", better: 1 },
  { key: "connect", label: "connections opened and served, warm", unit: "conn/s", better: 1 },
  { key: "idle", label: "memory per idle connection", unit: "bytes", better: -1 },
  { key: "idlemore", label: "  the same, of 2000 opened after these", unit: "bytes", better: -1 },
  { key: "f10", label: "fanout 10 subscribers", unit: "inf/s", better: 1 },
  { key: "f100", label: "fanout 100 subscribers", unit: "inf/s", better: 1 },
  { key: "f1000", label: "fanout 1000 subscribers", unit: "inf/s", better: 1 },
  { key: "list", label: "sensor-list of N", unit: "inf/s", better: 1 },
  { key: "value", label: "sensor-value of N", unit: "inf/s", better: 1 },
  { key: "bulk", label: "bulk sampling of N, all informs, the first three", unit: "ms", better: -1 },
  { key: "bulkwarm", label: "bulk sampling of N, warm", unit: "ms", better: -1 },
  { key: "bulkothers", label: "meanwhile, the longest that another waits", unit: "ms", better: -1 },
  { key: "period", label: "N sensors by period 0.1 s, late p99", unit: "us", better: -1 },
  { key: "paced", label: "1000 updates/s to 100 clients, late p99", unit: "us", better: -1 },
  { key: "deaf", label: "89 others beside one that never reads, p50", unit: "us", better: -1 },
  { key: "deaf99", label: "89 others beside one that never reads, p99", unit: "us", better: -1 },
  { key: "deafratio", label: "  p50 to that without it", unit: "", better: -1 },
  { key: "slow", label: "updates beside a stuck client", unit: "upd/s", better: 1 },
  { key: "slowmem", label: "RSS growth for the stuck client (49 MB offered)", unit: "MB", better: -1 },
  { key: "slowgone", label: "stuck client disconnected (1 = yes)", unit: "", better: 0 },
  { key: "rss", label: "RSS after start, N sensors", unit: "MB", better: -1 },
  { key: "startup", label: "start to first answer", unit: "s", better: -1 }
]
/** CPU time of the server per unit of work, from the same runs: `work` counts the units. */
export const cpuRows: ReadonlyArray<{ readonly key: string; readonly label: string; readonly work: "n" | "informs" }> =
  [
    { key: "lat", label: "one request alone", work: "n" },
    { key: "o100", label: "request, one at a time on 100 conns", work: "n" },
    { key: "o1000", label: "request, one at a time on 1000 conns", work: "n" },
    { key: "p1", label: "request, pipeline 1 x 256", work: "n" },
    { key: "p10", label: "request, pipeline 10 x 16", work: "n" },
    { key: "p100", label: "request, pipeline 100 x 4", work: "n" },
    { key: "p1000", label: "request, pipeline 1000 x 2", work: "n" },
    { key: "connect", label: "connection", work: "n" },
    { key: "f10", label: "inform, fanout 10", work: "informs" },
    { key: "f100", label: "inform, fanout 100", work: "informs" },
    { key: "f1000", label: "inform, fanout 1000", work: "informs" },
    { key: "list", label: "inform, sensor-list", work: "informs" },
    { key: "value", label: "inform, sensor-value", work: "informs" },
    { key: "period", label: "inform, period", work: "informs" },
    { key: "paced", label: "inform, 1000 updates/s to 100 clients", work: "informs" }
  ]

/** A measured figure, with the output of the load generator. */
export interface Sample {
  readonly value: number
  readonly line?: Line
}
type Samples = Map<string, Sample>

/** Microseconds of the server's CPU per unit of work. */
export const cpuMicros = (sample: Sample, work: "n" | "informs"): number | undefined => {
  const { line } = sample
  if (line === undefined || !(figure(line, "server_cpu") > 0)) return undefined
  const units =
    work === "n" ? figure(line, "n") : figure(line, "informs") || figure(line, "n") * figure(line, "per_list")
  return units > 0 ? (figure(line, "server_cpu") / units) * 1e6 : undefined
}

/** Runs all scenarios that share a server. Returns `true` if it samples sensors. */
const running = async (server: Server, sensors: number, basic: boolean, out: Samples): Promise<boolean> => {
  const run = async (key: string, field: string, words: string, options?: Parameters<Server["load"]>[1]) => {
    const line = await server.load(words, options)
    if (line.error === undefined) out.set(key, { value: figure(line, field), line })
    return line
  }
  out.set("rss", { value: server.resident / 1e6 })
  out.set("startup", { value: server.startup })
  await server.load("pipeline secs=0.4 w=32")
  await server.load("pipeline secs=0.2 c=10 w=16")
  const alone = await run("lat", "p50", "latency secs=0.4", { sameCpu: true })
  if (alone.error === undefined) out.set("lat99", { value: figure(alone, "p99") })
  await run("latbg", "p50", "latency secs=0.3 bg=64", { sameCpu: true })
  await run("p1", "rate", "pipeline secs=0.4 w=256")
  await run("p10", "rate", "pipeline secs=0.4 c=10 w=16")
  await run("p100", "rate", "pipeline secs=0.4 c=100 w=4")
  await run("o10", "rate", "pipeline secs=0.3 c=10 w=1")
  await run("o100", "rate", "pipeline secs=0.3 c=100 w=1")
  await server.load("connect n=2500 p=8") // connecting is cold code: give a JIT its time
  await run("connect", "rate", "connect n=800 p=8")
  await run("p1000", "rate", "pipeline secs=0.5 c=1000 w=2", { limit: 60 })
  await run("o1000", "rate", "pipeline secs=0.5 c=1000 w=1", { limit: 60 })
  if (basic) return false
  // each has separate code: the JIT gets time, as for connecting
  await server.load("list secs=1")
  await run("list", "rate", "list secs=0.5")
  await server.load("list secs=1 req=sensor-value")
  await run("value", "rate", "list secs=0.5 req=sensor-value")
  const warm = await server.load("fanout secs=0.2 c=10")
  if (warm.unsupported === true) return false
  await run("f10", "rate", "fanout secs=0.4 c=10")
  await run("f100", "rate", "fanout secs=0.5 c=100")
  await run("f1000", "rate", "fanout secs=0.5 c=1000 w=4", { limit: 60 })
  const bulk = await run("bulk", "all_ms", `bulk n=${sensors} r=3`)
  if (bulk.error === undefined) out.set("bulkothers", { value: figure(bulk, "others_ms") })
  await server.load(`bulk n=${sensors} r=15`)
  await run("bulkwarm", "all_ms", `bulk n=${sensors} r=5`)
  await run("period", "late_p99", `period k=${sensors} period=0.1 secs=1`)
  await run("paced", "late_p99", `paced k=${sensors} rate=1000 secs=1`)
  return true
}
/**
 * Measures the memory per connection, on a server warmed up only as far as needed. The memory of more connections is
 * free of what a process needs once. aiokatcp is not asked for them: it informs all clients of each new one.
 */
const idle = async (server: Server, out: Samples): Promise<void> => {
  await server.load("pipeline secs=0.2 w=32")
  const more = server.name === "aiokatcp" ? 0 : 2000
  const line = await server.load(`idle n=1000 more=${more} wait=0.15`, { limit: 60 })
  if (line.error !== undefined) return
  out.set("idle", { value: figure(line, "bytes_per_conn"), line })
  if (more > 0) out.set("idlemore", { value: figure(line, "bytes_per_later_conn") })
}
/** Measures the effect of a client that never reads on others: with and without it, one after another on one server. */
const deaf = async (server: Server, out: Samples): Promise<void> => {
  await server.load("deaf s=0 secs=0.5")
  const alone = await server.load("deaf s=0")
  const beside = await server.load("deaf s=1")
  if (alone.error !== undefined || beside.error !== undefined) return
  out.set("deaf", { value: figure(beside, "late_p50"), line: beside })
  out.set("deaf99", { value: figure(beside, "late_p99") })
  out.set("deafratio", { value: figure(beside, "late_p50") / figure(alone, "late_p50") })
}
const stuck = async (server: Server, out: Samples): Promise<void> => {
  await server.load("slow s=0 u=800 size=8192")
  const line = await server.load("slow u=6000 size=8192", { limit: 60 })
  if (line.error !== undefined) return
  out.set("slow", { value: figure(line, "updates_s"), line })
  out.set("slowmem", { value: figure(line, "rss_growth_mb") })
  out.set("slowgone", { value: figure(line, "stuck_gone") })
}

/** Runs `use` against a fresh server. Returns `undefined` if it does not start. */
export const fresh = async <A>(
  contender: Contender,
  sensors: number,
  use: (server: Server) => Promise<A>
): Promise<A | undefined> => {
  const server = await Server.start(contender, sensors)
  if (server === undefined) return undefined
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}
/** Measures a server: started afresh, and once more for each row of memory. */
export const measure = async (contender: Contender, sensors: number): Promise<Samples> => {
  const out: Samples = new Map()
  const samples = await fresh(contender, sensors, (server) => running(server, sensors, contender.basic === true, out))
  if (samples === undefined) return out
  await fresh(contender, sensors, (server) => idle(server, out))
  if (samples) await fresh(contender, sensors, (server) => deaf(server, out))
  if (samples) await fresh(contender, sensors, (server) => stuck(server, out))
  return out
}
