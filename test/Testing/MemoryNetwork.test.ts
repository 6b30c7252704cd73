import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as NetAddress from "effect/net/NetAddress"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { Peer } from "katcp/Server"
import { MemoryNetwork } from "katcp/Testing"
import { drain, failure, memory, type Network, openEnd, readText, tcp, turns } from "./transports.ts"

const immediately = { startImmediately: true } as const

/** Says hello and then sends back what it reads, until the other end closes. */
const echo = (socket: Socket.Socket) =>
  Effect.gen(function* () {
    const end = yield* openEnd(socket)
    yield* end.write("hello")
    return yield* Effect.forever(Effect.flatMap(end.pull, (chunks) => end.write(Buffer.concat(chunks))))
  }).pipe(Effect.scoped, Effect.ignore)

const dial = (network: Network) => Effect.flatMap(network.connect, openEnd)

for (const transport of [memory, tcp]) {
  const test = transport.live ? it.live : it.effect

  describe(`a server over ${transport.name}`, () => {
    test(
      "serves each connection in a fiber of its own",
      Effect.fnUntraced(function* () {
        const network = yield* transport.open
        yield* Effect.forkScoped(network.server.run(echo), immediately)
        const first = yield* dial(network)
        const second = yield* dial(network)
        yield* second.write(" second")
        assert.strictEqual(yield* readText(second, 12), "hello second")
        yield* first.write(" first")
        assert.strictEqual(yield* readText(first, 11), "hello first")
      })
    )

    test(
      "connections dialled before `run` wait, with their data",
      Effect.fnUntraced(function* () {
        const network = yield* transport.open
        const early = yield* dial(network)
        yield* early.write(" early")
        yield* turns
        let served = 0
        const handler = (socket: Socket.Socket) => {
          served++
          return echo(socket)
        }
        const running = yield* Effect.forkChild(network.server.run(handler), immediately)
        assert.strictEqual(yield* readText(early, 11), "hello early")
        yield* Fiber.interrupt(running)
        yield* Effect.forkScoped(network.server.run(handler), immediately)
        assert.strictEqual(yield* readText(yield* dial(network), 5), "hello")
        assert.strictEqual(served, 2)
      })
    )

    test(
      "every acquisition of the reader dials again",
      Effect.fnUntraced(function* () {
        const network = yield* transport.open
        yield* Effect.forkScoped(network.server.run(echo), immediately)
        const socket = yield* network.connect
        for (const word of ["one", "two"]) {
          yield* Effect.gen(function* () {
            const end = yield* openEnd(socket)
            yield* end.write(word)
            assert.strictEqual(yield* readText(end, 8), `hello${word}`)
          }).pipe(Effect.scoped)
        }
      })
    )

    test(
      "a write made between two connections waits for the next one",
      Effect.fnUntraced(function* () {
        const network = yield* transport.open
        yield* Effect.forkScoped(network.server.run(echo), immediately)
        const socket = yield* network.connect
        const { write } = yield* socket.writer
        yield* Effect.scoped(socket.reader)
        const writing = yield* Effect.forkChild(write(" next"), immediately)
        yield* turns
        assert.isUndefined(writing.pollUnsafe())
        const end = yield* openEnd(socket)
        yield* Fiber.join(writing)
        assert.strictEqual(yield* readText(end, 10), "hello next")
      })
    )

    test(
      "a handler's failure closes its connection and is logged; the server continues",
      Effect.fnUntraced(function* () {
        const network = yield* transport.open
        const logged = yield* Queue.unbounded<string>()
        let connections = 0
        const handler = Effect.fnUntraced(function* (socket: Socket.Socket) {
          if (++connections > 1) return yield* echo(socket)
          const end = yield* openEnd(socket)
          yield* end.write("hello")
          return yield* Effect.die("out of order")
        }, Effect.scoped)
        const logger = Logger.make<unknown, void>(({ cause, logLevel }) => {
          Queue.offerUnsafe(logged, `${logLevel} ${cause.reasons.map((reason) => reason._tag).join()}`)
        })
        yield* Effect.forkScoped(Effect.provide(network.server.run(handler), Logger.layer([logger])), immediately)
        const first = yield* dial(network)
        const { bytes, reason } = yield* drain(first)
        assert.strictEqual(bytes.toString(), "hello")
        assert.strictEqual(reason, "closed 1000")
        assert.strictEqual(yield* Queue.take(logged), "Error Die")
        assert.strictEqual(yield* readText(yield* dial(network), 5), "hello")
      })
    )

    test(
      "interrupting `run` interrupts the handlers and closes their connections; new ones wait for the next",
      Effect.fnUntraced(function* () {
        const network = yield* transport.open
        const interrupted = yield* Deferred.make<void>()
        const handler = (socket: Socket.Socket) =>
          Effect.onInterrupt(echo(socket), () => Deferred.succeed(interrupted, undefined))
        const running = yield* Effect.forkChild(network.server.run(handler), immediately)
        const first = yield* dial(network)
        assert.strictEqual(yield* readText(first, 5), "hello")
        yield* Fiber.interrupt(running)
        yield* Deferred.await(interrupted)
        assert.strictEqual(yield* failure(first.pull), "closed 1000")
        const second = yield* dial(network)
        yield* turns
        yield* second.write(" again")
        yield* Effect.forkScoped(network.server.run(echo), immediately)
        assert.strictEqual(yield* readText(second, 11), "hello again")
      })
    )

    test(
      "dialling a closed listener fails, and so does waiting for a `run` that never comes",
      Effect.fnUntraced(function* () {
        const scope = yield* Scope.make()
        const network = yield* Scope.provide(transport.open, scope)
        const waiting = yield* dial(network)
        // The listener of the system hands a connection over a moment after the client has it.
        yield* turns
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* failure(waiting.pull), "closed 1000")
        assert.strictEqual(yield* failure(Effect.scoped(dial(network))), "SocketOpenError")
      })
    )
  })
}

