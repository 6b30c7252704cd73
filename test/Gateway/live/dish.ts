/** A device with requests of all kinds, in memory, and a site of it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import { Arg, Interface, Request, RequestFailed, Sensor, Server } from "katcp"
import { Site } from "katcp/Site"
import { MemoryNetwork } from "katcp/Testing"

class Dish extends Interface.make("dish")
  .add(
    Request.make("echo", { doc: "Give back.", args: { value: Arg.Bytes }, reply: { value: Arg.Bytes } }),
    Request.make("count", {
      doc: "Count.",
      args: { to: Arg.Int, size: Arg.Int },
      informs: { text: Arg.Text },
      reply: { to: Arg.Int }
    }),
    Request.make("refuse", { doc: "Fail." }),
    Request.make("wait", { doc: "Wait for ever." })
  )
  .add(Sensor.make("temp", { doc: "Temperature", type: Arg.Float, units: "K" })) {}

/** The state that a test changes. */
export interface TestDish {
  readonly sensors: Sensor.SensorSet
  readonly log: Server.Server["Service"]["log"]
  readonly cut: Effect.Effect<void>
  readonly connected: Effect.Effect<void>
  /** How many requests that wait were cancelled. */
  readonly cancelled: () => number
}

/** A site, as a layer, of one device `m000`, and what a test changes of it. */
export const dishSite = Effect.gen(function* () {
  const network = Context.get(yield* Layer.build(MemoryNetwork.layerEmpty()), MemoryNetwork)
  let cancelled = 0
  const live = yield* Layer.build(
    Dish.toLayer({
      echo: ({ value }) => Effect.succeed({ value }),
      count: ({ size, to }, { inform }) =>
        Effect.sync(() => {
          for (let index = 0; index < to; index++) inform({ text: "x".repeat(Number(size)) })
          return { to }
        }),
      refuse: () => new RequestFailed({ message: "not today" }),
      wait: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => cancelled++))
    })
  )
  const sensors = yield* Effect.provideContext(Dish.sensorSet, live)
  const device = yield* Layer.build(
    Server.layer(Dish).pipe(
      Layer.provide(Layer.merge(Layer.succeedContext(live), MemoryNetwork.layerListen(1))),
      Layer.provide(Layer.succeed(MemoryNetwork, network))
    )
  )
  const socket = yield* network.connectTo(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 1))
  const site = yield* Site.make({
    devices: {
      m000: {
        socket: Layer.succeed(Socket.Socket, socket),
        client: { alive: Number.POSITIVE_INFINITY, timeout: "20 seconds" }
      }
    }
  })
  yield* site.synced
  const dish: TestDish = {
    sensors,
    log: Context.get(device, Server.Server).log,
    cut: socket.reset,
    connected: site.synced,
    cancelled: () => cancelled
  }
  return { dish, site, layer: Layer.succeed(Site, site) }
})
