import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Interface, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { say, start, turns } from "./harness.ts"
import { device, launched } from "./program.ts"

describe("?halt", () => {
  it.effect(
    "is answered; requests in progress fail; all clients get one #disconnect, and nothing more; the program ends (P-100, P-120, Q-20, A-254)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, program } = yield* launched(lab.layer())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(other, "?wait[7] 3600")
      yield* say(client, "?wait[1] 3600", "?halt[2]", "?watchdog[3]")
      assert.deepStrictEqual(yield* client.settle, [
        "!halt[2] ok",
        "!wait[1] fail Request\\_cancelled:\\_the\\_device\\_is\\_stopping.",
        "#disconnect The\\_device\\_was\\_halted."
      ])
      assert.deepStrictEqual(yield* other.settle, [
        "!wait[7] fail Request\\_cancelled:\\_the\\_device\\_is\\_stopping.",
        "#disconnect The\\_device\\_was\\_halted."
      ])
      yield* client.closed
      yield* other.closed
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(program)))
      assert.deepStrictEqual(lab.events, ["built", "interrupted", "interrupted", "released"])
    })
  )

  it.effect(
    "accepts no clients while it ends, and closes pending connections",
    Effect.fnUntraced(function* () {
      const lab = device()
      const context = yield* Layer.build(MemoryNetwork.layerWith({ limit: 1000 }))
      const network = Context.get(context, MemoryNetwork)
      const served = yield* Scope.make()
      const server = yield* Layer.build(lab.layer()).pipe(
        Scope.provide(served),
        Effect.provideContext(context),
        Effect.map(Context.get(Server.Server))
      )
      const stuck = yield* Effect.flatMap(network.connect, (socket) => RawConnection.make(socket, { paused: true }))
      yield* say(stuck, "?big 100000")
      const client = yield* Effect.flatMap(network.connect, (socket) => RawConnection.make(socket))
      yield* say(client, "?halt")
      yield* client.closed
      // the stuck client holds the end up for a second
      const late = yield* Effect.flatMap(network.connect, (socket) => RawConnection.make(socket))
      assert.deepStrictEqual(yield* late.settle, [])
      const ended = yield* Effect.forkChild(server.ended, { startImmediately: true })
      yield* turns
      assert.isUndefined(ended.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(ended), "halt")
      assert.strictEqual(server.clients.size, 0)
      yield* Scope.close(served, Exit.void)
    })
  )

  it.effect(
    "can be refused",
    Effect.fnUntraced(function* () {
      const { connect } = yield* launched(device().layer({ refuse: ["halt", "restart"] }))
      const client = yield* connect
      yield* say(client, "?halt", "?restart", "?halt now", "?watchdog")
      const lines = yield* client.settle
      for (const line of lines.slice(0, 3)) assert.match(line, /^!(halt|restart) fail /)
      assert.strictEqual(lines[3], "!watchdog ok")
    })
  )

  it.effect(
    "from two clients, followed by ?restart, ends once",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, program } = yield* launched(lab.layer())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, "?halt[1]", "?restart[3]")
      yield* say(other, "?halt[4]")
      assert.deepStrictEqual(yield* client.settle, ["!halt[1] ok", "#disconnect The\\_device\\_was\\_halted."])
      assert.strictEqual((yield* other.settle).at(-1), "#disconnect The\\_device\\_was\\_halted.")
      yield* Fiber.join(program)
      assert.deepStrictEqual(lab.events, ["built", "released"])
    })
  )

  it.effect(
    "can be called by the program (A-233, B-122)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device().layer())
      const client = yield* connect
      yield* server.halt
      yield* client.expect("#disconnect The\\_device\\_was\\_halted.")
      assert.strictEqual(yield* server.ended, "halt")
      yield* server.halt
    })
  )
})

describe("?halt without launch", () => {
  it.effect(
    "closes later connections, with the reason, until the layer is released",
    Effect.fnUntraced(function* () {
      const context = yield* Layer.build(MemoryNetwork.layer)
      const network = Context.get(context, MemoryNetwork)
      const served = yield* Scope.make()
      yield* Layer.build(device().layer()).pipe(Scope.provide(served), Effect.provideContext(context))
      const dial = Effect.flatMap(network.connect, (socket) => RawConnection.make(socket))
      const client = yield* dial
      yield* say(client, "?halt")
      yield* client.closed
      for (let n = 0; n < 2; n++) {
        const late = yield* dial
        assert.deepStrictEqual(yield* late.settle, ["#disconnect The\\_device\\_was\\_halted."])
        yield* late.closed
      }
      yield* Scope.close(served, Exit.void)
    })
  )
})

