import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request, Sensor, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { greeted, keptLog, say, start, turns } from "./harness.ts"

class Burnt extends Data.TaggedError("Burnt")<{ readonly message: string }> {}

class Oven extends Interface.make("oven").add(
  Request.make("wait", { doc: "Wait." }),
  Sensor.make("heat", { doc: "Heat", type: Arg.Int, initial: 0 })
) {}

const lab = () => {
  const events: Array<string> = []
  const note = (what: string) => Effect.sync(() => void events.push(what))
  /** Runs for ever, and tells of its end. */
  const steady = (name: string) =>
    Effect.andThen(
      note(`+${name}`),
      Effect.onExit(Effect.never, () => note(`-${name}`))
    )
  const log = keptLog()
  const live = Layer.mergeAll(
    Oven.toLayer(
      Effect.as(
        Effect.addFinalizer(() => note("device released")),
        { wait: () => Effect.never }
      )
    ),
    log.layer
  )
  return { events, note, steady, log, live, take: () => events.splice(0) }
}

describe("the services of a device (B-123)", () => {
  it.effect(
    "run as long as the server, each with its Scope, the server, the sensors and the device's log",
    Effect.fnUntraced(function* () {
      const { live, note, steady, take } = lab()
      const heating = Effect.gen(function* () {
        const { heat } = yield* Oven.sensors
        const server = yield* Server.Server
        yield* Effect.addFinalizer(() => note("heating released"))
        yield* Effect.sleep("1 second")
        yield* heat.set(5)
        yield* Effect.logWarning("hot")
        server.broadcast("smoke")
        return yield* steady("heating")
      })
      const layer = Server.layer(Oven, { services: [heating, steady("fan")] }).pipe(Layer.provide(live))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { connect } = yield* start(layer)
          const client = yield* connect
          yield* say(client, "?sensor-sampling heat auto")
          yield* client.settle
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(yield* client.settle, [
            "#sensor-status 1.0 1 heat nominal 5",
            "#log warn 1.0 root hot",
            "#smoke"
          ])
          assert.deepStrictEqual(take(), ["+fan", "+heating"])
        })
      )
      assert.deepStrictEqual(take(), ["-heating", "heating released", "-fan", "device released"])
    })
  )

  it.effect(
    "may end by themselves without an effect on the server",
    Effect.fnUntraced(function* () {
      const { live, note } = lab()
      const layer = Server.layer(Oven, { services: [note("done"), Effect.interrupt, Effect.sleep("1 second")] })
      const { connect, server } = yield* start(Layer.provide(layer, live))
      yield* server.supervise(Effect.interrupt)
      yield* TestClock.adjust("1 second")
      const client = yield* connect
      yield* say(client, "?watchdog")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog ok"])
    })
  )

  for (const [name, failure, text, exit] of [
    [
      "fails",
      Effect.fail(new Burnt({ message: "it burns" })),
      "it\\_burns",
      Exit.fail(new Burnt({ message: "it burns" }))
    ],
    ["dies", Effect.die(new Error("a defect")), "a\\_defect", Exit.die(new Error("a defect"))]
  ] as const)
    it.effect(
      `one that ${name} ends the device cleanly: clients get a message, launch ends with its error`,
      Effect.fnUntraced(function* () {
        const { live, log, steady, take } = lab()
        const layer = Server.layer(Oven, {
          services: [steady("fan"), Effect.andThen(Effect.sleep("1 second"), failure)]
        }).pipe(Layer.provide(live))
        const context = yield* Layer.build(MemoryNetwork.layer)
        const program = yield* Effect.forkScoped(Effect.provideContext(Server.launch(layer), context), {
          startImmediately: true
        })
        const client = yield* Effect.flatMap(Context.get(context, MemoryNetwork).connect, (socket) =>
          RawConnection.make(socket)
        )
        yield* greeted(client)
        yield* say(client, "?wait[1]")
        yield* client.settle
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* client.settle, [
          "!wait[1] fail Request\\_cancelled:\\_the\\_device\\_is\\_stopping.",
          `#disconnect The\\_device\\_has\\_failed:\\_${text}`
        ])
        yield* client.closed
        const ended = yield* Fiber.await(program)
        assert(Exit.isFailure(ended) && Exit.isFailure(exit))
        assert.deepStrictEqual(ended.cause.reasons.map(Cause.isFailReason), exit.cause.reasons.map(Cause.isFailReason))
        assert.strictEqual(`${Cause.squash(ended.cause)}`, `${Cause.squash(exit.cause)}`)
        assert.deepStrictEqual(take(), ["+fan", "-fan", "device released"])
        assert.strictEqual(log.records.filter(({ level }) => level === "Error").length, 1)
      })
    )

  it.effect(
    "one that fails at once ends the device before any client connects",
    Effect.fnUntraced(function* () {
      const { live, take } = lab()
      const layer = Server.layer(Oven, { services: [Effect.fail(new Burnt({ message: "no gas" }))] })
      const exit = yield* Effect.exit(
        Server.launch(Layer.provide(layer, live)).pipe(Effect.provide(MemoryNetwork.layer))
      )
      assert.deepStrictEqual(exit, Exit.fail(new Burnt({ message: "no gas" })))
      assert.deepStrictEqual(take(), ["device released"])
    })
  )

  it.effect(
    "ended fails with ServiceFailed, which has the cause",
    Effect.fnUntraced(function* () {
      const { live } = lab()
      const layer = Server.layer(Oven, { services: [Effect.andThen(Effect.sleep("1 second"), Effect.fail("odd"))] })
      const { server } = yield* start(Layer.provide(layer, live))
      const ended = yield* Effect.forkChild(Effect.exit(server.ended))
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.join(ended)
      assert(Exit.isFailure(exit))
      const error = Cause.squash(exit.cause)
      assert(error instanceof Server.ServiceFailed)
      assert.strictEqual(error.message, "a service of the device has failed: odd")
      assert.strictEqual(Cause.squash(error.cause), "odd")
      // asked to stop again, it has ended
      yield* server.halt
    })
  )

  it.effect(
    "one that fails while the server ends is logged, and changes nothing",
    Effect.fnUntraced(function* () {
      const { live, log } = lab()
      const sore = Effect.onInterrupt(Effect.never, () => Effect.die(new Error("sore")))
      const { server } = yield* start(Layer.provide(Server.layer(Oven, { services: [sore] }), live))
      yield* server.halt
      assert.strictEqual(yield* server.ended, "halt")
      assert.isTrue(log.records.some(({ level, text }) => level === "Error" && text.includes("sore")))
    })
  )

  it.effect(
    "start again with ?restart",
    Effect.fnUntraced(function* () {
      const { live, steady, take } = lab()
      const layer = Server.layer(Oven, { services: [steady("fan")] }).pipe(Layer.provide(live))
      const context = yield* Layer.build(MemoryNetwork.layer)
      yield* Effect.forkScoped(Effect.provideContext(Server.launch(layer), context), { startImmediately: true })
      const client = yield* Effect.flatMap(Context.get(context, MemoryNetwork).connect, (s) => RawConnection.make(s))
      yield* say(client, "?restart")
      yield* client.closed
      yield* turns
      assert.deepStrictEqual(take(), ["+fan", "-fan", "device released", "+fan"])
    })
  )

  it.effect(
    "can be added while the server runs: with the services of who adds them, but the log of the device",
    Effect.fnUntraced(function* () {
      class Power extends Context.Service<Power, { readonly volts: number }>()("test/Power") {}
      const { live, note, steady, take } = lab()
      const { connect, server } = yield* start(Layer.provide(Server.layer(Oven), live))
      const outside = yield* Scope.make()
      yield* server
        .supervise(
          Effect.gen(function* () {
            yield* Effect.addFinalizer(() => note("released"))
            const { volts } = yield* Power
            yield* Effect.sleep("1 second")
            yield* Effect.logError(`${volts} V`)
            return yield* steady("added")
          })
        )
        .pipe(Effect.provideService(Power, { volts: 230 }), Scope.provide(outside))
      yield* Scope.close(outside, Exit.void)
      const client = yield* connect
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["#log error 1.0 root 230\\_V"])
      assert.deepStrictEqual(take(), ["+added"])
      yield* server.halt
      assert.deepStrictEqual(take(), ["-added", "released"])
      yield* server.supervise(note("too late"))
      assert.deepStrictEqual(take(), [])
    })
  )

  it.effect(
    "end the device with a defect even if they were added later",
    Effect.fnUntraced(function* () {
      const { live } = lab()
      const { connect, server } = yield* start(Layer.provide(Server.layer(Oven), live))
      const client = yield* connect
      yield* server.supervise(Effect.orDie(Effect.fail(new Burnt({ message: "it burns" }))))
      yield* client.expect("#disconnect The\\_device\\_has\\_failed:\\_it\\_burns")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(server.ended)))
    })
  )
})
