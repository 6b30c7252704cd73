/**
 * The memory of idle connections: `node bench/idle.ts [CONNECTIONS]`, after `npm run build`. Prints what a connection
 * adds to a server's heap, by class, from two heap snapshots; and how the process grows by it. Takes some seconds.
 */
import { once } from "node:events"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { Heap } from "./harness/heap.ts"
import { facts, loadCpu, move, residentBytes } from "./harness/machine.ts"
import { bench, build, built, obstacle, say } from "./harness/prepare.ts"
import { type Contender, Server } from "./harness/programs.ts"

const why = obstacle()
if (why !== undefined) {
  say(why)
  process.exit(1)
}
build()
move(process.pid, loadCpu)

const connections = Number(process.argv[2] ?? 1000)
/** Classes that are listed. */
const listed = 40
const out = built("heap.json")
process.env.HEAP = out
const contender = (name: string, program: string): Contender => ({
  name,
  words: (port, n) => [
    ...[process.execPath, "--expose-gc", "--import", path.join(bench, "harness", "heap.ts")],
    ...[path.join(bench, program), String(port), String(n)]
  ]
})

const heapOf = async (pid: number): Promise<Heap> => {
  rmSync(out, { force: true })
  process.kill(pid, "SIGUSR2")
  for (let tries = 0; tries < 600 && !existsSync(out); tries++) await sleep(100)
  // it is written in one go, but not in no time
  await sleep(200)
  return JSON.parse(readFileSync(out, "utf8")) as Heap
}

/** Opens connections. Each makes a request: a connection that was never used is smaller. */
const open = (port: number, count: number): Promise<ReadonlyArray<Socket>> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, "127.0.0.1")
      socket.on("error", () => {})
      socket.write("?watchdog[1]\n")
      let got = ""
      while (!got.includes("!watchdog")) got += String((await once(socket, "data"))[0])
      socket.resume()
      return socket
    })
  )

const total = (heap: Heap): number => Object.values(heap).reduce((sum, { bytes }) => sum + bytes, 0)

const measure = async ({ name, words }: Contender): Promise<void> => {
  const server = await Server.start({ name, words }, 10)
  if (server === undefined) throw new Error(`${name} does not start`)
  try {
    const early = await open(server.port, 100)
    const before = await heapOf(server.pid)
    const resident = residentBytes(server.pid)
    const sockets: Array<Socket> = []
    while (sockets.length < connections) sockets.push(...(await open(server.port, 50)))
    const grown = residentBytes(server.pid) - resident
    const after = await heapOf(server.pid)
    const rows = Object.entries(after)
      .map(([kind, { bytes, count }]) => ({
        kind,
        bytes: (bytes - (before[kind]?.bytes ?? 0)) / connections,
        count: (count - (before[kind]?.count ?? 0)) / connections
      }))
      .sort((one, other) => other.bytes - one.bytes)
    const heap = (total(after) - total(before)) / connections
    console.log(`\n${name}: ${heap.toFixed(0)} bytes of heap for each of ${connections} connections`)
    console.log(`the process grew by ${(grown / connections).toFixed(0)} bytes for each`)
    for (const { bytes, count, kind } of rows.slice(0, listed))
      console.log(`${bytes.toFixed(0).padStart(7)} bytes ${count.toFixed(2).padStart(7)} × ${kind}`)
    for (const socket of [...early, ...sockets]) socket.destroy()
  } finally {
    await server.stop()
  }
}

await measure(contender("project", path.join("programs", "server.ts")))
await measure(contender("net-floor", path.join("floors", "net-server.ts")))
const { cpu, load, node } = facts()
console.log(`\n${cpu}, node ${node}, load ${load.toFixed(1)}`)
