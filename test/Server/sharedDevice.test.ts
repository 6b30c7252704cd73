/** Several servers in one program: of several devices, or of one. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import { SocketServer } from "effect/socket/SocketServer"
import { Arg, Interface, Message, Sensor, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { say } from "./harness.ts"

class Dish extends Interface.make("dish").add(Sensor.make("az", { doc: "Azimuth", type: Arg.Float })) {}
const DishLive = Dish.toLayer({})

const at = (port: number) => NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port)
const network = Effect.map(Layer.build(MemoryNetwork.layerEmpty()), (context) => {
  const memory = Context.get(context, MemoryNetwork)
  return {
    listen: (port: number) => Layer.effect(SocketServer, memory.listen(at(port))),
    value: Effect.fnUntraced(function* (port: number) {
      const client = yield* Effect.flatMap(memory.connectTo(at(port)), (socket) => RawConnection.make(socket))
      yield* client.settle
      yield* say(client, "?sensor-value az")
      return (yield* client.settle)[0]!.split(" ").at(-1)
    })
  }
})
/** A server of a device whose azimuth is as given. */
const serving = (device: typeof DishLive, sockets: Layer.Layer<SocketServer, unknown>, azimuth: number) =>
  Server.layer(Dish, {
    services: [Effect.flatMap(Dish.sensors, ({ az }) => az.set(azimuth))]
  }).pipe(Layer.provide(Layer.merge(device, sockets)))

describe("two servers of one program", () => {
  it.effect(
    "that are provided the same layer of a device would be one device: the second dies, and says what to do",
    Effect.fnUntraced(function* () {
      const { listen } = yield* network
      const both = Layer.merge(serving(DishLive, listen(1), 1), serving(DishLive, listen(2), 2))
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(both)))
      assert.isTrue(Exit.isFailure(exit))
      assert.match(String(exit), /device dish is already served by another server .* provide Layer\.fresh\(…\)/)
    })
  )

  it.effect(
    "with fresh layers have sensors of their own, and so does a device that is served again",
    Effect.fnUntraced(function* () {
      const { listen, value } = yield* network
      const both = Layer.merge(
        serving(Layer.fresh(DishLive), listen(1), 1),
        serving(Layer.fresh(DishLive), listen(2), 2)
      )
      yield* Effect.gen(function* () {
        yield* Layer.build(both)
        assert.deepStrictEqual([yield* value(1), yield* value(2)], ["1.0", "2.0"])
      }).pipe(Effect.scoped)
      // what has ended does not count
      yield* Effect.scoped(Layer.build(both))
    })
  )

  it.effect(
    "may share a device if both say so; not if one does",
    Effect.fnUntraced(function* () {
      const { listen, value } = yield* network
      const shared = (port: number, options: Server.Options) => Layer.provide(Server.layer(Dish, options), listen(port))
      const build = (one: Server.Options, other: Server.Options) =>
        Layer.build(Layer.merge(shared(1, one), shared(2, other)).pipe(Layer.provideMerge(DishLive)))
      yield* Effect.gen(function* () {
        const context = yield* build(
          { sharedDevice: true },
          { sharedDevice: true, protocol: Message.Protocol.make(4, 0, "M") }
        )
        const { az } = yield* Effect.provideContext(Dish.sensors, context)
        yield* az.set(7)
        assert.deepStrictEqual([yield* value(1), yield* value(2)], ["7.0", "7.0"])
      }).pipe(Effect.scoped)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.scoped(build({ sharedDevice: true }, {})))))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.scoped(build({}, { sharedDevice: true })))))
    })
  )
})
