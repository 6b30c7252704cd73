/**
 * The cost of a lost device for a proxy: `node loss.ts PORT SENSORS PID` (see the README beside it). It makes a site of one
 * device and a proxy of it in this process, with a client in another thread that samples all sensors. It kills the process
 * of the device, and prints the longest turn of the event loop until the client has received all sensors, and the time.
 */
import * as net from "node:net"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NodeClient, NodeServer } from "katcp/Node"
import { Proxy } from "katcp/Proxy"
import { Site } from "katcp/Site"

const [port = "0", count = "0", pid = "0"] = process.argv.slice(2)
const sensors = Number(count)

/** In the thread: samples all sensors of a port, and says when all have been told of, and when all are unreachable. */
const client = `
const net = require("node:net")
const { parentPort, workerData } = require("node:worker_threads")
const socket = net.connect({ host: "127.0.0.1", port: workerData.port })
let seen = 0, lost = 0, rest = ""
socket.setEncoding("latin1")
socket.on("data", (chunk) => {
  const lines = (rest + chunk).split("\\n")
  rest = lines.pop()
  for (const line of lines) {
    if (!line.startsWith("#sensor-status")) continue
    if (line.includes(" unreachable ")) { if (++lost === workerData.sensors) parentPort.postMessage("lost") }
    else if (++seen === workerData.sensors) parentPort.postMessage("sampled")
  }
})
for (let at = 0; at < workerData.sensors; at += 1000) {
  const names = Array.from({ length: Math.min(1000, workerData.sensors - at) }, (_, n) => "m000.s" + (at + n))
  socket.write("?sensor-sampling " + names.join(",") + " event\\n")
}`

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })

/** CPU time of this thread, in milliseconds. */
const cpu = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

/** Watches the turns of the event loop. Returns what ends that, and gives the longest one, in milliseconds of each clock. */
const watchTurns = (): (() => { readonly turn: number; readonly cpu: number }) => {
  const longest = { turn: 0, cpu: 0 }
  let before = { turn: performance.now(), cpu: cpu() }
  let watching = true
  const look = () => {
    const now = { turn: performance.now(), cpu: cpu() }
    longest.turn = Math.max(longest.turn, now.turn - before.turn)
    longest.cpu = Math.max(longest.cpu, now.cpu - before.cpu)
    before = now
    if (watching) setImmediate(look)
  }
  setImmediate(look)
  return () => {
    watching = false
    return longest
  }
}

await Effect.runPromise(
  Effect.gen(function* () {
    const site = yield* Site.make({ devices: { m000: NodeClient.tcp({ host: "127.0.0.1", port: Number(port) }) } })
    const at = yield* Effect.promise(freePort)
    const layer = Proxy.layer().pipe(Layer.provide([Layer.succeed(Site, site), NodeServer.tcp({ port: at })]))
    yield* Layer.build(Layer.fresh(layer))
    yield* site.synced
    // the proxy takes sensors in parts, behind the site
    yield* Effect.sleep("3 seconds")
    const worker = new Worker(client, { eval: true, workerData: { port: at, sensors } })
    const said = (what: string) =>
      Effect.promise(
        () =>
          new Promise<void>((resolve) => {
            worker.on("message", (text) => {
              if (text === what) resolve()
            })
          })
      )
    yield* said("sampled")
    yield* Effect.sleep("500 millis")
    const longest = watchTurns()
    const from = performance.now()
    process.kill(Number(pid), "SIGKILL")
    yield* said("lost")
    const told = performance.now() - from
    yield* Effect.sleep("200 millis")
    console.log(JSON.stringify({ scenario: "proxy loss", n: site.table.size, ...longest(), told }))
    yield* Effect.promise(() => worker.terminate())
  }).pipe(Effect.scoped)
)
