import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Arg, Client, Interface, Request, Server } from "katcp"
import { Faults, MemoryNetwork, RawConnection } from "katcp/Testing"
import { endOf, immediately, textOf } from "./faultLab.ts"
import { failure, memory, openEnd, reasonOf, type Transport, tcp, turns } from "./transports.ts"

class Adder extends Interface.make("adder").add(
  Request.make("add", { doc: "Add.", args: { x: Arg.Float, y: Arg.Float }, reply: { sum: Arg.Float } })
) {}
const Device = Server.layer(Adder).pipe(
  Layer.provide(Adder.toLayer({ add: ({ x, y }) => Effect.succeed({ sum: x + y }) })),
  Layer.provideMerge(MemoryNetwork.layer)
)
const dial = Effect.gen(function* () {
  const network = yield* MemoryNetwork
  return yield* Effect.provideServiceEffect(
    Client.make(Adder, { reconnect: false, timeoutHints: false }),
    Socket.Socket,
    network.connect
  )
})
const faultsOf = Effect.map(MemoryNetwork, (network) => network.faults)
/** The fault of a request or a connection. */
const reasonsOf = (exit: Exit.Exit<unknown, { readonly _tag: string }>) => {
  const error = Exit.isFailure(exit) ? exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error : undefined
  return error !== undefined && "reason" in error ? (error.reason as { readonly _tag: string })._tag : undefined
}

layer(Device)("a network in memory", (it) => {
  it.effect(
    "refuses for a while, and then accepts; existing connections continue",
    Effect.fnUntraced(function* () {
      const faults = yield* faultsOf
      const first = yield* dial
      yield* faults.refuse
      assert.strictEqual(reasonsOf(yield* Effect.exit(Effect.scoped(dial))), "ConnectFailed")
      assert.strictEqual((yield* first.request.add({ x: 1, y: 2 })).sum, 3)
      yield* faults.accept
      assert.strictEqual((yield* (yield* dial).request.add({ x: 2, y: 2 })).sum, 4)
    })
  )

  it.effect(
    "does not answer a dial until it accepts or refuses; dialling can be interrupted",
    Effect.fnUntraced(function* () {
      const faults = yield* faultsOf
      yield* faults.ignore
      const dialling = yield* Effect.forkScoped(dial, immediately)
      const givingUp = yield* Effect.forkChild(Effect.scoped(Effect.timeoutOption(dial, "1 second")), immediately)
      yield* turns
      assert.isUndefined(dialling.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(givingUp))._tag, "None")
      yield* faults.accept
      assert.strictEqual((yield* (yield* Fiber.join(dialling)).request.add({ x: 1, y: 2 })).sum, 3)
      yield* faults.ignore
      const refused = yield* Effect.forkChild(Effect.exit(Effect.scoped(dial)), immediately)
      yield* turns
      yield* faults.refuse
      assert.strictEqual(reasonsOf(yield* Fiber.join(refused)), "ConnectFailed")
      yield* faults.accept
    })
  )

  it.effect(
    "plans the faults of the next connections, one after the other",
    Effect.fnUntraced(function* () {
      const faults = yield* faultsOf
      const refused = yield* faults.next(Faults.refused)
      const ignored = yield* faults.next(Faults.ignored)
      const silent = yield* faults.next(Faults.hang("toClient"))
      const broken = yield* faults.next(Faults.after("toServer", /^\?add/, Faults.reset))
      assert.strictEqual(reasonsOf(yield* Effect.exit(Effect.scoped(dial))), "ConnectFailed")
      yield* refused.fired
      const second = yield* Effect.forkScoped(dial, immediately)
      yield* ignored.fired
      const third = yield* Effect.forkChild(Effect.exit(Effect.scoped(dial)), immediately)
      yield* TestClock.adjust("1 minute")
      assert.isUndefined(second.pollUnsafe())
      assert.strictEqual(reasonsOf(yield* Fiber.join(third)), "TimedOut")
      assert.strictEqual((yield* silent.connection).server, "127.0.0.1:7147")
      const fourth = yield* dial
      assert.strictEqual(reasonsOf(yield* Effect.exit(fourth.request.add({ x: 1, y: 2 }))), "Disconnected")
      yield* broken.fired
      const fifth = yield* dial
      assert.strictEqual((yield* fifth.request.add({ x: 1, y: 2 })).sum, 3)
      assert.isTrue((yield* faultsOf).connections.some((connection) => connection.isOpen))
    })
  )

  it.effect(
    "plans for future connections, and identifies them",
    Effect.fnUntraced(function* () {
      const network = yield* MemoryNetwork
      const { faults } = network
      const planned = yield* faults.next(Faults.insert("#planned\n", "toClient"))
      const nobody = yield* network.connectTo(NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 1))
      assert.strictEqual(yield* failure(Effect.scoped(nobody.reader)), "SocketOpenError")
      yield* faults.refuse
      assert.strictEqual(yield* failure(Effect.scoped((yield* network.connect).reader)), "SocketOpenError")
      yield* faults.accept
      const client = yield* RawConnection.make(yield* network.connect)
      yield* client.expect("#planned")
      const { client: address } = yield* planned.connection
      yield* client.settle
      yield* client.send("?client-list\n")
      assert.include(yield* client.settle, `#client-list ${address}`)
    })
  )

  it.effect(
    "keeps the time of the test",
    Effect.fnUntraced(function* () {
      const { faults } = yield* MemoryNetwork
      const client = yield* dial
      yield* faults.delay("1 second")
      const adding = yield* Effect.forkChild(client.request.add({ x: 1, y: 2 }), immediately)
      yield* turns
      yield* TestClock.adjust("1999 millis")
      yield* turns
      assert.isUndefined(adding.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(adding)).sum, 3)
      yield* faults.delay(0)
    })
  )

  for (let line = 1; line <= 4; line++)
    it.effect(
      `a client survives a cut at any line: after line ${line} of the device`,
      Effect.fnUntraced(function* () {
        const faults = yield* faultsOf
        yield* faults.next(Faults.after("toClient", line, Faults.cut))
        const exit = yield* Effect.exit(
          Effect.scoped(Effect.flatMap(dial, (client) => Effect.forever(client.request.add({ x: 1, y: 2 }))))
        )
        assert.strictEqual(reasonsOf(exit), "Disconnected")
      })
    )
})

