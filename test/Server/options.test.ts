import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import { SocketServer } from "effect/socket/SocketServer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request, RequestFailed, RequestInvalid, Sensor, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { greeted, keptLog, say, start, turns } from "./harness.ts"

const bare = Interface.make("bare")
const connected = Effect.fnUntraced(function* <E>(layer: Layer.Layer<Server.Server, E, SocketServer>) {
  const { dial, server } = yield* start(layer)
  const client = yield* dial()
  yield* client.settle
  return Object.assign(client, { server })
})

describe("unhandled requests", () => {
  it.effect(
    "can be answered, with informs, failures and time (A-218, A-219, B-121)",
    Effect.fnUntraced(function* () {
      const layer = Server.layer(bare, {
        unhandled: (message, { id, inform }) => {
          switch (message.name) {
            case "fail":
              return Effect.fail(new RequestFailed({ message: "no" }))
            case "invalid":
              return Effect.fail(new RequestInvalid({ message: "no" }))
            case "later":
              return Effect.as(Effect.sleep("1 second"), ["ok", 1])
            default:
              inform([message.name, id ?? 0])
              return Effect.succeed(["ok", ...message.arguments])
          }
        }
      }).pipe(Layer.provide(bare.toLayer({})))
      const client = yield* connected(layer)
      yield* say(client, "?later[1] x", "?any-thing[2] a \\@ \xff", "?fail[3]", "?invalid", "?watchdog", "?Any")
      assert.deepStrictEqual(yield* client.settle, [
        "#any-thing[2] any-thing 2",
        "!any-thing[2] ok a \\@ \xff",
        "!fail[3] fail no",
        "!invalid invalid no",
        "!watchdog ok",
        "#Any Any 0",
        "!Any ok"
      ])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!later[1] ok 1"])
    })
  )

  it.effect(
    "keep what they were given, though the bytes they came in are gone",
    Effect.fnUntraced(function* () {
      const layer = Server.layer(bare, {
        unhandled: (message) => Effect.map(Effect.sleep("1 second"), () => message.arguments)
      }).pipe(Layer.provide(bare.toLayer({})))
      const client = yield* connected(layer)
      yield* say(client, "?x[1] one two\\_2")
      yield* client.settle
      yield* say(client, "?watchdog", "?watchdog")
      yield* client.settle
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!x[1] one two\\_2"])
    })
  )
})

describe("requests of the contract", () => {
  it.effect(
    "may be raw: the handler gives every argument of the reply, the code too (A-296, A-297)",
    Effect.fnUntraced(function* () {
      const Raw = Interface.make("raw").add(Request.raw("reverse", { doc: "Reverse." }))
      const live = Raw.toLayer({ reverse: (message) => Effect.succeed(message.arguments.toReversed()) })
      const client = yield* connected(Server.layer(Raw).pipe(Layer.provide(live)))
      yield* say(client, "?reverse[1] a b\\_c \xff", "?reverse")
      assert.deepStrictEqual(yield* client.settle, ["!reverse[1] \xff b\\_c a", "!reverse"])
    })
  )

  it.effect(
    "take the place of standard ones (A-243, A-273)",
    Effect.fnUntraced(function* () {
      const Own = Interface.make("own").add(
        Request.make("watchdog", { doc: "My own.", args: { x: Arg.optional(Arg.Int) }, reply: { x: Arg.Int } }),
        Request.make("halt", { doc: "No." })
      )
      const live = Own.toLayer({
        watchdog: ({ x }) => Effect.succeed({ x: x ?? 42 }),
        halt: () => Effect.fail(new RequestFailed({ message: "no" }))
      })
      const client = yield* connected(Server.layer(Own).pipe(Layer.provide(live)))
      yield* say(client, "?watchdog", "?watchdog 5", "?halt", "?help watchdog")
      assert.deepStrictEqual(yield* client.settle, [
        "!watchdog ok 42",
        "!watchdog ok 5",
        "!halt fail no",
        "#help watchdog My\\_own.\\nUsage:\\_?watchdog\\_[x]",
        "!help ok 1"
      ])
    })
  )

  it.effect(
    "exist only where the server speaks what they require (A-207, A-208, A-272)",
    Effect.fnUntraced(function* () {
      const { Protocol } = Message
      const Picky = Interface.make("picky").add(
        Request.make("modern", { doc: "5.1.", requires: Protocol.make(5, 1) }),
        Request.make("hinted", { doc: "With T.", requires: Protocol.make(5, 1, "T") }),
        Request.make("any", { doc: "Any." })
      )
      const live = Picky.toLayer({
        modern: () => Effect.void,
        hinted: () => Effect.void,
        any: () => Effect.void
      })
      const there = Effect.fnUntraced(function* (protocol: Message.Protocol) {
        const client = yield* connected(Server.layer(Picky, { protocol }).pipe(Layer.provide(live)))
        yield* say(client, "?modern", "?hinted", "?any")
        return (yield* client.settle).filter((line) => line.endsWith(" ok")).map((line) => line.slice(1, -3))
      })
      assert.deepStrictEqual(yield* there(Protocol.make(5, 1, "MIT")), ["modern", "hinted", "any"])
      assert.deepStrictEqual(yield* there(Protocol.make(5, 1, "MI")), ["modern", "any"])
      assert.deepStrictEqual(yield* there(Protocol.make(5, 0, "MI")), ["any"])
      assert.deepStrictEqual(yield* there(Protocol.make(4, 0)), ["any"])
    })
  )
})

