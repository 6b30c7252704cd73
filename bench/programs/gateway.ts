/**
 * The programs of `bench/gateway.ts`, each a process that talks to its parent. `device` has sensors whose values are
 * the times of setting them, `gateway` serves a site of it, and `plain` is a server on `ws` alone that sends the same
 * JSON.
 */
import { setInterval } from "node:timers/promises"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import { Arg, Interface, Sensor, Server } from "katcp"
import { Gateway } from "katcp/Gateway"
import { NodeClient, NodeServer } from "katcp/Node"
import { Allow, Http, Site } from "katcp/Site"
import { listenHttp } from "katcp/Site/node"
import { WebSocketServer } from "ws"

const [program = "", argument = "", httpPort = "0"] = process.argv.slice(2)
const sensors = 1000
/** Milliseconds between two groups of sensors that are set. */
const step = 20

const now = () => (performance.timeOrigin + performance.now()) / 1000
const tell = (message: unknown) => process.send?.(message)

/** Calls a function with the sensors to set, so each is set this many times a second. */
const paced = async (set: (index: number) => void, hertz: () => number) => {
  let next = 0
  let owed = 0
  let last = now()
  for await (const _ of setInterval(step)) {
    const time = now()
    owed = Math.min(sensors, owed + (time - last) * hertz() * sensors)
    last = time
    for (; owed >= 1; owed--) {
      set(next)
      next = (next + 1) % sensors
    }
  }
}

class Device extends Interface.make("device") {}

const device = Effect.gen(function* () {
  const live = yield* Layer.build(Device.toLayer({}))
  const set = yield* Effect.provideContext(Device.sensorSet, live)
  const all = Array.from({ length: sensors }, (_, index) =>
    Sensor.make(`s${index}`, { doc: "A sensor.", type: Arg.Float, units: "s", initial: 0 })
  )
  for (const sensor of all) yield* set.add(sensor)
  const server = yield* Layer.build(
    Server.layer(Device, { audit: false }).pipe(
      Layer.provide(Layer.succeedContext(live)),
      Layer.provide(NodeServer.tcp({ port: 0 }))
    )
  )
  const handles = all.map(({ name }) => set.get(name)!)
  let hertz = 1
  process.on("message", (message: { readonly hertz?: number; readonly ask?: string }) => {
    hertz = message.hertz ?? hertz
    if (message.ask === "values") tell({ values: handles.map(({ value }) => value) })
  })
  void paced(
    (index) => {
      const time = now()
      handles[index]!.setUnsafe(time, "nominal", time)
    },
    () => hertz
  )
  tell({ port: (Context.get(server, Server.Server).address as NetAddress.InetAddress).port })
  return yield* Effect.never
})

const gateway = Effect.gen(function* () {
  const site = yield* Site.make({ devices: { m000: NodeClient.tcp({ host: "127.0.0.1", port: Number(argument) }) } })
  const http = yield* Layer.build(
    Gateway.layer({ requests: Allow.none }).pipe(
      Layer.provide(Layer.succeed(Site, site)),
      Layer.provideMerge(Http.layer)
    )
  )
  const url = yield* Effect.provideContext(listenHttp({ port: Number(httpPort) }), http)
  yield* site.synced
  tell({ url: `${url.replace(/^http/, "ws")}/api/live` })
  return yield* Effect.never
})

/** Sends the changes to all clients, for ever. */
const plain = async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false })
  server.on("listening", () => tell({ url: `ws://127.0.0.1:${(server.address() as { readonly port: number }).port}` }))
  const changed = new Map<number, number>()
  let frames = 0
  void paced(
    (index) => changed.set(index, now()),
    () => 1
  )
  for await (const _ of setInterval(50)) {
    if (changed.size === 0) continue
    const time = now()
    const d = Array.from(changed, ([index, value]) => [index, Math.round((value - time) * 1e6) / 1e3, 1, value])
    changed.clear()
    const text = JSON.stringify({ n: ++frames, time, d })
    for (const client of server.clients) client.send(text)
  }
}

process.on("message", (message: { readonly ask?: string }) => {
  if (message.ask !== "usage") return
  globalThis.gc?.()
  const { external, heapUsed, rss } = process.memoryUsage()
  const { system, user } = process.cpuUsage()
  tell({ usage: { cpu: (user + system) / 1e6, heap: heapUsed / 1e6, external: external / 1e6, rss: rss / 1e6 } })
})
process.on("disconnect", () => process.exit())

const programs: Readonly<Record<string, Effect.Effect<unknown, unknown>>> = {
  device: Effect.scoped(device),
  gateway: Effect.scoped(gateway),
  plain: Effect.promise(plain)
}
Effect.runPromise(programs[program]!).catch((error) => {
  console.error(error)
  process.exitCode = 1
  process.disconnect()
})
