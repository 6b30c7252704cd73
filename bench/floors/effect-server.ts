/**
 * The cost of Effect, used with care: `effect-server.ts PORT NSENSORS`.
 *
 * Like net-server.ts, but a scoped fiber pulls the socket through Effect's Socket and lines become message objects.
 * Every request is an Effect in its own fiber that starts synchronously (no scheduling if it does not suspend), and
 * answers are gathered and written once per turn. There are no checks, Schemas, escapes, metrics or logging: the
 * difference to the project is the cost of its features.
 */
import type * as net from "node:net"
import { setImmediate } from "node:timers"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"

const port = Number(process.argv[2])
const count = Number(process.argv[3])
const backlogLimit = 8 << 20

class Sensor {
  readonly name: string
  readonly description: string
  value: string
  time = "0.0"
  observers: Set<Connection> | undefined = undefined
  constructor(name: string, description: string, value: string) {
    this.name = name
    this.description = description
    this.value = value
  }
  set(value: string, millis: number): void {
    this.value = value
    this.time = (millis / 1000).toFixed(6)
    if (this.observers === undefined || this.observers.size === 0) return
    const text = this.status("#sensor-status")
    for (const c of this.observers) c.send(text)
  }
  status(head: string): string {
    return `${head} ${this.time} 1 ${this.name} nominal ${this.value}\n`
  }
}
const sensors = new Map<string, Sensor>()
for (let i = 0; i < count; i++) sensors.set(`s${i}`, new Sensor(`s${i}`, `Bench\\_sensor\\_${i}. V float`, "0.0"))
sensors.set("blob", new Sensor("blob", "Text\\_of\\_any\\_size. \\@ string", "\\@"))

const dirty: Array<Connection> = []
let scheduled = false
const flushAll = () => {
  scheduled = false
  for (let i = 0; i < dirty.length; i++) dirty[i]!.flush()
  dirty.length = 0
}
class Connection {
  readonly net: net.Socket
  readonly sampled = new Set<Sensor>()
  out = ""
  rest = ""
  constructor(socket: net.Socket) {
    this.net = socket
  }
  send(text: string): void {
    if (this.out === "") {
      dirty.push(this)
      if (!scheduled) {
        scheduled = true
        setImmediate(flushAll)
      }
    }
    this.out += text
  }
  flush(): void {
    const out = this.out
    this.out = ""
    if (out === "" || this.net.destroyed) return
    this.net.write(out, "latin1")
    if (this.net.writableLength > backlogLimit) this.net.destroy()
  }
}
class Message {
  readonly name: string
  readonly id: string // with its brackets, as it stands on the wire
  readonly args: Array<string>
  constructor(name: string, id: string, args: Array<string>) {
    this.name = name
    this.id = id
    this.args = args
  }
}
const parse = (s: string): Message => {
  const parts = s.split(" ")
  const head = parts[0]!
  const b = head.indexOf("[")
  parts.shift()
  return b === -1
    ? new Message(head.substring(1), "", parts)
    : new Message(head.substring(1, b), head.substring(b), parts)
}
const reply = (c: Connection, m: Message, rest: string) => c.send(`!${m.name}${m.id}${rest}\n`)

type Handler = (c: Connection, m: Message) => Effect.Effect<string, string>
const requests = new Map<string, Handler>([
  ["watchdog", () => Effect.succeed(" ok")],
  [
    "set-sensor",
    (_c, m) =>
      Effect.gen(function* () {
        const sensor = sensors.get(m.args[0]!)
        if (sensor === undefined) return yield* Effect.fail(" fail unknown\\_sensor")
        sensor.set(m.args[1]!, yield* Clock.currentTimeMillis)
        return " ok"
      })
  ],
  [
    "sensor-sampling",
    (c, m) =>
      Effect.gen(function* () {
        for (const name of m.args[0]!.split(",")) {
          const sensor = sensors.get(name)
          if (sensor === undefined) return yield* Effect.fail(" fail unknown\\_sensor")
          if (m.args[1] === "none") {
            sensor.observers?.delete(c)
            c.sampled.delete(sensor)
          } else {
            sensor.observers ??= new Set()
            sensor.observers.add(c)
            c.sampled.add(sensor)
            c.send(sensor.status("#sensor-status"))
          }
        }
        return ` ok ${m.args.join(" ")}`
      })
  ],
  [
    "sensor-list",
    (c, m) =>
      Effect.sync(() => {
        for (const s of sensors.values()) c.send(`#sensor-list${m.id} ${s.name} ${s.description}\n`)
        return ` ok ${sensors.size}`
      })
  ],
  [
    "sensor-value",
    (c, m) =>
      Effect.sync(() => {
        for (const s of sensors.values()) c.send(s.status(`#sensor-value${m.id}`))
        return ` ok ${sensors.size}`
      })
  ]
])

// a handler runs with the node:net socket in its context, which its type does not show
const serve = (socket: Socket.Socket) =>
  Effect.gen(function* () {
    const { pull } = yield* socket.reader
    const services = yield* Effect.context()
    const run = Effect.runForkWith(services)
    const c = new Connection(Context.getUnsafe(services, NodeSocket.NetSocket))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const s of c.sampled) s.observers?.delete(c)
      })
    )
    c.send(
      "#version-connect katcp-protocol 5.1-MIB\n" +
        "#version-connect katcp-library effect-floor-0.1\n" +
        "#version-connect katcp-device effect-floor-0.1\n"
    )
    const one = (m: Message) => {
      const handler = requests.get(m.name)
      if (handler === undefined) return reply(c, m, " invalid unknown\\_request")
      run(
        Effect.match(handler(c, m), {
          onFailure: (e) => reply(c, m, e),
          onSuccess: (text) => reply(c, m, text)
        })
      )
    }
    while (true) {
      const chunks = yield* pull
      for (const chunk of chunks) {
        const s = c.rest + (chunk as Buffer).toString("latin1")
        let i = 0
        for (;;) {
          const e = s.indexOf("\n", i)
          if (e === -1) break
          if (s.charCodeAt(i) === 63) one(parse(s.substring(i, e)))
          i = e + 1
        }
        c.rest = i < s.length ? s.substring(i) : ""
      }
      flushAll()
    }
  }).pipe(Effect.scoped, Effect.ignore)

const main = Effect.gen(function* () {
  const server = yield* SocketServer.SocketServer
  yield* Effect.sync(() => console.log("ready"))
  return yield* server.run(serve)
})
Layer.launch(
  Layer.effectDiscard(main).pipe(
    Layer.provide(NodeSocketServer.layer({ port, host: "127.0.0.1", backlog: 1024, noDelay: true }))
  )
).pipe(NodeRuntime.runMain)
