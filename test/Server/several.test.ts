import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import { SocketServer } from "effect/socket/SocketServer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request, Sensor, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { greeted, say, start, turns } from "./harness.ts"

const connected = Effect.fnUntraced(function* <E>(layer: Layer.Layer<Server.Server, E, SocketServer>) {
  const { dial, server } = yield* start(layer)
  const client = yield* dial()
  yield* client.settle
  return Object.assign(client, { server })
})

describe("several devices and servers", () => {
  const contract = (id: string) =>
    Interface.make(id).add(
      Request.make("name", { doc: "Who.", reply: { id: Arg.Text } }),
      Request.make("note", { doc: "Log." }),
      Sensor.make("own", { doc: "Own", type: Arg.Text, initial: id })
    )
  const live = <C extends ReturnType<typeof contract>>(device: C) =>
    device.toLayer({
      name: () => Effect.succeed({ id: device.id }),
      note: () => Effect.logError(`note of ${device.id}`)
    })
  const dialTo = Effect.fnUntraced(function* (network: MemoryNetwork["Service"], port: number) {
    const socket = yield* network.connectTo(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port))
    const client = yield* RawConnection.make(socket)
    yield* greeted(client)
    return client
  })
  const serving = Effect.fnUntraced(function* (
    network: MemoryNetwork["Service"],
    port: number,
    layer: Layer.Layer<Server.Server, unknown, SocketServer>
  ) {
    const socketServer = yield* network.listen(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port))
    return Layer.provide(layer, Layer.succeed(SocketServer, socketServer))
  })

  it.effect(
    "in one program have sensors, log and clients of their own; one may end while the other continues (A-270)",
    Effect.fnUntraced(function* () {
      const network = Context.get(yield* Layer.build(MemoryNetwork.layerEmpty()), MemoryNetwork)
      const [a, b] = [contract("a"), contract("b")]
      const first = yield* serving(network, 1, Server.layer(a).pipe(Layer.provide(live(a))))
      const second = yield* serving(network, 2, Server.layer(b).pipe(Layer.provide(live(b))))
      const done = yield* Effect.forkScoped(Server.launch(first), { startImmediately: true })
      yield* Effect.forkScoped(Server.launch(second), { startImmediately: true })
      yield* turns
      const [one, two] = [yield* dialTo(network, 1), yield* dialTo(network, 2)]
      yield* say(one, "?name", "?sensor-value", "?note", "?client-list", "?log-level off")
      assert.deepStrictEqual(yield* one.settle, [
        "!name ok a",
        "#sensor-value 0.0 1 own nominal a",
        "!sensor-value ok 1",
        "#log error 0.0 root note\\_of\\_a",
        "!note ok",
        "#client-list 127.0.0.1:50001",
        "!client-list ok 1",
        "!log-level ok off"
      ])
      assert.deepStrictEqual(yield* two.settle, [])
      yield* say(one, "?halt")
      yield* one.closed
      yield* turns
      assert.isDefined(done.pollUnsafe())
      yield* say(two, "?restart")
      yield* two.closed
      const again = yield* dialTo(network, 2)
      yield* say(again, "?name", "?log-level")
      assert.deepStrictEqual(yield* again.settle, ["!name ok b", "!log-level ok warn"])
    })
  )

  it.effect(
    "of one device share it, each in its own version",
    Effect.fnUntraced(function* () {
      const network = Context.get(yield* Layer.build(MemoryNetwork.layerEmpty()), MemoryNetwork)
      const device = contract("shared")
      const listen = (port: number) =>
        Effect.map(network.listen(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port)), (server) =>
          Layer.succeed(SocketServer, server)
        )
      const both = Layer.mergeAll(
        Layer.provide(Server.layer(device, { sharedDevice: true }), yield* listen(11)),
        Layer.provide(
          Server.layer(device, { protocol: Message.Protocol.make(4, 0, "M"), sharedDevice: true }),
          yield* listen(12)
        )
      ).pipe(Layer.provide(live(device)))
      yield* Layer.build(both)
      const one = yield* dialTo(network, 11)
      const two = yield* Effect.flatMap(
        network.connectTo(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 12)),
        (socket) => RawConnection.make(socket)
      )
      yield* two.settle
      yield* TestClock.setTime(1500)
      yield* say(two, "?note", "?log-level error")
      assert.deepStrictEqual(yield* two.settle, [
        "#log error 1500 root note\\_of\\_shared",
        "!note ok",
        "!log-level ok error"
      ])
      yield* say(one, "?log-level")
      assert.deepStrictEqual(yield* one.settle, ["#log error 1.5 root note\\_of\\_shared", "!log-level ok error"])
    })
  )
})

describe("sensors below the handlers", () => {
  it.effect(
    "are the device's own if layerSensors is provided to both",
    Effect.fnUntraced(function* () {
      class Dish extends Interface.make("dish").add(
        Request.make("move", { doc: "Move." }),
        Sensor.make("az", { doc: "Azimuth", type: Arg.Float, initial: 0 })
      ) {}
      class Drive extends Context.Service<Drive, { readonly move: Effect.Effect<void> }>()("test/Drive") {
        static readonly layer = Layer.effect(
          Drive,
          Effect.map(Dish.sensors, ({ az }) => Drive.of({ move: az.set(10) }))
        )
      }
      const handlers = Dish.toLayer(Effect.map(Drive, (drive) => ({ move: () => drive.move })))
      const live = handlers.pipe(Layer.provide(Drive.layer), Layer.provide(Dish.layerSensors))
      const client = yield* connected(Server.layer(Dish).pipe(Layer.provide(live)))
      yield* say(client, "?move", "?sensor-value az")
      assert.deepStrictEqual(yield* client.settle, [
        "!move ok",
        "#sensor-value 0.0 1 az nominal 10.0",
        "!sensor-value ok 1"
      ])
    })
  )
})
