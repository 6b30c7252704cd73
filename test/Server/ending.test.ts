import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import * as TestClock from "effect/testing/TestClock"
import { Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { say, turns } from "./harness.ts"
import { device, launched } from "./program.ts"

describe("the end of the program", () => {
  it.effect(
    "by interruption informs every client, and fails requests in progress (P-120, A-233, A-270)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, program } = yield* launched(lab.layer())
      const clients = yield* Effect.all(
        Array.from({ length: 20 }, () => connect),
        { concurrency: 1 }
      )
      for (const client of clients) yield* client.settle
      yield* say(clients[0]!, "?wait[1] 3600")
      yield* clients[0]!.settle
      yield* Fiber.interrupt(program)
      assert.deepStrictEqual(yield* clients[0]!.settle, [
        "!wait[1] fail Request\\_cancelled:\\_the\\_device\\_is\\_stopping.",
        "#disconnect The\\_device\\_is\\_stopping."
      ])
      for (const client of clients.slice(1)) {
        assert.deepStrictEqual(yield* client.settle, ["#disconnect The\\_device\\_is\\_stopping."])
        yield* client.closed
      }
      assert.deepStrictEqual(lab.events, ["built", "interrupted", "released"])
    })
  )

  it.effect(
    "waits one second in total for clients that do not read",
    Effect.fnUntraced(function* () {
      const { connect, dial, program } = yield* launched(device().layer(), 1000)
      for (let n = 0; n < 10; n++) yield* say(yield* dial({ paused: true }), "?big 100000")
      const client = yield* connect
      const ending = yield* Effect.forkChild(Fiber.interrupt(program), { startImmediately: true })
      yield* client.expect("#disconnect The\\_device\\_is\\_stopping.")
      yield* turns
      assert.isUndefined(ending.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* turns
      assert.isDefined(ending.pollUnsafe())
    })
  )

  it.effect(
    "informs clients and closes all connections before it waits for an uninterruptible handler",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, program } = yield* launched(lab.layer())
      const client = yield* connect
      const gone = yield* connect
      const other = yield* connect
      yield* say(gone, "?hold 60")
      yield* gone.settle
      yield* gone.reset
      yield* client.settle
      yield* say(client, "?hold[1] 90")
      yield* client.settle
      const ending = yield* Effect.forkChild(Fiber.interrupt(program), { startImmediately: true })
      assert.deepStrictEqual(yield* client.settle, [
        "!hold[1] fail Request\\_cancelled:\\_the\\_device\\_is\\_stopping.",
        "#disconnect The\\_device\\_is\\_stopping."
      ])
      assert.strictEqual((yield* other.settle).at(-1), "#disconnect The\\_device\\_is\\_stopping.")
      yield* client.closed
      yield* other.closed
      assert.deepStrictEqual(lab.events, ["built"])
      yield* TestClock.adjust("60 seconds")
      yield* turns
      assert.isUndefined(ending.pollUnsafe())
      yield* TestClock.adjust("30 seconds")
      yield* turns
      assert.isDefined(ending.pollUnsafe())
      assert.deepStrictEqual(lab.events, ["built", "held", "held", "released"])
    })
  )

  it.effect(
    "at each step of starting, serving and ending leaves nothing behind (trap)",
    Effect.fnUntraced(function* () {
      const endings = new Set<string>()
      const context = yield* Layer.build(MemoryNetwork.layer)
      const network = Context.get(context, MemoryNetwork)
      for (let steps = 0; steps < 300; steps += steps < 100 ? 1 : 7) {
        const lab = device()
        const program = yield* Effect.forkChild(
          // a step is a few operations of its fibers
          Server.launch(lab.layer()).pipe(
            Effect.provideContext(context),
            Effect.provideService(Scheduler.MaxOpsBeforeYield, 5)
          )
        )
        const talk = Effect.gen(function* () {
          const client = yield* RawConnection.make(yield* network.connect)
          yield* say(client, "?wait[1] 3600", steps % 2 === 0 ? "?halt" : "?restart")
          yield* client.closed
        }).pipe(Effect.scoped, Effect.ignore)
        const talking = yield* Effect.forkChild(Effect.andThen(Effect.repeat(Effect.yieldNow, { times: 40 }), talk))
        yield* Effect.repeat(Effect.yieldNow, { times: steps })
        yield* Fiber.interrupt(program)
        const built = lab.events.filter((event) => event === "built").length
        assert.strictEqual(lab.events.filter((event) => event === "released").length, built, `${steps} steps`)
        endings.add(lab.events.join())
        yield* Fiber.interrupt(talking)
      }
      // before it was built, while it served, while a request ran, and after a restart
      assert.isAtLeast(endings.size, 4)
      // and the next one finds the network as the first did
      yield* Effect.forkScoped(Effect.provideContext(Server.launch(device().layer()), context), {
        startImmediately: true
      })
      const client = yield* RawConnection.make(yield* network.connect)
      yield* say(client, "?client-list")
      assert.strictEqual((yield* client.settle).at(-1), "!client-list ok 1")
    })
  )

  it.effect(
    "while a client connects: the client gets a message, or is never admitted (trap)",
    Effect.fnUntraced(function* () {
      for (let steps = 0; steps < 12; steps++) {
        const { dial, program } = yield* launched(device().layer())
        const coming = yield* Effect.forkChild(dial())
        yield* Effect.repeat(Effect.yieldNow, { times: steps })
        yield* Fiber.interrupt(program)
        const client = yield* Fiber.join(coming)
        const lines = yield* client.settle
        if (lines.length > 0) {
          assert.strictEqual(lines.length, 4)
          assert.strictEqual(lines[3], "#disconnect The\\_device\\_is\\_stopping.")
          yield* client.closed
        }
      }
    })
  )
})
