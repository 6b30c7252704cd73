/** Devices that say too much, and names that nobody knows. */
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, writeFileSync } from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { python, start } from "../harness/devices.ts"
import { Forwarder } from "../harness/forwarder.ts"
import { Process, resident, root } from "../harness/Process.ts"
import { chance, fixedSeed, one } from "../harness/seeds.ts"
import type { ClientTrial } from "../harness/Trial.ts"
import { Wire } from "../harness/wire.ts"
import { bytes, fresh, line } from "../trials/fuzz.ts"
import { client, Watcher } from "./watching.ts"

export const anomalies: ClientTrial = {
  kind: "client",
  name: "anomalies",
  load: "3,000 readings of a sensor that are not numbers, within a second: lines that the client logs",
  atMost: { lines: 50, lost: 0 },
  run: async (name) => {
    const device = await start("katcp", {})
    const forwarder = await Forwarder.to(device.host, device.port)
    const watcher = new Watcher(name, "127.0.0.1", forwarder.port)
    try {
      await watcher.watches()
      await sleep(300)
      const before = watcher.process.lines
      for (let n = 0; n < 10; n++) {
        forwarder.say("#sensor-status 1700000000 1 test.float nominal notanumber\n".repeat(300))
        await sleep(100)
      }
      await sleep(1000)
      const lines = watcher.process.lines - before
      // it still has its connection, and takes what is right
      forwarder.say("#sensor-status 1700000001 1 test.float warn 1.5\n")
      const lost = await watcher.process.says(/"status": ?"warn"/, 5000).then(
        () => 0,
        () => 1
      )
      return { figures: { lines, lost } }
    } finally {
      await watcher.process.stop()
      await forwarder.close()
      await device.process.stop()
    }
  }
}

export const fuzzed: ClientTrial = {
  kind: "client",
  name: "fuzzed-client",
  load: "what a device says is mixed with 6,000 lines of the grammar with one thing wrong, and bytes of any kind, half of them by a fixed seed, half by a fresh one",
  // each kind of anomaly has its first few lines, and there are some ten kinds of each name
  atMost: { lines: 300, lost: 0 },
  run: async (name) => {
    const device = await start("katcp", {})
    const forwarder = await Forwarder.to(device.host, device.port)
    const watcher = new Watcher(name, "127.0.0.1", forwarder.port)
    const seed = fresh()
    try {
      await watcher.watches()
      await sleep(300)
      const before = watcher.process.lines
      for (const from of [fixedSeed, seed]) {
        const next = chance(from)
        for (let n = 0; n < 30; n++) {
          let text = ""
          for (let k = 0; k < 100; k++) text += one(next, ["#", "!", ""]) + one(next, [line, bytes])(next).slice(1)
          forwarder.say(`${text}\n`)
          await sleep(10)
        }
      }
      await sleep(1000)
      const lines = watcher.process.lines - before
      forwarder.say("#sensor-status 1700000001 1 test.float warn 1.5\n")
      const lost = await watcher.process.says(/"status": ?"warn"/, 5000).then(
        () => 0,
        () => 1
      )
      return { figures: { lines, lost, seed } }
    } finally {
      await watcher.process.stop()
      await forwarder.close()
      await device.process.stop()
    }
  }
}

/** A device whose one request has as many informs as its name says. It writes no faster than it is read. */
const flooding = async (): Promise<net.Server> => {
  const server = net.createServer({ noDelay: true }, (socket) => void converse(new Wire(socket, true)))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return server
}

const greeting = [
  "#version-connect katcp-protocol 5.1-IM",
  "#version-connect katcp-library flood-1",
  "#version-connect katcp-device flood-1\n"
].join("\n")

const converse = async (wire: Wire): Promise<void> => {
  await wire.write(greeting)
  while (await wire.has("\n", 60_000)) {
    const end = wire.text.indexOf("\n")
    const [, name = "", id = ""] = /^\?([\w-]+)(\[\d+\])?/.exec(wire.text) ?? []
    wire.text = wire.text.slice(end + 1)
    const number = Number(/^many-(\d+)$/.exec(name)?.[1] ?? 0)
    if (number === 0) await wire.write(`!${name}${id} ${name === "watchdog" ? "ok" : "invalid Unknown\\_request."}\n`)
    else await answer(wire, name, id, number)
  }
}

