/**
 * `npm run bench`: the project, its peers and the floors on the same work in one interleaved run, and one table of the
 * results. See README.md in bench/.
 */
import { existsSync, writeFileSync } from "node:fs"
import { loadavg } from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { archiveTable, runArchives } from "./harness/archives.ts"
import { boardTable, runBoards } from "./harness/boards.ts"
import { commandTable, runCommands } from "./harness/commands.ts"
import { columns, contenders } from "./harness/contenders.ts"
import { canPin, facts, loadCpu, move, serverCpu } from "./harness/machine.ts"
import { bench, build, obstacle, peers, say } from "./harness/prepare.ts"
import { calibrate, failures, figure } from "./harness/programs.ts"
import { proxyTable, runProxies } from "./harness/proxies.ts"
import {
  clientTable,
  codecTable,
  mirrorTable,
  type Reports,
  runClients,
  runCodecs,
  runFleets,
  runMirrors,
  runSites,
  siteTable
} from "./harness/reports.ts"
import { scale } from "./harness/scale.ts"
import { cpuMicros, cpuRows, measure, type Sample, serverRows } from "./harness/servers.ts"
import { heading, median, spread, type TableRow, table } from "./harness/table.ts"
import { runTails, tailTable } from "./harness/tails.ts"

const usage = `npm run bench -- [options]

  --rounds N     interleaved rounds (3)
  --only a,b     only these: server, client, codec, mirror, site, proxy, archive, casper, command; ${columns.join(", ")};
                 and tails, which takes two minutes a contender and is measured only if it is named
  --sensors N    sensors of each server (1000)
  --scale        the other table: 1 to 1000 connections, 10 to 100,000 sensors
  --more         variants of the peers too: aiokatcp on uvloop, katcp-python threaded
  --json FILE    everything measured

Environment: BENCH_PYTHON (an interpreter with aiokatcp and katcp), CC, SERVER_CPU, LOAD_CPU.
`
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    sensors: { type: "string", default: "1000" },
    scale: { type: "boolean", default: false },
    more: { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean", default: false }
  }
})
if (options.help) {
  console.log(usage)
  process.exit(0)
}
const why = obstacle()
if (why !== undefined) {
  say(why)
  process.exit(1)
}
const rounds = Number(options.rounds)
const sensors = Number(options.sensors)
if (!(rounds >= 1) || !(sensors >= 1)) {
  say(usage)
  process.exit(2)
}

const began = performance.now()
const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(1)
build()
const found = await peers()
const machine = facts()
const names = new Set(options.only.split(",").filter((name) => name !== ""))
const allKinds = ["server", "client", "codec", "mirror", "site", "proxy", "archive", "casper", "command"]
const kinds = new Set([...allKinds, "tails"].filter((kind) => names.has(kind)))
if (kinds.size === 0) for (const kind of allKinds) kinds.add(kind)
for (const kind of kinds) names.delete(kind)
const unknown = [...names].filter((name) => !columns.includes(name))
if (unknown.length > 0) {
  say(`unknown: ${unknown.join(", ")}\n\n${usage}`)
  process.exit(2)
}
const { archivers, boards, servers, clients, codecs, commands, fleets, mirrors, proxies, sites } = contenders(
  found,
  names,
  options.more
)
move(process.pid, loadCpu)
const ready = performance.now()

const save = (data: object): void => {
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ machine, peers: found.notes, ...data }))
}
const notes = (lines: ReadonlyArray<string>): void => {
  console.log(
    [
      "",
      ...found.notes,
      `Machine: ${machine.cpu}, ${machine.cpus} CPUs, kernel ${machine.kernel}, node ${machine.node}. ` +
        (canPin ? `Server on CPU ${serverCpu}, load on CPU ${loadCpu}.` : "Nothing is bound to a CPU: no taskset."),
      ...lines,
      `Load average ${machine.load.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after. ` +
        `Took ${seconds(ready)} s, and ${((ready - began) / 1000).toFixed(1)} s to build.`,
      ...failures.map((text) => `FAILED: ${text}`)
    ].join("\n")
  )
}

