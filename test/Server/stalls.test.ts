/** Clients that take nothing of what waits for them (issue 11, point 5). */
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import { Interface, Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { keptLog, start, turns } from "./harness.ts"

class Lab extends Interface.make("lab") {}

const lab = (options?: Server.Options) => {
  const log = keptLog()
  const layer = Server.layer(Lab, options).pipe(Layer.provide(Lab.toLayer({})), Layer.provide(log.layer))
  return { layer, log }
}

/** Sends so many bytes to all, in lines that a connection of 100 bytes does not hold. */
const fill = Effect.fnUntraced(function* (server: Server.Server["Service"], lines: number) {
  for (let n = 0; n < lines; n++) server.broadcast("filler", ["x".repeat(200)])
  yield* turns
})

describe("a client that accepts no bytes while some wait (P-417)", () => {
  it.effect(
    "is dropped after a minute, with the reason and a count, while others are served",
    Effect.fnUntraced(function* () {
      const { layer, log } = lab({ onDisconnect: (_, { how }) => Effect.sync(() => void ways.push(how)) })
      const ways: Array<string> = []
      const { connect, dial, server } = yield* start(layer, { limit: 100 })
      const stuck = yield* dial({ paused: true })
      const good = yield* connect
      yield* fill(server, 3)
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(server.clients.size, 2)
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(server.clients.size, 1)
      assert.strictEqual((yield* server.stats).slowClients, 1)
      assert.deepStrictEqual(ways, ["overrun"])
      assert.match(log.records[0]!.text, /^disconnecting \S+: it took no byte of \d+ that wait for it within 60 s$/)
      yield* stuck.resume
      yield* stuck.closed
      yield* good.send("?watchdog\n")
      assert.strictEqual((yield* good.settle).at(-1), "!watchdog ok")
    })
  )

  it.effect(
    "is kept while it accepts some bytes now and then, or nothing waits",
    Effect.fnUntraced(function* () {
      const { layer } = lab()
      const { dial, server } = yield* start(layer, { limit: 100 })
      yield* dial({ paused: true })
      const slow = yield* dial()
      yield* slow.settle
      yield* slow.pause
      for (let n = 0; n < 6; n++) {
        yield* fill(server, 2)
        yield* TestClock.adjust("40 seconds")
        yield* slow.resume
        yield* turns
        yield* slow.pause
      }
      assert.strictEqual(server.clients.size, 1)
      assert.strictEqual((yield* server.stats).slowClients, 1)
      yield* slow.resume
      yield* slow.settle
      yield* slow.pause
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.effect(
    "can have another limit, or no limit",
    Effect.fnUntraced(function* () {
      for (const [stallTimeout, size] of [
        ["10 minutes", 1],
        [Number.POSITIVE_INFINITY, 1],
        ["1 second", 0]
      ] as const) {
        const { layer } = lab({ stallTimeout })
        const { dial, server } = yield* start(layer, { limit: 100 })
        yield* dial({ paused: true })
        yield* turns
        yield* fill(server, 2)
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(server.clients.size, size)
      }
    })
  )

  it.live(
    "over TCP accepts no part of a write; one that accepts a part is kept",
    Effect.fnUntraced(function* () {
      const { layer } = lab()
      const clock = yield* TestClock.make()
      const tcp = NodeServer.tcp({ host: "127.0.0.1", port: 0 })
      const context = yield* Layer.build(Layer.provide(layer, tcp)).pipe(Effect.provideService(Clock.Clock, clock))
      const server = Context.get(context, Server.Server)
      assert(server.address._tag !== "UnixPathAddress")
      const { port } = server.address
      const sockets = [0, 1].map(() => net.connect({ port, host: "127.0.0.1" }))
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
        })
      )
      const until = (condition: () => boolean) => Effect.repeat(Effect.sleep(5), { until: condition })
      yield* until(() => server.clients.size === 2)
      const [taking] = sockets
      let taken = 0
      let largest = 0
      taking!.on("data", (chunk) => {
        taken += chunk.length
        if (taken >= largest) taking!.pause()
      })
      taking!.pause()
      // far more than the kernel takes, for both ends
      const size = 33_000_000
      server.broadcast("filler", ["x".repeat(size)])
      yield* Effect.repeat(Effect.andThen(Effect.sleep(5), server.stats), {
        until: ({ queuedBytes }) => queuedBytes >= 2 * size
      })
      for (let n = 0; n < 5; n++) {
        // enough that the kernel of the other end opens its window, and that of this end takes more
        largest = taken + 4_000_000
        taking!.resume()
        yield* until(() => taken >= largest)
        yield* clock.adjust("20 seconds")
      }
      yield* until(() => server.clients.size < 2)
      yield* clock.adjust("20 seconds")
      assert.strictEqual(server.clients.size, 1)
    })
  )
})
