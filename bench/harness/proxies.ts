/** Proxies of one device of ours: the project's command, one on aiokatcp, and a bare one, each with the same clients. */
import * as net from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { mirrored, type ProxyContender } from "./contenders.ts"
import { loadCpu, move, residentBytes, serverCpu } from "./machine.ts"
import { program } from "./prepare.ts"
import { type Contender, failures, figure, type Line, lines, Server } from "./programs.ts"
import { keep, type Reports, rotated } from "./reports.ts"
import type { TableRow } from "./table.ts"

/** Sensors that change, and sensors of the rows on memory. */
const work = { sensors: 100, many: 10_000, lost: 100_000 } as const

/** Waits until a server has a sensor. */
const has = async (port: number, sensor: string): Promise<boolean> => {
  const socket = net.connect({ host: "127.0.0.1", port, noDelay: true })
  socket.on("error", () => {})
  try {
    for (let tries = 0; tries < 600; tries++) {
      const answer = new Promise<string>((resolve) => {
        let text = ""
        const listen = (chunk: Buffer) => {
          text += chunk.toString("latin1")
          if (!/^!sensor-value/m.test(text)) return
          socket.off("data", listen)
          resolve(text)
        }
        socket.on("data", listen)
      })
      socket.write(`?sensor-value ${sensor}\n`)
      const text = await Promise.race([answer, sleep(20_000, "late")])
      if (/^!sensor-value\S* ok/m.test(text)) return true
      await sleep(50)
    }
    return false
  } finally {
    socket.destroy()
  }
}

/** Starts a device of ours, and a proxy of it. */
const started = async <A>(
  proxy: ProxyContender,
  sensors: number,
  use: (server: Server, device: Server) => Promise<A>
): Promise<A | undefined> => {
  const device = await Server.start(mirrored, sensors)
  if (device === undefined) return undefined
  move(device.pid, loadCpu)
  const words: Contender["words"] = (port) => proxy.words(device.port, sensors, port)
  const server = await Server.start({ name: `proxy-${proxy.name}`, words }, sensors)
  try {
    if (server === undefined) return undefined
    if (proxy.prefix === "" || (await has(server.port, `${proxy.prefix}s${sensors - 1}`)))
      return await use(server, device)
    failures.push(`proxy ${proxy.name}: it has no sensor ${proxy.prefix}s${sensors - 1}`)
    return undefined
  } finally {
    await server?.stop()
    await device.stop()
  }
}

/** The measurements while sensors change: `paced` of the load generator. */
const paces = [
  { scenario: "proxy 1", keys: "c=1 rate=20000 burst=100 closed=1" },
  { scenario: "proxy 10", keys: "c=10 rate=10000 burst=100 closed=1" },
  { scenario: "proxy 100", keys: "c=100 rate=2000 burst=100 closed=1" }
] as const
/** The last measurements exceed the limits of a peer. Half of the updates go to a server without a proxy. */
const heavy = [
  { scenario: "proxy chunks", keys: "c=10 rate=10000 burst=100" },
  { scenario: "proxy fan", keys: "c=100 rate=1000 burst=1" }
] as const

const measured = async ({ prefix }: ProxyContender, server: Server, device: Server): Promise<Array<Line>> => {
  const out: Array<Line> = []
  const paced = async (keys: string, secs: number) =>
    await server.load(`paced k=${work.sensors} secs=${secs} set=${device.port} prefix=${prefix} ${keys}`, { limit: 60 })
  const pipeline = async (keys: string, scenario?: string) => {
    const line = await server.load(`pipeline req=m000-watchdog ${keys}`)
    if (scenario === undefined || line.error !== undefined) return
    out.push({ ...line, scenario, us: (figure(line, "server_cpu") / figure(line, "n")) * 1e6 })
  }
  // the engine compiles the code of requests and updates during the first ones
  await pipeline("c=1 w=64 r=1000", "proxy requests first")
  await pipeline("c=1 w=64 secs=1.5")
  await paced("c=1 rate=40000 burst=100 closed=1", 1)
  await paced("c=10 rate=4000 burst=100 closed=1", 1)
  for (const { keys, scenario } of paces) {
    const line = await paced(keys, 1)
    if (line.error === undefined)
      out.push({ ...line, scenario, us: (figure(line, "server_cpu") / figure(line, "informs")) * 1e6 })
  }
  await pipeline("c=1 w=64 secs=0.5", "proxy requests 1")
  await pipeline("c=10 w=16 secs=0.5", "proxy requests 10")
  move(device.pid, serverCpu)
  await device.load("latency secs=0.2", { sameCpu: true })
  const direct = await device.load("latency secs=0.3", { sameCpu: true })
  const line = await server.load("latency secs=0.4 req=m000-watchdog", { sameCpu: true })
  if (line.error === undefined && direct.error === undefined) {
    const late = (key: string) => figure(line, key) - figure(direct, key)
    out.push({ scenario: "proxy request", p50: late("p50"), p99: late("p99"), p999: late("p999") })
  }
  move(device.pid, loadCpu)
  const plain = await Server.start(mirrored, work.sensors)
  if (plain === undefined) return out
  await plain.load(`paced k=${work.sensors} c=100 rate=1000 secs=1`)
  for (const { keys, scenario } of heavy) {
    const line = await paced(`${keys} plain=${plain.port}`, 6)
    if (line.error !== undefined) continue
    const over = (key: string) => figure(line, `${key}_p99`) / figure(line, "plain_p99")
    out.push({ ...line, scenario, added_over: over("added"), late_over: over("late") })
  }
  await plain.stop()
  return out
}