describe("MemoryNetwork", () => {
  const address = (port: number) => NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, port)
  const sayPeer = Effect.fnUntraced(function* (socket: Socket.Socket) {
    const end = yield* openEnd(socket)
    const peer = yield* Peer
    yield* end.write(peer === undefined ? "?" : NetAddress.formatSocketAddress(peer))
    return yield* Effect.never
  }, Effect.scoped)

  it.effect(
    "listens at 127.0.0.1:7147 and gives every client an address of its own, which the handler sees",
    Effect.fnUntraced(function* () {
      const server = yield* SocketServer.SocketServer
      const { connect } = yield* MemoryNetwork
      assert.strictEqual(NetAddress.formatSocketAddress(server.address), "127.0.0.1:7147")
      yield* Effect.forkScoped(server.run(sayPeer), immediately)
      for (const port of [50001, 50002, 50003]) {
        const end = yield* openEnd(yield* connect)
        assert.strictEqual(yield* readText(end, 15), `127.0.0.1:${port}`)
      }
    }, Effect.provide(MemoryNetwork.layer))
  )

  it.effect(
    "client addresses start again after 127.0.0.1:65535",
    Effect.fnUntraced(function* () {
      const server = yield* SocketServer.SocketServer
      const { connect } = yield* MemoryNetwork
      const peers: Array<string> = []
      const note = (_: Socket.Socket) =>
        Effect.map(Peer, (peer) => {
          if (peer !== undefined) peers.push(NetAddress.formatSocketAddress(peer))
        })
      yield* Effect.forkScoped(server.run(note), immediately)
      const socket = yield* connect
      for (let n = 50001; n <= 65536; n++) yield* Effect.scoped(socket.reader)
      assert.deepStrictEqual(peers.slice(-2), ["127.0.0.1:65535", "127.0.0.1:50001"])
    }, Effect.provide(MemoryNetwork.layer))
  )

  it.effect(
    "a handler that fails before it reads leaves no open connection behind",
    Effect.fnUntraced(function* () {
      const server = yield* SocketServer.SocketServer
      const { connect } = yield* MemoryNetwork
      yield* Effect.forkScoped(
        server.run(() => Effect.fail("no")),
        immediately
      )
      const end = yield* openEnd(yield* connect)
      assert.strictEqual(yield* failure(end.pull), "closed 1000")
    }, Effect.provide(MemoryNetwork.layer))
  )

  it.effect(
    "several servers listen at addresses of their own; one can stop and start again",
    Effect.fnUntraced(function* () {
      const network = yield* MemoryNetwork
      const serve = Effect.fnUntraced(function* (port: number, word: string) {
        const scope = yield* Scope.make()
        const server = yield* Scope.provide(network.listen(address(port)), scope)
        const handler = Effect.fnUntraced(function* (socket: Socket.Socket) {
          yield* (yield* openEnd(socket)).write(word)
          return yield* Effect.never
        }, Effect.scoped)
        yield* Effect.forkIn(server.run(handler), scope, immediately)
        return scope
      })
      const read = (port: number) =>
        Effect.scoped(
          Effect.flatMap(Effect.flatMap(network.connectTo(address(port)), openEnd), (end) => readText(end, 3))
        )

      assert.strictEqual(yield* failure(read(1)), "SocketOpenError")
      const one = yield* serve(1, "one")
      const two = yield* serve(2, "two")
      assert.strictEqual(yield* read(1), "one")
      assert.strictEqual(yield* read(2), "two")
      const taken = yield* Effect.flip(Effect.scoped(network.listen(address(2))))
      assert.strictEqual(taken.reason._tag, "SocketServerOpenError")
      yield* Scope.close(one, Exit.void)
      assert.strictEqual(yield* failure(read(1)), "SocketOpenError")
      assert.strictEqual(yield* read(2), "two")
      yield* serve(1, "ONE")
      assert.strictEqual(yield* read(1), "ONE")
      yield* Scope.close(two, Exit.void)
    }, Effect.provide(MemoryNetwork.layerEmpty()))
  )

  it.effect(
    "limits apply to every connection",
    Effect.fnUntraced(
      function* () {
        const server = yield* SocketServer.SocketServer
        const { connect } = yield* MemoryNetwork
        yield* Effect.forkScoped(server.run(echo), immediately)
        const end = yield* openEnd(yield* connect)
        const chunks = yield* end.pull
        assert.deepStrictEqual(
          chunks.map((chunk) => chunk.length),
          [2, 2, 1]
        )
      },
      Effect.provide(MemoryNetwork.layerWith({ segments: [2] }))
    )
  )
})
