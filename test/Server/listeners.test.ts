import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { SocketServer, SocketServerError, SocketServerOpenError } from "effect/socket/SocketServer"
import { Arg, Interface, Message, Request, RequestFailed, Sensor, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { portOf, socketPath } from "../Node/networks.ts"
import { greeted, keptLog, say, turns } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Request.make("set", { doc: "Set.", args: { az: Arg.Float } }),
  Sensor.make("az", { doc: "Azimuth", type: Arg.Float, initial: 0 })
) {}
const DishLive = Dish.toLayer(Effect.map(Dish.sensors, ({ az }) => ({ set: (args) => az.set(args.az) })))

const at = (port: number) => NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port)

/** A network in memory, and what listens and dials there. */
const network = Effect.map(Layer.build(MemoryNetwork.layerEmpty()), (context) => {
  const memory = Context.get(context, MemoryNetwork)
  const dial = (port: number) =>
    Effect.gen(function* () {
      const client = yield* RawConnection.make(yield* memory.connectTo(at(port)))
      yield* greeted(client)
      return client
    })
  return { listen: (port: number) => Layer.effect(SocketServer, memory.listen(at(port))), dial }
})

/** Serves until it is released. */
const served = Effect.fnUntraced(function* <E>(sockets: Layer.Layer<SocketServer, E>, options?: Server.Options) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
  const layer = Server.layer(Dish, options).pipe(Layer.provide(DishLive), Layer.provide(sockets))
  const server = Context.get(yield* Scope.provide(Layer.build(layer), scope), Server.Server)
  return { server, release: Scope.close(scope, Exit.void) }
})

