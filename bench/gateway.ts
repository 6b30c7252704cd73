/**
 * The WebSocket for web pages under load: `node bench/gateway.ts`, under two minutes. A device has 1,000 sensors, each
 * set once a second to the current time; 50 clients subscribe to all of them, and acknowledge each frame at once. The
 * output has the gateway's CPU use in cores and the time from `set` to the frame, beside those of a plain server on
 * `ws` that sends the same JSON. Then 20 clients that never read show the growth of the gateway's memory, at 10 Hz:
 * first WebSockets of web pages, then streams of server-sent events.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { connect } from "node:net"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { WebSocket } from "ws"

const clients = 50
const stalled = 20
const seconds = 15
const stalledSeconds = 20

interface Usage {
  readonly cpu: number
  readonly heap: number
  /** Buffers outside the heap. */
  readonly external: number
  readonly rss: number
}

const start = async <A>(...words: ReadonlyArray<string>): Promise<A & { readonly child: ChildProcess }> => {
  const child = fork(path.join(import.meta.dirname, "programs", "gateway.ts"), words, { execArgv: ["--expose-gc"] })
  const [told] = (await once(child, "message")) as [A]
  return { ...told, child }
}

const usageOf = async (child: ChildProcess): Promise<Usage> => {
  child.send({ ask: "usage" })
  for (;;) {
    const [message] = (await once(child, "message")) as [{ readonly usage?: Usage }]
    if (message.usage !== undefined) return message.usage
  }
}

const now = () => (performance.timeOrigin + performance.now()) / 1000

/** A client that acknowledges frames, and its measurements. */
const client = async (url: string, delays: Array<number>) => {
  const socket = new WebSocket(url)
  await once(socket, "open")
  socket.send(JSON.stringify({ sub: 1, targets: ["m000"], maxHz: 20 }))
  socket.on("message", (data: Buffer) => {
    const time = now()
    const frame = JSON.parse(data.toString())
    if (frame.n === undefined) return
    socket.send(`{"ack":${frame.n}}`)
    for (const [, , , value] of frame.d ?? []) if (value > 0) delays.push((time - value) * 1000)
  })
  return socket
}

const load = async (name: string, url: string, child: ChildProcess): Promise<string> => {
  const delays: Array<number> = []
  const sockets = await Promise.all(Array.from({ length: clients }, () => client(url, delays)))
  await setTimeout(3000)
  delays.length = 0
  const before = await usageOf(child)
  const from = now()
  await setTimeout(seconds * 1000)
  const after = await usageOf(child)
  const spent = now() - from
  for (const socket of sockets) socket.terminate()
  delays.sort((one, other) => one - other)
  const at = (part: number) => (delays[Math.floor(delays.length * part)] ?? Number.NaN).toFixed(1)
  const cores = ((after.cpu - before.cpu) / spent).toFixed(2)
  return `| ${name} | ${Math.round(delays.length / spent)} | ${cores} | ${at(0.5)} | ${at(0.99)} | ${at(0.999)} |`
}

const device = await start<{ port: number }>("device")
const gateway = await start<{ url: string }>("gateway", `${device.port}`)
const rows = [await load("gateway", gateway.url, gateway.child)]

// clients that never read
const stalledPage = async (): Promise<() => void> => {
  const socket = new WebSocket(gateway.url)
  await once(socket, "open")
  socket.send(JSON.stringify({ sub: 1, targets: ["m000"], maxHz: 20 }))
  socket.pause()
  return () => socket.terminate()
}
const stalledStream = async (): Promise<() => void> => {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect({ host: hostname, port: Number(port) })
  await once(socket, "connect")
  socket.write("GET /api/events?match=m000&maxHz=20 HTTP/1.1\r\nHost: localhost\r\n\r\n")
  // the first bytes show that it has begun
  await once(socket, "data")
  socket.pause()
  return () => socket.destroy()
}
/** The growth of the memory of the gateway with clients that never read. */
const grown = async (name: string, open: () => Promise<() => void>): Promise<string> => {
  const before = await usageOf(gateway.child)
  const closes = await Promise.all(Array.from({ length: stalled }, open))
  await setTimeout(stalledSeconds * 1000)
  const after = await usageOf(gateway.child)
  for (const close of closes) close()
  await setTimeout(1000)
  return `| ${name} | ${(after.heap - before.heap).toFixed(1)} | ${(after.external - before.external).toFixed(1)} | ${(after.rss - before.rss).toFixed(1)} |`
}
device.child.send({ hertz: 10 })
await setTimeout(2000)
const stalledRows = [await grown("WebSockets of pages", stalledPage), await grown("server-sent events", stalledStream)]
gateway.child.kill()
device.child.kill()

const plain = await start<{ url: string }>("plain")
rows.push(await load("plain server on ws", plain.url, plain.child))
plain.child.kill()

console.log(`${clients} clients × 1,000 sensors × 1 Hz, ${seconds} s:\n`)
console.log("| server | readings/s | CPU, cores | set to frame, p50, ms | p99 | p99.9 |\n|---|---|---|---|---|---|")
for (const row of rows) console.log(row)
console.log(`\n${stalled} clients that read nothing, 10 Hz, ${stalledSeconds} s: the gateway grows by\n`)
console.log("| clients | heap, MB | external, MB | RSS, MB |\n|---|---|---|---|")
for (const row of stalledRows) console.log(row)
