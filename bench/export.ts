/**
 * The cost of exporting: `node bench/export.ts`, after `npm run build`. It measures the CPU time of the whole process
 * for each scrape of 10,000 sensors: for `katcp export prometheus`, and for our own bridge in Python, a loop over
 * aiokatcp into prometheus_client, as katcp_prometheus_bridge does it. Then it measures the longest stretch for which a
 * rendering blocks its process, while 10,000 readings change between scrapes, and the lines of NDJSON and Influx per
 * second.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { loadavg } from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { Arg, Client, Codec, Sensor } from "katcp"
import { influxLines, makePrometheus, ndjsonLines } from "katcp/Export"
import { type Change, Site, type SiteDevice } from "katcp/Site"
import { freePort } from "../scripts/freePort.ts"
import { install } from "../scripts/python-peers.ts"

const root = path.join(import.meta.dirname, "..")
const sensors = 10_000
const scrapes = 20
const rounds = 3

const started = ([command = "", ...args]: ReadonlyArray<string>, ready: RegExp, env: NodeJS.ProcessEnv = {}) => {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...env }
  })
  let out = ""
  return new Promise<{ readonly child: ChildProcess; readonly found: string }>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`${command} ended: ${out}`)))
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
      const found = ready.exec(out)
      if (found !== null) resolve({ child, found: found[1] ?? "" })
    })
  })
}

/** Returns the seconds of CPU time that a process has used. */
const cpuOf = ({ pid }: ChildProcess): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Returns the folder of prometheus_client, which pip installs once. */
const prometheusClient = (python: string): string => {
  const folder = path.join(root, ".cache", "bench", "prometheus_client")
  if (!existsSync(path.join(folder, "prometheus_client"))) {
    const words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", folder]
    execFileSync(python, [...words, "prometheus_client==0.21.1"], { stdio: "inherit" })
  }
  return folder
}

/** A program that is scraped: its name, and what scrapes it so often and gives the milliseconds of CPU time of each. */
interface Scraped {
  readonly name: string
  readonly child: ChildProcess
  readonly cost: () => Promise<number>
}