/** Returns the growth of a proxy's process for each sensor. */
const resident = async (proxy: ProxyContender): Promise<number | undefined> => {
  const of = (sensors: number) => started(proxy, sensors, async ({ pid }) => residentBytes(pid))
  const few = await of(1)
  const many = await of(work.many)
  return few === undefined || many === undefined ? undefined : (many - few) / (work.many - 1)
}

/** Returns the growth of the heap for each sensor, site, client and proxy together. */
const heap = async (): Promise<Array<Line>> => {
  const device = await Server.start(mirrored, work.many)
  if (device === undefined) return []
  const command = [process.execPath, "--expose-gc", program("programs", "proxy.ts")]
  const said = await lines(loadCpu, [...command, `${device.port}`, `${work.many}`], 60)
  await device.stop()
  if (!said.some((line) => figure(line, "n") >= work.many)) failures.push("proxy memory: not all sensors were there")
  return said.map((line) => ({ ...line, scenario: "proxy heap" }))
}

/** Measures the cost of losing a large device for a site and a proxy. */
const loss = async (): Promise<Array<Line>> => {
  const device = await Server.start(mirrored, work.lost)
  if (device === undefined) return []
  move(device.pid, loadCpu)
  const said = await lines(
    serverCpu,
    [process.execPath, program("programs", "loss.ts"), `${device.port}`, `${work.lost}`, `${device.pid}`],
    120
  )
  await device.stop()
  return said
}

/** Measures all proxies in turn. */
export const runProxies = async (proxies: ReadonlyArray<ProxyContender>, round: number, to: Reports): Promise<void> => {
  for (const proxy of rotated(proxies, round)) {
    const said = await started(proxy, work.sensors, (server, device) => measured(proxy, server, device))
    keep(to, proxy.name, said ?? [])
    // memory hardly differs between rounds
    if (round > 0 || proxy.prefix === "") continue
    const bytes = await resident(proxy)
    if (bytes !== undefined) keep(to, proxy.name, [{ scenario: "proxy resident", bytes }])
    if (proxy.name === "project") keep(to, proxy.name, [...(await heap()), ...(await loss())])
  }
}

const ends = ["p50", "p99", "p999", "max"] as const
const latencies = (scenario: string, field: string, label: string) =>
  ends.map(
    (at) =>
      [
        scenario,
        `${field}_${at}`,
        -1,
        `${label}, ${at === "p999" ? "p99.9" : at === "max" ? "worst" : at} [us]`
      ] as const
  )
/** The rows of one kind of updates: a proxy and a server without one, in turn within the same seconds. */
const ways = (scenario: string, label: string) =>
  [
    ...latencies(scenario, "added", `${label}: later than at the device`),
    ...latencies(scenario, "late", `${label}: since it was set`),
    ...latencies(scenario, "plain", "a server without a proxy, in every other tenth of a second of that"),
    [scenario, "added_over", -1, "p99: later than at the device / server without a proxy"],
    [scenario, "late_over", -1, "p99: since it was set / server without a proxy"]
  ] as const

const rows: ReadonlyArray<readonly [scenario: string, field: string, better: 1 | -1, label: string]> = [
  ["proxy 1", "us", -1, "CPU time per update forwarded to 1 client, 100 at once [us]"],
  ["proxy 10", "us", -1, "CPU time per update and client, 10 clients, 100 at once [us]"],
  ["proxy 100", "us", -1, "CPU time per update and client, 100 clients, 100 at once [us]"],
  ...ways("proxy chunks", "10,000 updates/s, 100 at once, to 10 clients"),
  ...ways("proxy fan", "1000 updates/s to 100 clients"),
  ["proxy requests first", "rate", 1, "the first 1000 requests passed on, 1 client x 64 [req/s]"],
  ["proxy requests 1", "rate", 1, "requests passed on, warm, 1 client x 64 [req/s]"],
  ["proxy requests 1", "us", -1, "CPU time of each [us]"],
  ["proxy requests 10", "rate", 1, "requests passed on, warm, 10 clients x 16 [req/s]"],
  ["proxy requests 10", "us", -1, "CPU time of each [us]"],
  ["proxy request", "p50", -1, "a request alone, all on one CPU: later than at the device, p50 [us]"],
  ["proxy request", "p99", -1, "a request alone, all on one CPU: later than at the device, p99 [us]"],
  ["proxy loss", "turn", -1, "loss of a device with 100,000 sensors: longest turn [ms]"],
  ["proxy loss", "cpu", -1, "the same: most CPU time of a turn [ms]"],
  ["proxy loss", "told", -1, "the same: until a client has received all of it [ms]"],
  ["proxy heap", "bytes", -1, "heap per sensor, site and proxy together [bytes]"],
  ["proxy resident", "bytes", -1, "resident memory per sensor of 10,000 [bytes]"]
]

export const proxyTable = (reports: Reports): Array<TableRow> =>
  rows.map(([scenario, field, better, label]) => ({
    label,
    better,
    values: (column) =>
      (reports.get(column) ?? []).filter((line) => line.scenario === scenario).map((line) => figure(line, field))
  }))