describe("networks", () => {
  it.effect(
    "can share their faults",
    Effect.fnUntraced(function* () {
      const faults = yield* Faults.make
      const address = NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, 1)
      const reached: Array<string> = []
      for (const _ of [1, 2])
        yield* Effect.gen(function* () {
          const network = yield* MemoryNetwork
          assert.strictEqual(network.faults, faults)
          yield* network.listen(address)
          yield* faults.refuse
          const socket = yield* network.connectTo(address)
          reached.push(yield* failure(Effect.scoped(socket.reader)))
          yield* faults.accept
          yield* Effect.scoped(socket.reader)
        }).pipe(Effect.provide(MemoryNetwork.layerEmpty({ faults })))
      assert.deepStrictEqual(reached, ["SocketOpenError", "SocketOpenError"])
    })
  )
})

/** A device of the test behind faults: what it was connected with, and the peer that dialled through them. */
const through = Effect.fnUntraced(function* (transport: Transport, ...steps: ReadonlyArray<Faults.Step>) {
  const { connect, server } = yield* transport.open
  const device: Array<RawConnection.RawConnection> = []
  yield* Effect.forkScoped(
    server.run((socket) =>
      Effect.scoped(
        Effect.flatMap(Effect.orDie(RawConnection.make(socket)), (made) => {
          device.push(made)
          return Effect.never
        })
      )
    ),
    immediately
  )
  const faults = yield* Faults.make
  const planned = yield* faults.next(...steps)
  const client = yield* RawConnection.make(Faults.wrap(yield* connect, faults))
  while (device.length === 0) yield* Effect.yieldNow
  return { faults, planned, client, device: device[0]! }
})

for (const transport of [memory, tcp]) {
  const test = transport.live ? it.live : it.effect

  describe(`faults in front of a socket over ${transport.name}`, () => {
    test(
      "pass everything, including half-closes",
      Effect.fnUntraced(function* () {
        const { client, device } = yield* through(transport)
        yield* client.send("?a\n")
        yield* device.expect("?a")
        yield* client.closeWrite
        assert.strictEqual(reasonOf(new Socket.SocketError({ reason: yield* device.closed })), "closed 1000")
        yield* device.send("!a ok\n")
        yield* client.expect("!a ok")
        yield* device.close
        assert.strictEqual(reasonOf(new Socket.SocketError({ reason: yield* client.closed })), "closed 1000")
      })
    )

    test(
      "deliver data that was sent before the client closed",
      Effect.fnUntraced(function* () {
        const { client, device } = yield* through(transport)
        const much = `${"x".repeat(300_000)}\n`
        yield* Effect.forkChild(client.send(much), immediately)
        yield* device.next
        yield* client.send("?last\n")
        yield* client.close
        yield* device.expect("?last")
        assert.strictEqual((yield* device.closed)._tag, "SocketCloseError")
      })
    )

    test(
      "cut, reset, and rewrite lines",
      Effect.fnUntraced(function* () {
        const { client, device, faults, planned } = yield* through(
          transport,
          Faults.rewrite("toClient", 1, () => "!a fail"),
          Faults.after("toServer", 2, Faults.reset)
        )
        yield* device.send("!a ok\n")
        yield* client.expect("!a fail")
        yield* client.send("?one\n?two\n?three\n")
        yield* planned.fired
        yield* device.expect("?one", "?two")
        yield* device.closed
        assert.strictEqual((yield* client.closed)._tag, "SocketReadError")
        assert.deepStrictEqual(faults.connections, [])
      })
    )

    test(
      "pass on a reset of the device",
      Effect.fnUntraced(function* () {
        const { client, device } = yield* through(transport)
        yield* device.reset
        const reason = yield* client.closed
        // a real socket is closed with an error instead
        if (!transport.live) assert.strictEqual(reason._tag, "SocketReadError")
        yield* Effect.flip(Effect.forever(client.send("x")))
      })
    )
  })
}

describe("faults in front of a socket", () => {
  it.effect(
    "refuse, and let its own refusal through",
    Effect.fnUntraced(function* () {
      const network = yield* MemoryNetwork
      const faults = yield* Faults.make
      const socket = Faults.wrap(yield* network.connect, faults)
      assert.strictEqual(yield* failure(Effect.scoped(openEnd(socket))), "SocketOpenError")
      yield* network.listen()
      yield* faults.refuse
      assert.strictEqual(yield* failure(Effect.scoped(openEnd(socket))), "SocketOpenError")
      yield* faults.accept
      const client = yield* RawConnection.make(socket)
      assert.strictEqual(yield* textOf(client), "")
      assert.isUndefined(yield* endOf(client))
      assert.deepStrictEqual(faults.connections.length, 1)
    }, Effect.provide(MemoryNetwork.layerEmpty()))
  )
})
