/**
 * How cost grows: `node bench/growth.ts [--rounds N]`, after `npm run build`. Measures this library, aiokatcp and node:net with 1 to
 * 5,000 connections, 100 to 100,000 sensors, and 1 to 1,000 subscribers of a sensor, and draws docs/images/growth-*.svg for
 * docs/performance.md. A point is the median of the rounds. Takes about four minutes a round.
 */
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { type Chart, chart } from "./harness/chart.ts"
import { contenders } from "./harness/contenders.ts"
import { facts, loadCpu, move } from "./harness/machine.ts"
import { build, obstacle, peers, say } from "./harness/prepare.ts"
import { type Contender, failures, figure, type Server } from "./harness/programs.ts"
import { fresh } from "./harness/servers.ts"
import { median } from "./harness/table.ts"

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "1" } } })
const why = obstacle()
if (why !== undefined) {
  say(why)
  process.exit(1)
}
build()
const { servers } = contenders(await peers(), new Set(["project", "aiokatcp", "net-floor"]), false)
move(process.pid, loadCpu)

const connections = [1, 10, 100, 1000, 5000]
const sensors = [100, 1000, 10_000, 100_000]
const subscribers = [1, 10, 100, 1000]

/** The figures of all rounds: by chart and contender, then by place on the axis. */
const seen = new Map<string, Map<number, Array<number>>>()
const keyOf = (chartName: string, contender: string): string => `${chartName} ${contender}`
const note = (chartName: string, contender: string, at: number, value: number): void => {
  if (!(value > 0)) return
  const key = keyOf(chartName, contender)
  const points = seen.get(key) ?? new Map<number, Array<number>>()
  seen.set(key, points)
  points.set(at, [...(points.get(at) ?? []), value])
}

/** Microseconds of the server's CPU for each unit. */
const cost = async (server: Server, words: string, unit: "n" | "informs"): Promise<number> => {
  const line = await server.load(words, { limit: 60 })
  const units = figure(line, unit) || figure(line, "n") * figure(line, "per_list")
  return line.error === undefined && units > 0 ? (figure(line, "server_cpu") / units) * 1e6 : Number.NaN
}

const measure = async (contender: Contender): Promise<void> => {
  const { name } = contender
  await fresh(contender, 10, async (server) => {
    await server.load("pipeline secs=0.5 w=32")
    for (const c of connections) {
      // aiokatcp tells every client of every new one: with 5,000 it does nothing else for minutes
      if (name === "aiokatcp" && c > 1000) continue
      note("connections", name, c, await cost(server, `pipeline secs=1 c=${c} w=1`, "n"))
    }
  })
  for (const n of sensors)
    await fresh(contender, n, async (server) => {
      note("memory", name, n, server.resident / 1e6)
      await server.load("list secs=1", { limit: 60 })
      note("sensors", name, n, await cost(server, "list secs=1 req=sensor-value", "informs"))
    })
  await fresh(contender, 10, async (server) => {
    if ((await server.load("fanout secs=0.5 c=10")).unsupported === true) return
    for (const c of subscribers)
      note("subscribers", name, c, await cost(server, `fanout secs=1 c=${c} w=32`, "informs"))
  })
}

for (let round = 0; round < Number(options.rounds); round++)
  for (const contender of servers) {
    await measure(contender)
    say(`round ${round + 1}: ${contender.name}`)
  }

const cpu = "CPU time of the server [µs]"
const charts: ReadonlyArray<Omit<Chart, "series"> & { readonly name: string }> = [
  {
    name: "connections",
    title: "CPU time of a request, by connections",
    x: "connections, one request in flight on each",
    y: `a request: ${cpu}`
  },
  {
    name: "sensors",
    title: "CPU time of an inform of ?sensor-value, by sensors",
    x: "sensors",
    y: `an inform of ?sensor-value: ${cpu}`
  },
  {
    name: "memory",
    title: "Resident memory after the start, by sensors",
    x: "sensors",
    y: "resident memory after the start [MB]"
  },
  {
    name: "subscribers",
    title: "CPU time of an update for each subscriber, by subscribers",
    x: "subscribers of one sensor",
    y: `an update, for each subscriber: ${cpu}`
  }
]
for (const { name, ...rest } of charts) {
  const series = servers.flatMap((contender) => {
    const points = [...(seen.get(keyOf(name, contender.name)) ?? [])]
    return points.length === 0
      ? []
      : [{ name: contender.name, points: points.map(([at, values]) => [at, median(values)!] as const) }]
  })
  writeFileSync(
    path.join(import.meta.dirname, "..", "docs", "images", `growth-${name}.svg`),
    chart({ ...rest, series })
  )
  console.log(`\n${rest.title} (${rest.y})`)
  for (const { name: column, points } of series)
    console.log(`  ${column}: ${points.map(([at, value]) => `${at}: ${value.toPrecision(3)}`).join(", ")}`)
}
const machine = facts()
console.log(
  `\n${machine.cpu}, ${machine.cpus} CPUs, node ${machine.node}, load ${machine.load.toFixed(1)}, ${options.rounds} rounds.`
)
for (const text of failures) console.log(`FAILED: ${text}`)
process.exitCode = failures.length > 0 ? 1 : 0