/** Starts a program that is scraped, and waits until it has all sensors. */
const scraped = async (name: string, words: ReadonlyArray<string>, env?: NodeJS.ProcessEnv): Promise<Scraped> => {
  const { child, found: url } = await started(words, /listening on (http\S+)/, env)
  const scrape = async () => {
    const text = await (await fetch(url, { headers: { accept: "text/plain;version=0.0.4" } })).text()
    return text.match(/^katcp_sensor_value\{/gm)?.length ?? 0
  }
  for (let at = 0; (await scrape()) < sensors; at++) if (at > 200) throw new Error(`${name} has not all sensors`)
  for (let at = 0; at < 5; at++) await scrape()
  return {
    name,
    child,
    cost: async () => {
      const before = cpuOf(child)
      for (let at = 0; at < scrapes; at++) await scrape()
      return ((cpuOf(child) - before) / scrapes) * 1000
    }
  }
}

/** The median of figures, and half their range in percent of it. */
const summary = (figures: ReadonlyArray<number>): readonly [median: number, spread: number] => {
  const sorted = [...figures].sort((one, other) => one - other)
  const median = sorted[sorted.length >> 1]!
  return [median, ((sorted.at(-1)! - sorted[0]!) / 2 / median) * 100]
}
const load = () => loadavg()[0]!.toFixed(1)

console.log(`load average before: ${load()}`)
const port = await freePort()
const device = await started([process.execPath, "bench/programs/server.ts", `${port}`, `${sensors}`], /(ready)/)
const programs: Array<Scraped> = []
const costs: Array<readonly [name: string, median: number, spread: number]> = []
try {
  const ours = ["export", "prometheus", `m000=127.0.0.1:${port}`, "--listen", "0"]
  programs.push(await scraped("katcp export prometheus", [process.execPath, "dist/bin/katcp.js", ...ours]))
  const { aiokatcp } = await install()
  if ("python" in aiokatcp) {
    const words = [aiokatcp.python, "-B", "bench/peers/aiokatcp_prometheus.py", `${port}`]
    const env = { PYTHONPATH: prometheusClient(aiokatcp.python) }
    programs.push(await scraped("aiokatcp and prometheus_client", words, env))
  } else console.log(`without aiokatcp: ${aiokatcp.missing}`)
  const figures = programs.map((): Array<number> => [])
  for (let round = 0; round < rounds; round++)
    for (const [at, { cost }] of programs.entries()) figures[at]!.push(await cost())
  for (const [at, { name }] of programs.entries()) costs.push([name, ...summary(figures[at]!)])
} finally {
  for (const { child } of programs) child.kill("SIGKILL")
  device.child.kill("SIGKILL")
}
console.log(`| CPU time of a scrape of ${sensors} sensors [ms] | |\n|---|---:|`)
for (const [name, median, spread] of costs) console.log(`| ${name} | ${median.toPrecision(3)} ±${spread.toFixed(0)}% |`)
if (costs.length === 2) console.log(`\nratio: ${(costs[1]![1] / costs[0]![1]).toPrecision(3)}`)

/** A table of this many sensors, without a device. */
const inProcess = Effect.gen(function* () {
  const made = yield* Site.make()
  const device = { name: "m000", health: { connected: true, synced: true, sensors, readings: 0, losses: 0 } }
  const site = { ...made, devices: new Map([["m000", device as unknown as SiteDevice]]) }
  const all = Array.from({ length: sensors }, (_, n) => Sensor.remote(`rx.l0.s${n}`, { type: Arg.Float, units: "V" }))
  for (const definition of all) made.table.add("m000", definition)
  const change = (round: number): ReadonlyArray<Change> =>
    all.map((definition, n) => {
      const reading = new Client.WireReading(definition, n, "nominal", n, `${n * 1.37 + round}`, Codec.Dialect.v5)
      const row = made.table.receive("m000", definition, reading)!
      return { _tag: "Reading", row, reading, revision: row.revision }
    })
  change(0)
  const { prepare, render, stats } = yield* makePrometheus(site)
  const idle = process.cpuUsage()
  yield* prepare
  // sensors are gathered for half a second, and then prepared in slices
  yield* Effect.sleep("2 seconds")
  const prepared = process.cpuUsage(idle)
  const stretches: Array<number> = []
  let first = 0
  const cpus: Array<number> = []
  for (let round = 1; round <= scrapes; round++) {
    change(round)
    const fresh = yield* makePrometheus(site)
    const cpu = process.cpuUsage()
    yield* render("openmetrics")
    const { system, user } = process.cpuUsage(cpu)
    cpus.push((user + system) / 1000)
    if (round === 1) first = (user + system) / 1000
    if (round > 5 && round % 5 === 0) {
      yield* fresh.render("openmetrics")
      stretches.push(fresh.stats.stretch * 1000)
    }
  }
  const [median, spread] = summary(cpus)
  const longest = Math.max(...cpus)
  console.log(`\n| one rendering in process | |\n|---|---:|`)
  const preparing = (prepared.user + prepared.system) / 1000
  console.log(`| CPU time, preparing the sensors as they appear, in slices [ms] | ${preparing.toPrecision(3)} |`)
  console.log(`| CPU time, first of a process [ms] | ${first.toPrecision(3)} |`)
  console.log(
    `| CPU time, median of ${scrapes} [ms] | ${median.toPrecision(3)} ±${spread.toFixed(0)}%, at most ${longest.toPrecision(3)} |`
  )
  console.log(
    `| longest stretch, of the preparation and all renderings [ms] | ${(stats.stretch * 1000).toPrecision(3)} |`
  )
  console.log(`| longest stretch, later, every line made again [ms] | ${Math.max(...stretches).toPrecision(3)} |`)
  console.log(`\n| lines in a second | |\n|---|---:|`)
  for (const form of [ndjsonLines(), influxLines()]) {
    let lines = 0
    let cpu = 0
    for (let round = 0; round < 60; round++) {
      const changes = change(100 + round)
      const since = process.cpuUsage()
      for (let at = 0; at < changes.length; at += 5000) form.lines(changes.slice(at, at + 5000))
      const { system, user } = process.cpuUsage(since)
      if (round < 20) continue
      lines += changes.length
      cpu += (user + system) / 1e6
    }
    console.log(`| ${form.name} | ${Math.round(lines / cpu / 1000)}k |`)
  }
}).pipe(Effect.scoped)
await Effect.runPromise(inProcess)
console.log(`\nload average after: ${load()}`)