describe("one device at several addresses (C-126)", () => {
  it.effect(
    "has one list of clients, one log, one set of sensors, and knows the listener of each client",
    Effect.fnUntraced(function* () {
      const { dial, listen } = yield* network
      const { release, server } = yield* served(Server.listeners(listen(1), Server.listeners(listen(2), listen(3))))
      assert.strictEqual(server.address, server.addresses[0])
      assert.deepStrictEqual(server.addresses.map(portOf), [1, 2, 3])
      const one = yield* dial(1)
      const two = yield* dial(2)
      const three = yield* dial(3)
      assert.deepStrictEqual(
        [...server.clients].map(({ listener }) => listener),
        server.addresses
      )
      assert.strictEqual((yield* one.settle).filter((line) => line.startsWith("#client-connected")).length, 2)
      yield* two.settle
      yield* say(three, "?sensor-sampling az event", "?log-level info")
      yield* three.settle
      yield* say(one, "?set 5", "?client-list", "?log-level")
      const [, , , count, level] = (yield* one.settle).slice(-5)
      assert.deepStrictEqual([count, level], ["!client-list ok 3", "!log-level ok info"])
      assert.deepStrictEqual(yield* three.settle, ["#sensor-status 0.0 1 az nominal 5.0"])
      yield* release
      for (const client of [one, two, three]) {
        assert.strictEqual((yield* client.settle).at(-1), "#disconnect The\\_device\\_is\\_stopping.")
        yield* client.closed
      }
    })
  )

  it.effect(
    "replaces the client of a single-client device at any listener (P-290)",
    Effect.fnUntraced(function* () {
      const { dial, listen } = yield* network
      const { server } = yield* served(Server.listeners(listen(1), listen(2)), {
        protocol: Message.Protocol.make(5, 1, "I")
      })
      const one = yield* dial(1)
      yield* dial(2)
      assert.match((yield* one.settle).join(), /^#disconnect New\\_client/)
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.effect(
    "can listen at another address while it runs; that listener's clients end with it, the others stay",
    Effect.fnUntraced(function* () {
      const { dial, listen } = yield* network
      const { server } = yield* served(listen(1))
      const one = yield* dial(1)
      const later = yield* Scope.make()
      const address = yield* Scope.provide(server.listen(Server.listeners(listen(2), listen(3))), later)
      assert.strictEqual(portOf(address), 2)
      assert.deepStrictEqual(server.addresses.map(portOf), [1, 2, 3])
      const two = yield* dial(2)
      yield* say(two, "?client-list")
      assert.strictEqual((yield* two.settle).at(-1), "!client-list ok 2")
      yield* Scope.close(later, Exit.void)
      assert.deepStrictEqual(yield* two.settle, ["#disconnect This\\_address\\_is\\_no\\_longer\\_served."])
      yield* two.closed
      assert.deepStrictEqual(server.addresses.map(portOf), [1])
      yield* one.settle
      yield* say(one, "?client-list")
      assert.strictEqual((yield* one.settle).at(-1), "!client-list ok 1")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.scoped(dial(2)))))
      // and it can be taken again
      yield* server.listen(listen(2))
      yield* dial(2)
      assert.strictEqual(server.clients.size, 2)
    })
  )

  it.effect(
    "fails to listen as the layer does",
    Effect.fnUntraced(function* () {
      const { listen } = yield* network
      const { server } = yield* served(listen(1))
      const exit = yield* Effect.exit(server.listen(listen(1)))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(server.addresses.map(portOf), [1])
    })
  )

  it.effect(
    "ends all listeners with the server, including added ones",
    Effect.fnUntraced(function* () {
      const { dial, listen } = yield* network
      const { server } = yield* served(listen(1))
      yield* server.listen(listen(2))
      const clients = [yield* dial(1), yield* dial(2)]
      yield* server.halt
      for (const client of clients) {
        assert.strictEqual((yield* client.settle).at(-1), "#disconnect The\\_device\\_was\\_halted.")
        yield* client.closed
      }
    })
  )

  it.effect(
    "keeps its addresses while the device restarts (P-105)",
    Effect.fnUntraced(function* () {
      const { dial, listen } = yield* network
      const layer = Server.layer(Dish).pipe(Layer.provide(DishLive))
      const sockets = Server.listeners(listen(1), listen(2))
      yield* Effect.forkScoped(Effect.provide(Server.launch(layer), sockets), { startImmediately: true })
      yield* turns
      const one = yield* dial(1)
      yield* say(one, "?restart")
      yield* one.closed
      yield* dial(2)
      yield* dial(1)
    })
  )

  it.effect(
    "ends with the error of a listener that fails",
    Effect.fnUntraced(function* () {
      const log = keptLog()
      const error = new SocketServerError({ reason: new SocketServerOpenError({ cause: "unplugged" }) })
      const broken = Layer.succeed(
        SocketServer,
        SocketServer.of({ address: at(9), run: () => Effect.andThen(Effect.yieldNow, Effect.fail(error)) })
      )
      const { listen } = yield* network
      const layer = Server.layer(Dish).pipe(Layer.provide(DishLive), Layer.provide(log.layer))
      const exit = yield* Effect.exit(Effect.provide(Server.launch(layer), Server.listeners(listen(1), broken)))
      assert.deepStrictEqual(exit, Exit.fail(error))
      assert.strictEqual(log.records.filter(({ level }) => level === "Error").length, 1)
    })
  )

  it.effect(
    "serves other protocols, too",
    Effect.fnUntraced(function* () {
      const { dial, listen } = yield* network
      const context = yield* Layer.build(Server.listeners(listen(1), listen(2)))
      const sockets = Context.get(context, SocketServer)
      yield* Effect.forkScoped(
        sockets.run(
          Server.serveLines({
            connect: (client) => {
              for (const line of ["one", "two", "three"]) client.send(line)
              return Effect.succeed((line) => Effect.sync(() => client.send(`${line}!`)))
            }
          })
        ),
        { startImmediately: true }
      )
      for (const port of [1, 2]) {
        const client = yield* dial(port)
        yield* say(client, "hello")
        assert.deepStrictEqual(yield* client.settle, ["hello!"])
      }
    })
  )

  it.live(
    "works on memory, TCP, Unix and WebSocket at once (C-126)",
    Effect.fnUntraced(function* () {
      const path = yield* socketPath
      const memory = yield* Layer.build(MemoryNetwork.layer)
      const local = { host: "127.0.0.1", port: 0 }
      const { release, server } = yield* served(
        Server.listeners(
          Layer.succeedContext(memory),
          NodeServer.tcp(local),
          NodeServer.unix({ path }),
          NodeServer.webSocket(local)
        ),
        // who comes by the network may not set anything
        {
          guard: ({ listener }, { name }) =>
            name === "set" && listener._tag !== "UnixPathAddress" ? new RequestFailed({ message: "no" }) : undefined
        }
      )
      const [inMemory, tcp, unix, webSocket] = server.addresses
      assert.strictEqual(inMemory, server.address)
      assert.deepStrictEqual(unix, NetAddress.unixPathAddress(path))
      const sockets: ReadonlyArray<Layer.Layer<Socket.Socket>> = [
        Layer.provide(MemoryNetwork.layerClient, Layer.succeedContext(memory)),
        NodeClient.tcp({ port: portOf(tcp!) }),
        NodeClient.unix({ path }),
        NodeClient.webSocket(`ws://127.0.0.1:${portOf(webSocket!)}`)
      ]
      const dial = Effect.fnUntraced(function* (layer: Layer.Layer<Socket.Socket>) {
        const socket = Context.get(yield* Layer.build(layer), Socket.Socket)
        const client = yield* RawConnection.make(socket)
        yield* greeted(client)
        return client
      })
      const clients = yield* Effect.forEach(sockets, dial)
      const until = (client: RawConnection.RawConnection, end: RegExp) =>
        Effect.repeat(client.next, { until: (line) => end.test(line) })
      for (const [n, client] of clients.entries()) {
        yield* say(client, "?sensor-sampling az event")
        yield* until(client, /^!sensor-sampling ok/)
        yield* say(client, `?set ${n + 1}`)
        yield* until(client, n === 2 ? /^!set ok/ : /^!set fail no/)
      }
      for (const client of clients.slice(0, 2)) yield* until(client, /^#sensor-status .* az nominal 3.0/)
      yield* say(clients[0]!, "?client-list")
      yield* until(clients[0]!, /^!client-list ok 4/)
      yield* Effect.forkChild(release)
      for (const client of clients) yield* until(client, /^#disconnect The\\_device\\_is\\_stopping/)
    })
  )
})
