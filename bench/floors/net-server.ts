/**
 * The floor for servers, on node:net: `net-server.ts PORT NSENSORS`.
 *
 * No library: a chunk is scanned for newlines, and the answers to a chunk are sent in one write per connection. It
 * knows just enough requests for the load generator, checks next to nothing, and decodes no escapes.
 */
import * as net from "node:net"

const port = Number(process.argv[2])
const count = Number(process.argv[3])
const backlogLimit = 8 << 20 // bytes queued for a client that does not read

interface Connection {
  readonly socket: net.Socket
  readonly sampled: Set<Sensor>
  readonly timers: Set<NodeJS.Timeout>
  out: string
  rest: string
}
interface Sensor {
  readonly name: string
  readonly description: string
  value: string
  time: string
  subscribers: Set<Connection> | null
}

const sensors = new Map<string, Sensor>()
const add = (name: string, description: string, value: string) =>
  sensors.set(name, { name, description, value, time: "0", subscribers: null })
for (let i = 0; i < count; i++) add(`s${i}`, `Bench\\_sensor\\_${i}. V float`, "0.0")
add("blob", "Text\\_of\\_any\\_size. \\@ string", "\\@")

let dirty: Array<Connection> = [] // connections with something to send at the end of this chunk
const push = (c: Connection, text: string): void => {
  if (c.out === "") dirty.push(c)
  c.out += text
}
const flush = () => {
  for (const c of dirty) {
    const out = c.out
    c.out = ""
    if (c.socket.destroyed) continue
    c.socket.write(out, "latin1")
    if (c.socket.writableLength > backlogLimit) c.socket.destroy()
  }
  dirty = []
}

const stamp = () => ((performance.timeOrigin + performance.now()) / 1000).toFixed(6)
const status = (s: Sensor) => `#sensor-status ${s.time} 1 ${s.name} nominal ${s.value}\n`

/** Reports sensors by one timer for each request, in one write, on a grid: `setInterval` would begin later each time. */
function repeat(c: Connection, reported: ReadonlyArray<Sensor>, period: number): void {
  let due = performance.now() + period
  let timer: NodeJS.Timeout
  const report = () => {
    c.timers.delete(timer)
    for (const sensor of reported) push(c, status(sensor))
    flush()
    due += period
    again()
  }
  const again = () => {
    // @effect-diagnostics-next-line globalTimers:off
    timer = setTimeout(report, Math.ceil(due - performance.now()))
    c.timers.add(timer)
  }
  again()
}

/** Carries out a request and returns the reply from its code on; its arguments are `s` from `from` to `to`. */
function answer(c: Connection, head: string, s: string, from: number, to: number): string {
  const bracket = head.indexOf("[")
  switch (bracket === -1 ? head : head.substring(0, bracket)) {
    case "watchdog":
      return "ok"
    case "set-sensor": {
      const blank = s.indexOf(" ", from)
      const sensor = sensors.get(s.substring(from, blank))
      if (sensor === undefined) return "fail unknown"
      sensor.value = s.substring(blank + 1, to)
      sensor.time = stamp()
      if (sensor.subscribers !== null && sensor.subscribers.size > 0) {
        const text = status(sensor)
        for (const subscriber of sensor.subscribers) push(subscriber, text)
      }
      return "ok"
    }
    case "sensor-sampling": {
      const blank = s.indexOf(" ", from)
      const on = !s.startsWith("none", blank + 1)
      const period = s.startsWith("period", blank + 1) ? Number(s.substring(blank + 8, to)) * 1000 : 0
      const reported: Array<Sensor> = []
      for (const name of s.substring(from, blank).split(",")) {
        const sensor = sensors.get(name)
        if (sensor === undefined) return "fail unknown"
        if (period > 0) {
          reported.push(sensor)
          push(c, status(sensor))
        } else if (on) {
          sensor.subscribers ??= new Set()
          sensor.subscribers.add(c)
          c.sampled.add(sensor)
          push(c, status(sensor))
        } else {
          sensor.subscribers?.delete(c)
          c.sampled.delete(sensor)
        }
      }
      if (period > 0) repeat(c, reported, period)
      return `ok ${s.substring(from, to)}`
    }
    case "sensor-list":
      for (const x of sensors.values()) push(c, `#${head} ${x.name} ${x.description}\n`)
      return `ok ${sensors.size}`
    case "sensor-value":
      for (const x of sensors.values()) push(c, `#${head} ${x.time} 1 ${x.name} nominal ${x.value}\n`)
      return `ok ${sensors.size}`
    default:
      return "invalid unknown\\_request"
  }
}
function line(c: Connection, s: string, i: number, e: number): void {
  if (s.charCodeAt(i) !== 63) return
  let h = s.indexOf(" ", i)
  if (h === -1 || h > e) h = e
  const head = s.substring(i + 1, h)
  push(c, `!${head} ${answer(c, head, s, h + 1, e)}\n`)
}

const greeting =
  "#version-connect katcp-protocol 5.1-MIB\n" +
  "#version-connect katcp-library net-floor-0.1 net-floor-0.1\n" +
  "#version-connect katcp-device net-floor-0.1 net-floor-0.1\n"

const server = net.createServer({ noDelay: true }, (socket) => {
  const c: Connection = { socket, sampled: new Set(), timers: new Set(), out: "", rest: "" }
  socket.write(greeting, "latin1")
  socket.on("data", (chunk: Buffer) => {
    let s = chunk.toString("latin1")
    if (c.rest !== "") {
      s = c.rest + s
      c.rest = ""
    }
    let i = 0
    for (;;) {
      const e = s.indexOf("\n", i)
      if (e === -1) break
      line(c, s, i, e)
      i = e + 1
    }
    if (i < s.length) c.rest = i === 0 ? s : s.substring(i)
    flush()
  })
  socket.on("error", () => {})
  socket.on("close", () => {
    for (const x of c.sampled) x.subscribers?.delete(c)
    for (const timer of c.timers) clearTimeout(timer)
  })
})
server.listen({ port, host: "127.0.0.1", backlog: 1024 }, () => console.log("ready"))