const answer = async (wire: Wire, name: string, id: string, number: number): Promise<void> => {
  const slice = 2000
  const informs = Buffer.from(`#${name}${id} a-sensor.of.some.name 1700000000.000 nominal 0.1234567\n`.repeat(slice))
  for (let n = 0; n < number; n += slice) if (!(await wire.write(informs))) return
  await wire.write(`!${name}${id} ok ${number}\n`)
}

/** The most memory that one call took, in megabytes, and whether it got all informs. */
const call = async (words: ReadonlyArray<string>, number: number): Promise<readonly [number, boolean]> => {
  const caller = new Process(["sh", "-c", 'exec "$@" | wc -l', "sh", ...words])
  let largest = 0
  while (caller.alive) {
    // the shell has the command as a child; with most shells it is the command itself
    for (const pid of [caller.pid, ...childrenOf(caller.pid)]) largest = Math.max(largest, resident(pid))
    await sleep(20)
  }
  await caller.ended
  return [largest, Number(caller.said.trim()) >= number]
}

const childrenOf = (pid: number): ReadonlyArray<number> => {
  try {
    const text = execFileSync("cat", [`/proc/${pid}/task/${pid}/children`], { encoding: "utf8", stdio: "pipe" })
    return text.split(" ").filter(Boolean).map(Number)
  } catch {
    return []
  }
}

export const informs: ClientTrial = {
  kind: "client",
  name: "informs",
  load: "one request with 100,000 and with 400,000 informs (27 MB), by `katcp call` and by a script of aiokatcp: the most memory in MB",
  atMost: { "100,000": 200, "400,000": 250, missing: 0 },
  run: async (name) => {
    const server = await flooding()
    const address = server.address()
    const port = typeof address === "object" && address !== null ? String(address.port) : ""
    const words = (request: string) =>
      name === "katcp"
        ? [
            process.execPath,
            path.join(root, "dist", "bin", "katcp.js"),
            "call",
            "--timeout",
            "120",
            `127.0.0.1:${port}`,
            request
          ]
        : python("caller.py", "127.0.0.1", port, request)
    const [few, hasFew] = await call([...words("many-100000")], 100_000)
    const [many, hasMany] = await call([...words("many-400000")], 400_000)
    server.close()
    return { figures: { "100,000": few, "400,000": many, missing: (hasFew ? 0 : 1) + (hasMany ? 0 : 1) } }
  }
}

/** Everything that is started within ends with it. */
const contained = ["unshare", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--kill-child"]

/** Words that run a program where no name server answers: a network of its own with nothing but loopback and a void. */
const withoutResolver = (): ReadonlyArray<string> => {
  const folder = path.join(root, ".cache", "hostile")
  mkdirSync(folder, { recursive: true })
  const resolver = path.join(folder, "resolv.conf")
  writeFileSync(resolver, "nameserver 192.0.2.1\n")
  const script = [
    `mount --bind '${resolver}' /etc/resolv.conf`,
    "ip link set lo up",
    "ip link add void type veth peer name nobody",
    "ip address add 192.0.2.2/24 dev void",
    "ip link set void up",
    "ip link set nobody up",
    "ip neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev void",
    'exec "$@"'
  ]
  return [...contained, "sh", "-c", script.join(" && "), "sh"]
}

export const hangingNames: ClientTrial = {
  kind: "client",
  name: "hanging-names",
  load: "eight clients of unknown names where no name server answers, then one of `localhost`: milliseconds until the last is connected",
  obstacle: () => {
    try {
      const [program, ...words] = [...withoutResolver(), "true"]
      execFileSync(program!, words, { stdio: "pipe" })
      return undefined
    } catch {
      return "network namespaces cannot be made here"
    }
  },
  atMost: { "connected [ms]": 1000 },
  run: async (name) => {
    // device and client stand in the same namespace
    const both = '"$DEVICE_NODE" examples/device.ts --no-dashboard --port 5000 & sleep 1.5; exec "$@"'
    const words = [...withoutResolver(), "sh", "-c", both, "sh"]
    const program = client(name, "resolving.ts", "aio_resolving.py", "localhost", "5000")
    const run = new Process([...words, ...program], { ...process.env, DEVICE_NODE: process.execPath })
    const [, connected = "NaN"] = await run.says(/"connected": ?([\d.]+)/, 45_000).catch(() => [] as Array<string>)
    await run.stop()
    return { figures: { "connected [ms]": Number(connected) } }
  }
}
