/**
 * What a proxy costs: `node bench/proxy.ts`, after `npm run build`. CPU time of the proxy's process for each update that it
 * forwards to 1, 10 and 100 clients: `katcp proxy`, one on aiokatcp's SensorWatcher and DeviceServer, and a pass-through
 * that copies bytes. Then what the process of `katcp proxy` grows by for each of 10,000 sensors.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { freePort } from "../scripts/freePort.ts"
import { install } from "../scripts/python-peers.ts"
import { residentBytes } from "./harness/machine.ts"

const root = path.join(import.meta.dirname, "..")
const { aiokatcp } = await install()

/** The command lines of the proxies of the device at a port. */
const proxies: Readonly<Record<string, (port: number) => ReadonlyArray<string>>> = {
  "katcp proxy": (port) => [process.execPath, "dist/bin/katcp.js", "proxy", `m000=127.0.0.1:${port}`, "--listen", "0"],
  ...("python" in aiokatcp
    ? { aiokatcp: (port: number) => [aiokatcp.python, "-B", "bench/peers/aiokatcp_proxy.py", `${port}`] }
    : {}),
  "pass-through": (port) => [process.execPath, "bench/floors/pass-through.ts", `${port}`]
}

const started = ([command = "", ...args]: ReadonlyArray<string>, ready: RegExp) => {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] })
  let out = ""
  return new Promise<{ readonly child: ChildProcess; readonly port: number }>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`${command} ended: ${out}`)))
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
      const found = ready.exec(out)
      if (found !== null) resolve({ child, port: Number(found[1]) })
    })
  })
}

const startDevice = async (sensors: number) => {
  const port = await freePort()
  const words = [process.execPath, "bench/programs/server.ts", `${port}`, `${sensors}`]
  return { ...(await started(words, /ready()/)), port }
}

/** Seconds of CPU time that a process has used. */
const cpuOf = ({ pid }: ChildProcess): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** A connection, and a wait for so many lines of a kind that came since the wait before. */
const connect = async (port: number) => {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true })
  await new Promise((resolve) => socket.once("connect", resolve))
  let text = ""
  const counts = new Map<string, number>()
  const waiting = new Set<() => void>()
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n")
    text = lines.pop()!
    for (const line of lines) {
      const kind = line.startsWith("!") ? line.split(" ").slice(0, 2).join(" ") : line.split(" ", 1)[0]!
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    for (const wake of waiting) wake()
    waiting.clear()
  })
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise<void>((resolve) => waiting.add(resolve))
  }
  const take = async (kind: string, count: number) => {
    await until(() => (counts.get(kind) ?? 0) >= count)
    counts.set(kind, counts.get(kind)! - count)
  }
  return { socket, take, until, counts }
}

type Connection = Awaited<ReturnType<typeof connect>>

/** Subscribes, as soon as the proxy has the sensor. */
const subscribe = async (client: Connection, sensor: string): Promise<void> => {
  client.socket.write(`?sensor-sampling ${sensor} event\n`)
  await client.until(() => client.counts.has("!sensor-sampling ok") || client.counts.has("!sensor-sampling fail"))
  if (client.counts.delete("!sensor-sampling fail")) await subscribe(client, sensor)
}

/** Microseconds of the proxy's CPU time for each update that reaches each client, in chunks of 100. */
const costOf = async (name: string, clients: number, updates: number): Promise<number> => {
  const device = await startDevice(1)
  const proxy = await started(proxies[name]!(device.port), /listening on \S*:(\d+)/)
  try {
    const driver = await connect(device.port)
    const all = await Promise.all(Array.from({ length: clients }, () => connect(proxy.port)))
    for (const client of all) await subscribe(client, name === "pass-through" ? "s0" : "m000.s0")
    let value = 0
    const send = async (count: number) => {
      for (let sent = 0; sent < count; sent += 100) {
        for (const client of all) client.counts.delete("#sensor-status")
        driver.socket.write(Array.from({ length: 100 }, () => `?set-sensor s0 ${++value}\n`).join(""))
        await Promise.all([driver.take("!set-sensor ok", 100), ...all.map(({ take }) => take("#sensor-status", 100))])
      }
    }
    await send(updates / 2)
    const before = cpuOf(proxy.child)
    await send(updates)
    const cost = ((cpuOf(proxy.child) - before) / updates / clients) * 1e6
    for (const { socket } of [driver, ...all]) socket.destroy()
    return cost
  } finally {
    proxy.child.kill("SIGKILL")
    device.child.kill("SIGKILL")
  }
}

/** The resident memory of `katcp proxy` when it serves so many sensors. */
const memoryOf = async (sensors: number): Promise<number> => {
  const device = await startDevice(sensors)
  const proxy = await started(proxies["katcp proxy"]!(device.port), /listening on \S*:(\d+)/)
  try {
    const client = await connect(proxy.port)
    await subscribe(client, `m000.s${sensors - 1}`)
    client.socket.destroy()
    return residentBytes(proxy.child.pid!)
  } finally {
    proxy.child.kill("SIGKILL")
    device.child.kill("SIGKILL")
  }
}

const names = Object.keys(proxies)
console.log(`| CPU time per update and client [us] | ${names.join(" | ")} |\n|---|${names.map(() => "---:|").join("")}`)
for (const [clients, updates] of [
  [1, 40_000],
  [10, 20_000],
  [100, 4000]
] as const) {
  const cells: Array<string> = []
  for (const name of names) cells.push((await costOf(name, clients, updates)).toPrecision(3))
  console.log(`| proxy ${clients} client${clients === 1 ? "" : "s"} | ${cells.join(" | ")} |`)
}
const growth = ((await memoryOf(10_000)) - (await memoryOf(1))) / 9999
console.log(`\nproxy memory: the process grows by ${Math.round(growth)} bytes for each of 10,000 sensors`)
