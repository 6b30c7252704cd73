/** Open handles after a thousand cuts of a real connection. */
import { once } from "node:events"
import { readdirSync } from "node:fs"
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import { NodeClient, NodeServer } from "katcp/Node"
import { Proxy } from "katcp/Proxy"
import { Site } from "katcp/Site"

/** A device with one sensor, which the test plays over TCP: it answers and is cut. */
const startDevice = async () => {
  let connection: net.Socket | undefined
  let connections = 0
  const server = net.createServer((socket) => {
    connection = socket
    connections++
    socket.on("error", () => {})
    socket.write("#version-connect katcp-protocol 5.1-MIB\n")
    socket.setEncoding("latin1").on("data", (text) => {
      for (const [, head = "", name = ""] of String(text).matchAll(/^\?((\S+?)\[\d+\])/gm)) {
        if (name === "help") socket.write(`#${head} sensor-list doc\n!${head} ok 1\n`)
        else if (name === "sensor-list") socket.write(`#${head} temp doc \\@ integer\n!${head} ok 1\n`)
        else if (name === "sensor-sampling") socket.write(`#sensor-status 1 1 temp nominal 1\n!${head} ok temp auto\n`)
        else socket.write(`!${head} invalid unknown\n`)
      }
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as net.AddressInfo).port,
    cut: () => connection?.resetAndDestroy(),
    connections: () => connections,
    close: () => server.close()
  }
}

const handles = () => {
  const resources: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1
  // timers come and go
  const { Immediate: _, Timeout: __, ...others } = resources
  return { others, files: process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0 }
}

describe("a proxy whose device is cut off a thousand times over TCP", () => {
  it.live(
    "has as many sockets and files open as before",
    () =>
      Effect.gen(function* () {
        // several at a time, so a thousand take no longer than a hundred
        const devices = yield* Effect.promise(() => Promise.all(Array.from({ length: 10 }, startDevice)))
        yield* Effect.addFinalizer(() => Effect.sync(() => devices.forEach(({ close }) => void close())))
        const client = { reconnect: Schedule.spaced(1), alive: Number.POSITIVE_INFINITY, deviceLog: false } as const
        const site = yield* Site.make({
          devices: Object.fromEntries(
            devices.map(({ port }, n) => [`m${n}`, { socket: NodeClient.tcp({ host: "127.0.0.1", port }), client }])
          )
        })
        yield* Layer.build(Proxy.layer().pipe(Layer.provide([Layer.succeed(Site, site), NodeServer.tcp({ port: 0 })])))
        const cut = Effect.fnUntraced(function* (times: number) {
          for (let time = 0; time < times / devices.length; time++) {
            yield* site.synced
            const before = devices.map(({ connections }) => connections())
            for (const { cut } of devices) cut()
            while (devices.some(({ connections }, n) => connections() === before[n])) yield* Effect.sleep(1)
          }
          yield* site.synced
        })
        const text = () => JSON.stringify(handles())
        yield* cut(50)
        // what was cut is closed a little later
        let before = ""
        for (let same = 0; same < 5; yield* Effect.sleep(20)) {
          same = text() === before ? same + 1 : 0
          before = text()
        }
        yield* cut(1000)
        for (let look = 0; look < 1000 && text() !== before; look++) yield* Effect.sleep(20)
        assert.strictEqual(text(), before)
      }).pipe(Effect.provideService(References.MinimumLogLevel, "None"), Effect.scoped),
    600_000
  )
})
