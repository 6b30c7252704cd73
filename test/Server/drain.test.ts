import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request, Sensor, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { keptLog, running, say, start, turns } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Request.make("wait", { doc: "Reply after so many seconds.", args: { seconds: Arg.Float } }),
  Request.make("turn", { doc: "The same, one at a time.", args: { seconds: Arg.Float }, concurrency: "serial" }),
  Request.make("hold", { doc: "The same, and cannot be interrupted.", args: { seconds: Arg.Float } }),
  Sensor.make("az", { doc: "Azimuth", type: Arg.Float, initial: 0 })
) {}

const lab = () => {
  const events: Array<string> = []
  const note = (what: string) => Effect.sync(() => void events.push(what))
  const log = keptLog()
  const sleep = ({ seconds }: { readonly seconds: number }) => Effect.sleep(seconds * 1000)
  const live = Dish.toLayer(
    Effect.map(Dish.sensors, ({ az }) => ({
      wait: (args) =>
        Effect.andThen(sleep(args), az.set(args.seconds)).pipe(Effect.onInterrupt(() => note("interrupted"))),
      turn: sleep,
      hold: (args) => Effect.uninterruptible(Effect.andThen(sleep(args), note("held")))
    }))
  )
  const layer = (options?: Server.Options) =>
    Server.layer(Dish, {
      ...options,
      services: [Effect.onExit(Effect.never, () => note("service ends"))]
    }).pipe(Layer.provide(live), Layer.provide(log.layer))
  return { note, log, layer, take: () => events.splice(0) }
}
/** Serves until it is released. */
const scoped = Effect.fnUntraced(function* (layer: ReturnType<ReturnType<typeof lab>["layer"]>) {
  const context = yield* Layer.build(MemoryNetwork.layer)
  const scope = yield* Scope.make()
  const built = yield* Layer.build(layer).pipe(Effect.provideContext(context), Scope.provide(scope))
  const release = Scope.close(scope, Exit.void)
  return { ...running(Context.get(built, Server.Server), Context.get(context, MemoryNetwork)), release }
})
const refused = "fail Request\\_refused:\\_the\\_device\\_is\\_stopping."
const cancelled = "fail Request\\_cancelled:\\_the\\_device\\_is\\_stopping."

describe("a stop that drains (B-122)", () => {
  it.effect(
    "lets requests in flight finish, refuses new ones, and then sends #disconnect",
    Effect.fnUntraced(function* () {
      const { layer, take } = lab()
      const { connect, dial, server } = yield* start(layer())
      const one = yield* connect
      const two = yield* connect
      yield* one.settle
      yield* say(one, "?sensor-sampling az auto", "?wait[1] 2", "?wait[2] 4", "?turn[3] 1", "?watchdog[4]")
      yield* say(two, "?wait[5] 3")
      yield* one.settle
      const stopping = yield* Effect.forkChild(server.stop({ drain: true, reason: "Bye." }), { startImmediately: true })
      yield* say(two, "?watchdog", "?halt", "?wait 1", "?nope", "!stray ok")
      const lines = yield* two.settle
      assert.deepStrictEqual(lines.slice(0, 4), [
        `!watchdog ${refused}`,
        `!halt ${refused}`,
        `!wait ${refused}`,
        `!nope ${refused}`
      ])
      assert.match(lines[4] ?? "", /^#log error /)
      // a new client gets a message, and is not admitted
      const late = yield* dial()
      assert.strictEqual((yield* late.settle).at(-1), "#disconnect Bye.")
      yield* late.closed
      yield* TestClock.adjust("1 second")
      // what waited behind a serial request is not started any more
      assert.deepStrictEqual(yield* one.settle, [
        "#client-connected 127.0.0.1:50003",
        "!turn[3] ok",
        `!watchdog[4] ${refused}`
      ])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* one.settle, [
        "#sensor-status 2.0 1 az nominal 2.0",
        "!wait[1] ok",
        "#sensor-status 3.0 1 az nominal 3.0"
      ])
      assert.deepStrictEqual(yield* two.settle, ["#client-connected 127.0.0.1:50003", "!wait[5] ok"])
      assert.isUndefined(stopping.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* one.settle, [
        "#sensor-status 4.0 1 az nominal 4.0",
        "!wait[2] ok",
        "#disconnect Bye."
      ])
      assert.deepStrictEqual(yield* two.settle, ["#disconnect Bye."])
      yield* Fiber.join(stopping)
      assert.strictEqual(yield* server.ended, "halt")
      assert.deepStrictEqual(take(), ["service ends"])
    })
  )

  it.effect(
    "is bounded: by ten seconds with true, or by a given time; remaining requests then fail",
    Effect.fnUntraced(function* () {
      for (const [drain, seconds] of [
        [true, 10],
        ["3 seconds", 3]
      ] as const) {
        const { layer, take } = lab()
        const { connect, server } = yield* start(layer())
        const client = yield* connect
        yield* say(client, "?wait[1] 3600")
        yield* client.settle
        yield* Effect.forkChild(server.stop({ drain }), { startImmediately: true })
        yield* TestClock.adjust(seconds * 1000 - 1)
        assert.deepStrictEqual(yield* client.settle, [])
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(yield* client.settle, [
          `!wait[1] ${cancelled}`,
          "#disconnect The\\_device\\_was\\_halted."
        ])
        assert.deepStrictEqual(take(), ["interrupted", "service ends"])
      }
    })
  )

  it.effect(
    "ends at once without requests in flight, and does not wait longer for uninterruptible ones",
    Effect.fnUntraced(function* () {
      const { layer, take } = lab()
      const { connect, server } = yield* start(layer())
      const client = yield* connect
      yield* server.stop({ drain: true })
      yield* client.expect("#disconnect The\\_device\\_was\\_halted.")

      const other = yield* start(layer())
      const busy = yield* other.connect
      yield* say(busy, "?hold[1] 60")
      yield* busy.settle
      const stopping = yield* Effect.forkChild(other.server.stop({ drain: "1 second" }), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* busy.expect(`!hold[1] ${cancelled}`, "#disconnect The\\_device\\_was\\_halted.")
      yield* Fiber.join(stopping)
      take()
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(take(), ["held"])
    })
  )

  it.effect(
    "is used by ?halt, ?restart, halt and the release of the layer with this option",
    Effect.fnUntraced(function* () {
      for (const [how, reason] of [
        ["?halt", "The\\_device\\_was\\_halted."],
        ["halt", "The\\_device\\_was\\_halted."],
        ["release", "The\\_device\\_is\\_stopping."]
      ] as const) {
        const { layer } = lab()
        const { connect, release, server } = yield* scoped(layer({ drain: "5 seconds" }))
        const client = yield* connect
        yield* say(client, "?wait[1] 2", ...(how === "?halt" ? ["?halt[2]"] : []))
        yield* client.settle
        if (how === "halt") yield* Effect.forkChild(server.halt, { startImmediately: true })
        if (how === "release") yield* Effect.forkChild(release, { startImmediately: true })
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* client.settle, ["!wait[1] ok", `#disconnect ${reason}`], how)
        yield* release
      }
      const { layer } = lab()
      const context = yield* Layer.build(MemoryNetwork.layer)
      yield* Effect.forkScoped(Effect.provideContext(Server.launch(layer({ drain: "5 seconds" })), context), {
        startImmediately: true
      })
      const socket = yield* Context.get(context, MemoryNetwork).connect
      const client = yield* RawConnection.make(socket)
      yield* say(client, "?wait[1] 2", "?restart[2]")
      yield* client.settle
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* client.settle, ["!wait[1] ok", "#disconnect The\\_device\\_is\\_restarting."])
    })
  )

  it.effect(
    "is cut short only by a stop that does not drain, such as the release of the layer",
    Effect.fnUntraced(function* () {
      const { layer, take } = lab()
      const { connect, server } = yield* start(layer())
      const client = yield* connect
      yield* say(client, "?wait[1] 3600")
      yield* client.settle
      const first = yield* Effect.forkChild(server.stop({ drain: "1 hour", reason: "First." }), {
        startImmediately: true
      })
      const second = yield* Effect.forkChild(server.stop({ drain: true, reason: "Second." }), {
        startImmediately: true
      })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* client.settle, [])
      // who asked for the stop need not stay for it
      yield* Fiber.interrupt(first)
      yield* server.stop({ drain: false })
      assert.deepStrictEqual(yield* client.settle, [`!wait[1] ${cancelled}`, "#disconnect First."])
      yield* Fiber.join(second)
      assert.deepStrictEqual(take(), ["interrupted", "service ends"])

      const other = yield* scoped(layer())
      const third = yield* other.connect
      yield* say(third, "?wait[1] 3600")
      yield* third.settle
      yield* Effect.forkChild(other.server.stop({ drain: "1 hour" }), { startImmediately: true })
      yield* turns
      assert.deepStrictEqual(take(), [])
      yield* other.release
      assert.deepStrictEqual(yield* third.settle, [`!wait[1] ${cancelled}`, "#disconnect The\\_device\\_was\\_halted."])
    })
  )
})