const main = async (): Promise<void> => {
  const seen = new Map<string, Map<string, Array<Sample>>>(servers.map(({ name }) => [name, new Map()]))
  const byClient: Reports = new Map()
  const byCodec: Reports = new Map()
  const byMirror: Reports = new Map()
  const bySite: Reports = new Map()
  const byArchive: Reports = new Map()
  const byProxy: Reports = new Map()
  const byBoard: Reports = new Map()
  const byCommand: Reports = new Map()
  const byTail: Reports = new Map()
  const work: Array<readonly [number, number]> = []
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; kinds.has("server") && i < servers.length; i++) {
      const contender = servers[(i + round) % servers.length]!
      work.push(await calibrate())
      const from = performance.now()
      for (const [key, sample] of await measure(contender, sensors)) {
        const samples = seen.get(contender.name)!
        samples.set(key, [...(samples.get(key) ?? []), sample])
      }
      say(`round ${round + 1} ${contender.name}: ${seconds(from)} s`)
    }
    if (kinds.has("tails")) await runTails(servers, round, sensors, byTail)
    const from = performance.now()
    if (kinds.has("client")) await runClients(clients, round, byClient)
    if (kinds.has("codec")) await runCodecs(codecs, round, byCodec)
    if (kinds.has("mirror")) {
      await runMirrors(mirrors, round, byMirror)
      await runFleets(fleets, round, byMirror)
    }
    if (kinds.has("site")) await runSites(sites, round, bySite)
    if (kinds.has("proxy")) await runProxies(proxies, round, byProxy)
    // slow measurements run once
    if (kinds.has("archive") && round === 0) await runArchives(archivers, byArchive)
    if (kinds.has("casper")) await runBoards(boards, round, byBoard)
    if (kinds.has("command")) await runCommands(commands, byCommand)
    if (kinds.size > 1 || !kinds.has("server"))
      say(`round ${round + 1} clients, codecs, mirrors, sites, proxies, archives, boards, commands: ${seconds(from)} s`)
  }

  const samples = (column: string, key: string) => seen.get(column)?.get(key) ?? []
  const rows: Array<TableRow> = []
  if (kinds.has("server")) {
    rows.push(heading(`Servers, N = ${sensors} sensors`))
    for (const { key, label, unit, better } of serverRows) {
      const values = (column: string) => samples(column, key).map((sample) => sample.value)
      rows.push({ label: unit === "" ? label : `${label} [${unit}]`, better, values })
    }
    rows.push(heading("Server CPU time per unit of work [us]"))
    for (const { key, label, work } of cpuRows) {
      const values = (column: string) => samples(column, key).flatMap((sample) => cpuMicros(sample, work) ?? [])
      rows.push({ label, better: -1, values })
    }
  }
  if (kinds.has("tails")) rows.push(...tailTable(byTail, sensors))
  if (kinds.has("client")) rows.push(heading("Clients against a C responder"), ...clientTable(byClient))
  if (kinds.has("codec")) rows.push(heading("Codecs"), ...codecTable(byCodec))
  if (kinds.has("mirror")) rows.push(heading("Mirrors of our server"), ...mirrorTable(byMirror))
  if (kinds.has("site")) rows.push(heading("Sites of ten devices, each a server of ours"), ...siteTable(bySite))
  if (kinds.has("proxy")) rows.push(heading("Proxies of one device, a server of ours"), ...proxyTable(byProxy))
  if (kinds.has("archive"))
    rows.push(heading("Archives; net-floor: plain loops over the same engines"), ...archiveTable(byArchive))
  if (kinds.has("casper")) rows.push(heading("Clients of one fake board"), ...boardTable(byBoard))
  if (kinds.has("command")) rows.push(heading("Commands, from start to end"), ...commandTable(byCommand))

  const absent = [...kinds].filter(
    (kind) => kind !== "command" && kind !== "tails" && !existsSync(path.join(bench, "programs", `${kind}.ts`))
  )
  const mine = [servers, clients, codecs, mirrors, archivers, boards].some((list) =>
    list.some(({ name }) => name === "project")
  )
  const subject = mine ? "project" : "net-floor"
  const spreads = rows.flatMap((row) => columns.flatMap((column) => spread(row.values(column)) ?? []))
  const others = [...seen.values()].flatMap((keys) =>
    [...keys.values()].flat().flatMap(({ line }) => (line === undefined ? [] : figure(line, "other_cpu_share")))
  )
  console.log(`Median of ${rounds} round${rounds === 1 ? "" : "s, ± half the range"}; a ratio above 1 is better.\n`)
  console.log(table(rows, columns, subject, ["aiokatcp", "katcp-py", "katcp-codec", "net-floor"]))
  const noise = (k: 0 | 1) => {
    const ms = work.map((pair) => pair[k])
    return `${Math.min(...ms).toFixed(1)} / ${median(ms)!.toFixed(1)} / ${Math.max(...ms).toFixed(1)}`
  }
  notes([
    ...(absent.length === 0 ? [] : [`The project has no program yet for: ${absent.join(", ")}.`]),
    ...(work.length === 0
      ? []
      : [
          `Noise: fixed work took ${noise(0)} ms (min/median/max) on the server's CPU, ${noise(1)} on the load ` +
            `generator's; other processes used ${(median(others) ?? 0).toFixed(2)} CPUs (median; at most ` +
            `${Math.max(0, ...others).toFixed(2)}).`
        ]),
    ...(spreads.length === 0 ? [] : [`Median spread of a cell: ±${median(spreads)!.toFixed(1)} %.`])
  ])
  const plain = (reports: Reports) => Object.fromEntries(reports)
  save({
    servers: Object.fromEntries([...seen].map(([name, keys]) => [name, Object.fromEntries(keys)])),
    clients: plain(byClient),
    codecs: plain(byCodec),
    mirrors: plain(byMirror),
    sites: plain(bySite),
    proxies: plain(byProxy),
    archives: plain(byArchive),
    boards: plain(byBoard),
    commands: plain(byCommand),
    tails: plain(byTail),
    calibration: work
  })
}

if (options.scale) {
  const { text, data } = await scale(servers, rounds, say)
  console.log(text)
  notes([])
  save({ scale: data })
} else await main()
process.exitCode = failures.length > 0 ? 1 : 0