describe("onConnect (A-228, A-229)", () => {
  it.effect(
    "runs before the first request is read; its Scope is the client's",
    Effect.fnUntraced(function* () {
      const events: Array<string> = []
      const layer = Server.layer(bare, {
        onConnect: (client) =>
          Effect.gen(function* () {
            yield* Effect.sleep("1 second")
            client.inform("state", ["operate", "remote"])
            events.push(`+${client.address}`)
            yield* Effect.addFinalizer(() => Effect.sync(() => events.push(`-${client.address}`)))
          })
      }).pipe(Layer.provide(bare.toLayer({})))
      const { dial, server } = yield* start(layer)
      const client = yield* dial()
      yield* say(client, "?watchdog")
      assert.strictEqual((yield* client.settle).length, 3)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["#state operate remote", "!watchdog ok"])
      assert.deepStrictEqual(events, ["+127.0.0.1:50001"])
      yield* client.close
      yield* turns
      assert.deepStrictEqual(events, ["+127.0.0.1:50001", "-127.0.0.1:50001"])
      assert.strictEqual(server.clients.size, 0)
    })
  )

  it.effect(
    "that dies has its client disconnected, and nobody else",
    Effect.fnUntraced(function* () {
      const log = keptLog()
      const layer = Server.layer(bare, {
        onConnect: ({ address }) => (address.endsWith("1") ? Effect.die(new Error("no seat")) : Effect.void)
      }).pipe(Layer.provide(bare.toLayer({})), Layer.provide(log.layer))
      const { dial, server } = yield* start(layer)
      const first = yield* dial()
      assert.strictEqual((yield* first.settle).at(-1), "#disconnect This\\_device\\_cannot\\_serve\\_you.")
      yield* first.closed
      const second = yield* dial()
      yield* second.settle
      yield* say(second, "?watchdog")
      assert.deepStrictEqual(yield* second.settle, ["!watchdog ok"])
      assert.strictEqual(server.clients.size, 1)
      assert.strictEqual(log.records.filter(({ level }) => level === "Error").length, 1)
    })
  )
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
    "in one program have sensors, log and clients of their own; one may end and the other goes on (A-270)",
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
      const modern = yield* serving(network, 1, Server.layer(device).pipe(Layer.provide(live(device))))
      assert.isDefined(modern)
      const both = yield* Effect.gen(function* () {
        const [one, two] = [
          yield* network.listen(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 11)),
          yield* network.listen(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 12))
        ]
        return Layer.mergeAll(
          Layer.provide(Server.layer(device), Layer.succeed(SocketServer, one)),
          Layer.provide(
            Server.layer(device, { protocol: Message.Protocol.make(4, 0, "M") }),
            Layer.succeed(SocketServer, two)
          )
        ).pipe(Layer.provide(live(device)))
      })
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
    "are the device's own where layerSensors is provided to both",
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