describe("onStop (B-122)", () => {
  it.effect(
    "runs after the requests, while clients are connected, before services end; its log goes to clients",
    Effect.fnUntraced(function* () {
      const { layer, note, take } = lab()
      const onStop = Effect.gen(function* () {
        yield* note("stows")
        yield* Effect.logWarning("stowing")
        yield* Effect.sleep("20 seconds")
        yield* note("stowed")
      })
      const { connect, server } = yield* start(layer({ onStop }))
      const client = yield* connect
      yield* say(client, "?wait[1] 3600")
      yield* client.settle
      const stopping = yield* Effect.forkChild(server.halt, { startImmediately: true })
      assert.deepStrictEqual(yield* client.settle, [`!wait[1] ${cancelled}`, "#log warn 0.0 root stowing"])
      assert.deepStrictEqual(take(), ["interrupted", "stows"])
      yield* say(client, "?watchdog[2]")
      assert.deepStrictEqual(yield* client.settle, [`!watchdog[2] ${refused}`])
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* client.settle, ["#disconnect The\\_device\\_was\\_halted."])
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(take(), ["stowed", "service ends"])
    })
  )

  it.effect(
    "and services run until the last client has disconnected",
    Effect.fnUntraced(function* () {
      const { layer, take } = lab()
      const { dial, server } = yield* start(layer(), { limit: 1000 })
      yield* say(yield* dial({ paused: true }), ...Array.from({ length: 100 }, () => "?help"))
      yield* turns
      const stopping = yield* Effect.forkChild(server.halt, { startImmediately: true })
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(take(), [])
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(stopping)
      assert.deepStrictEqual(take(), ["service ends"])
    })
  )

  it.effect(
    "runs once, even when the layer is released; a defect is logged",
    Effect.fnUntraced(function* () {
      const { layer, log, note, take } = lab()
      const onStop = Effect.andThen(note("stop"), Effect.die(new Error("stuck")))
      yield* Effect.scoped(Effect.asVoid(start(layer({ onStop }))))
      assert.deepStrictEqual(take(), ["stop", "service ends"])
      yield* Effect.scoped(Effect.flatMap(start(layer({ onStop })), ({ server }) => server.halt))
      assert.deepStrictEqual(take(), ["stop", "service ends"])
      assert.strictEqual(log.records.filter(({ level, text }) => level === "Error" && text.includes("stuck")).length, 2)
    })
  )
})
