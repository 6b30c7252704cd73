/** A device on a network in memory, with a client that stays when the device goes and comes. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { TestClock } from "effect/testing"
import { Arg, Client, Interface, Sensor, Server } from "katcp"
import { MemoryNetwork } from "katcp/Testing"

export class Dish extends Interface.make("dish").add(
  Sensor.make("azimuth", { type: Arg.Float, units: "deg" }),
  Sensor.make("busy", { type: Arg.Boolean })
) {}

/** The device, whose sensors live on while it cannot be reached, and a client that has been connected to it. */
export const siteWith = (clientOptions?: Client.Options, serverOptions?: Parameters<typeof Server.layer>[1]) =>
  Effect.gen(function* () {
    const network = yield* Effect.flatMap(Layer.build(MemoryNetwork.layerEmpty()), (context) =>
      Effect.provideContext(MemoryNetwork, context)
    )
    const device = yield* Layer.build(Dish.toLayer({}))
    const serve = Layer.provide(
      Server.layer(Dish, serverOptions),
      Layer.merge(Layer.succeedContext(device), Layer.effect(SocketServer.SocketServer, network.listen()))
    )
    const outer = yield* Effect.scope
    let plugged: Scope.Closeable | undefined
    const plug = Effect.gen(function* () {
      plugged = yield* Scope.fork(outer)
      yield* Layer.buildWithScope(serve, plugged)
    })
    const unplug = Effect.suspend(() => (plugged === undefined ? Effect.void : Scope.close(plugged, Exit.void)))
    yield* plug
    const socket = yield* network.connect
    const client = yield* Effect.provideService(
      Client.make(Dish, { alive: Number.POSITIVE_INFINITY, ...clientOptions }),
      Socket.Socket,
      socket
    )
    const another = Effect.provideServiceEffect(
      Client.make(Dish, { alive: Number.POSITIVE_INFINITY, ...clientOptions }),
      Socket.Socket,
      network.connect
    )
    const sensors = yield* Effect.provideContext(Dish.sensors, device)
    const set = yield* Effect.provideContext(Dish.sensorSet, device)
    return { another, client, cut: socket.reset, plug, sensors, set, unplug }
  })

export const site = siteWith()

/** Lets time pass, a millisecond by default, and all that is then due come to rest. */
export const pass = Effect.fnUntraced(function* (duration: Duration.Input = 1) {
  yield* TestClock.adjust(duration)
  for (let turn = 0; turn < 20; turn++) yield* TestClock.adjust(0)
})

/** Time enough to connect again, or to ask again. */
export const rest = Effect.repeat(pass("1 second"), { times: 5 })

/** The strategies of this client on the device, by sensor, without `none`. */
export const subscriptionsOf = Effect.fnUntraced(function* ({ call }: Pick<Client.Client<never, never>, "call">) {
  const found: Record<string, string> = {}
  const { informs } = yield* call("sensor-list")
  for (const inform of informs) {
    const name = inform.text(0)!
    const { values } = yield* call("sensor-sampling", [name])
    const strategy = values.slice(1).join(" ")
    if (strategy !== "none") found[name] = strategy
  }
  return found
})