describe("?halt under launch", () => {
  it.effect(
    "closes later connections to a reused socket server, with the reason, until a device is launched there",
    Effect.fnUntraced(function* () {
      const context = yield* Layer.build(MemoryNetwork.layer)
      const network = Context.get(context, MemoryNetwork)
      const dial = Effect.flatMap(network.connect, (socket) => RawConnection.make(socket))
      for (let round = 0; round < 2; round++) {
        const program = yield* Server.launch(device().layer()).pipe(
          Effect.provideContext(context),
          Effect.forkChild({ startImmediately: true })
        )
        const client = yield* dial
        yield* say(client, "?watchdog[1]", "?restart")
        assert.include(yield* client.settle, "!watchdog[1] ok")
        const next = yield* dial
        yield* say(next, "?watchdog[2]", "?halt")
        assert.include(yield* next.settle, "!watchdog[2] ok")
        yield* Fiber.join(program)
        for (let n = 0; n < 2; n++) {
          const late = yield* dial
          assert.deepStrictEqual(yield* late.settle, ["#disconnect The\\_device\\_has\\_ended."])
          yield* late.closed
        }
      }
    })
  )
})

describe("?restart", () => {
  it.effect(
    "ends in the same way, then the device starts again, on the same address (P-105, A-253)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, program } = yield* launched(lab.layer())
      for (let round = 1; round <= 3; round++) {
        const client = yield* connect
        const other = yield* connect
        yield* client.settle
        yield* say(client, "?count", "?count", "?sensor-value counted", "?log-level", "?log-level debug")
        assert.deepStrictEqual(yield* client.settle, [
          "!count ok 1",
          "!count ok 2",
          "#sensor-value 0.0 1 counted nominal 2",
          "!sensor-value ok 1",
          "!log-level ok warn",
          "!log-level ok debug"
        ])
        yield* say(client, "?wait[1] 3600", "?restart[2]")
        assert.deepStrictEqual(yield* client.settle, [
          "!restart[2] ok",
          "!wait[1] fail Request\\_cancelled:\\_the\\_device\\_is\\_stopping.",
          "#disconnect The\\_device\\_is\\_restarting."
        ])
        yield* other.expect("#disconnect The\\_device\\_is\\_restarting.")
        yield* client.closed
        yield* other.closed
        yield* turns
        assert.deepStrictEqual(lab.events.splice(0, 3), ["built", "interrupted", "released"])
        assert.deepStrictEqual(lab.events, ["built"])
      }
      assert.isUndefined(program.pollUnsafe())
    })
  )

  it.effect(
    "lets new clients wait until the device has started again",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, dial } = yield* launched(lab.layer(), 1000)
      const stuck = yield* dial({ paused: true })
      yield* say(stuck, "?big 100000")
      const client = yield* connect
      yield* say(client, "?restart")
      yield* client.closed
      const late = yield* dial()
      yield* say(late, "?count")
      assert.deepStrictEqual(yield* late.settle, [])
      yield* TestClock.adjust("1 second")
      const lines = yield* late.settle
      assert.strictEqual(lines.length, 4)
      assert.strictEqual(lines[3], "!count ok 1")
      assert.deepStrictEqual(lab.events, ["built", "released", "built"])
    })
  )

  it.effect(
    "is refused without a launcher (P-105)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(device().layer())
      const client = yield* connect
      yield* say(client, "?restart[1]", "?watchdog")
      const [restart, watchdog] = yield* client.settle
      assert.match(restart ?? "", /^!restart\[1\] fail /)
      assert.strictEqual(watchdog, "!watchdog ok")
    })
  )

  it.effect(
    "that cannot build the device ends the program with the error",
    Effect.fnUntraced(function* () {
      let builds = 0
      const Once = Interface.make("once")
      const live = Once.toLayer(Effect.suspend(() => (builds++ === 0 ? Effect.succeed({}) : Effect.fail("no power"))))
      const context = yield* Layer.build(MemoryNetwork.layer)
      const program = yield* Effect.forkScoped(
        Effect.provideContext(Server.launch(Server.layer(Once).pipe(Layer.provide(live))), context)
      )
      yield* turns
      const client = yield* Effect.flatMap(Context.get(context, MemoryNetwork).connect, (s) => RawConnection.make(s))
      yield* say(client, "?restart")
      assert.deepStrictEqual(yield* Fiber.await(program), Exit.fail("no power"))
    })
  )
})
