import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request, Sensor, Server } from "katcp"
import type { ConnectedClient } from "katcp/Interface"
import { keptLog, say, start, turns } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Request.make("wait", { doc: "Wait." }),
  Request.make("set", { doc: "Set.", args: { az: Arg.Float } }),
  Request.make("big", { doc: "Reply with so many bytes.", args: { size: Arg.Int }, reply: { bytes: Arg.Bytes } }),
  Sensor.make("az", { doc: "Azimuth", type: Arg.Float, initial: 0 })
) {}

const served = (onDisconnect: Server.OnDisconnect, more?: Server.Options, limit?: number) => {
  const events: Array<string> = []
  const note = (what: string) => Effect.sync(() => void events.push(what))
  const log = keptLog()
  const live = Dish.toLayer(
    Effect.map(Dish.sensors, ({ az }) => ({
      wait: () => Effect.onInterrupt(Effect.never, () => note("interrupted")),
      set: (args) => az.set(args.az),
      big: ({ size }) => Effect.succeed({ bytes: new Uint8Array(Number(size)).fill(0x62) })
    }))
  )
  const layer = Server.layer(Dish, {
    onConnect: () => Effect.asVoid(Effect.acquireRelease(note("connected"), () => note("released"))),
    onDisconnect: (client, departure) => {
      const { how, reachable, reason } = departure
      events.push(`${how} ${reachable ? "reachable" : "unreachable"}: ${reason}`)
      return onDisconnect(client, departure)
    },
    ...more
  }).pipe(Layer.provide(live), Layer.provide(log.layer))
  return Effect.map(start(layer, { limit }), (running) => ({
    ...running,
    log,
    take: () => events.splice(0)
  }))
}
const nothing = () => Effect.void

describe("onDisconnect (A-229, A-267)", () => {
  it.effect(
    "reports how and why each client has disconnected, once, after the standard clean-up and before onConnect's Scope ends",
    Effect.fnUntraced(function* () {
      let others: () => number = () => -1
      const { connect, server, take } = yield* served(() => Effect.sync(() => assert.strictEqual(others(), 0)))
      others = () => server.clients.size
      const leave = Effect.fnUntraced(function* (how: string) {
        const client = yield* connect
        yield* say(client, "?wait", "?sensor-sampling az auto")
        yield* client.settle
        if (how === "dismissed") for (const one of server.clients) yield* one.disconnect("Go\x07.")
        else if (how === "closed") yield* client.close
        else yield* client.reset
        yield* turns
        yield* TestClock.adjust("5 seconds")
        yield* client.settle
        return take()
      })
      assert.deepStrictEqual(yield* leave("dismissed"), [
        "connected",
        "interrupted",
        "dismissed reachable: Go\x07.",
        "released"
      ])
      // who closes in order gets the answers of five seconds yet
      assert.deepStrictEqual(yield* leave("closed"), [
        "connected",
        "interrupted",
        "closed reachable: The client has closed the connection.",
        "released"
      ])
      const [first, second, third, fourth] = yield* leave("lost")
      assert.deepStrictEqual([first, second, fourth], ["connected", "interrupted", "released"])
      assert.match(third ?? "", /^lost unreachable: The connection was lost: .*ECONNRESET/)
    })
  )

  it.effect(
    "can send messages to a reachable client, before #disconnect, and none after it",
    Effect.fnUntraced(function* () {
      const clients: Array<ConnectedClient> = []
      const told: Array<boolean> = []
      const { connect, server } = yield* served((client) =>
        Effect.gen(function* () {
          if (clients.push(client) > 1) return
          told.push(client.inform("last-words", ["one"]))
          server.broadcast("weather", ["fine"])
          yield* client.disconnect("again")
          yield* Effect.sleep("500 millis")
          told.push(client.inform("last-words", ["two"]))
        })
      )
      const client = yield* connect
      const other = yield* connect
      yield* say(client, "?sensor-sampling az auto", "?wait[1]")
      yield* client.settle
      const [one] = server.clients
      yield* one!.disconnect("Bye.")
      // at once, not when the hook is done
      assert.deepStrictEqual(yield* client.settle, ["#last-words one"])
      yield* say(other, "?set 3")
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual(yield* client.settle, ["#last-words two", "#disconnect Bye."])
      yield* client.closed
      assert.deepStrictEqual(told, [true, true])
      assert.strictEqual(clients[0], one)
      assert.isFalse(one!.inform("late"))
      assert.deepStrictEqual(yield* other.settle, ["#weather fine", "!set ok"])
    })
  )

  it.effect(
    "cannot send a client more than its backlog may hold",
    Effect.fnUntraced(function* () {
      const told: Array<boolean> = []
      const hook = (client: ConnectedClient) =>
        Effect.sync(() => {
          for (let n = 0; n < 10; n++) told.push(client.inform("last-words", ["x".repeat(1000)]))
        })
      const { connect, log, server } = yield* served(hook, { maxBacklog: 5000 }, 1000)
      const client = yield* connect
      const [one] = server.clients
      yield* one!.disconnect("Bye.")
      yield* client.closed
      assert.strictEqual(log.records.length, 1)
      assert.deepStrictEqual(told, [...Array(4).fill(true), ...Array(6).fill(false)])
    })
  )

  it.effect(
    "can send messages to a client that has closed its own end and reads, without #disconnect",
    Effect.fnUntraced(function* () {
      const { connect } = yield* served((client) => Effect.sync(() => client.inform("last-words")))
      const client = yield* connect
      yield* client.closeWrite
      assert.deepStrictEqual(yield* client.settle, ["#last-words"])
      yield* client.closed
    })
  )

  it.effect(
    "reports a client that does not read as unreachable: nothing can be sent to it",
    Effect.fnUntraced(function* () {
      const told: Array<boolean> = []
      const hook = (client: ConnectedClient) => Effect.sync(() => void told.push(client.inform("last-words")))
      const { dial, server, take } = yield* served(hook, { maxBacklog: 5000 }, 1000)
      const stuck = yield* dial({ paused: true })
      yield* say(stuck, "?big 2000", "?watchdog")
      yield* turns
      const [one] = server.clients
      yield* one!.disconnect("Too slow.")
      yield* turns
      assert.deepStrictEqual(take(), ["connected", "dismissed unreachable: Too slow."])
      yield* stuck.resume
      yield* stuck.closed
      assert.deepStrictEqual((yield* stuck.lines).at(-1), "#disconnect Too\\_slow.")

      yield* dial({ paused: true })
      yield* turns
      while (server.clients.size > 0) server.broadcast("weather", ["x".repeat(1000)])
      yield* turns
      assert.deepStrictEqual(take(), [
        "released",
        "connected",
        "overrun unreachable: more than 5000 bytes wait for it",
        "released"
      ])
      assert.deepStrictEqual(told, [false, false])
    })
  )

  it.effect(
    "has one second, and is then interrupted; the server waits for an uninterruptible part",
    Effect.fnUntraced(function* () {
      const events: Array<string> = []
      const note = (what: string) => Effect.sync(() => void events.push(what))
      const { connect, log, server } = yield* served(() =>
        Effect.onInterrupt(Effect.never, () => note("hook interrupted"))
      )
      const client = yield* connect
      const [one] = server.clients
      yield* one!.disconnect("Bye.")
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(yield* client.settle, [])
      assert.deepStrictEqual(events, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* client.settle, ["#disconnect Bye."])
      yield* client.closed
      assert.deepStrictEqual(events, ["hook interrupted"])
      assert.deepStrictEqual(log.records, [
        { level: "Warn", text: "onDisconnect of 127.0.0.1:50001 took longer than 1000 ms" }
      ])

      const stubborn = yield* Effect.scoped(
        Effect.gen(function* () {
          const running = yield* served(() =>
            Effect.uninterruptible(Effect.andThen(Effect.sleep("1 minute"), note("hook done")))
          )
          const client = yield* running.connect
          const ending = yield* Effect.forkChild(running.server.halt, { startImmediately: true })
          yield* TestClock.adjust("1 second")
          yield* client.expect("#disconnect The\\_device\\_was\\_halted.")
          yield* client.closed
          yield* turns
          assert.isDefined(ending.pollUnsafe())
          assert.notInclude(events, "hook done")
          yield* Effect.forkChild(TestClock.adjust("1 minute"))
          return running
        })
      )
      assert.isDefined(stubborn)
      assert.include(events, "hook done")
    })
  )

  it.effect(
    "that dies or throws is logged, and delays nothing",
    Effect.fnUntraced(function* () {
      const { connect, log } = yield* served((client) => {
        if (client.address.endsWith("1")) throw new Error("thrown")
        return Effect.die(new Error("died"))
      })
      for (const text of ["thrown", "died"]) {
        const client = yield* connect
        yield* client.close
        yield* turns
        const [record] = log.records.splice(0)
        assert.strictEqual(record?.level, "Error")
        assert.include(record?.text, text)
      }
    })
  )

  it.effect(
    "runs for every client when the server ends, concurrently, and for replaced ones",
    Effect.fnUntraced(function* () {
      const running = yield* served(() => Effect.sleep("900 millis"), {
        onConnect: nothing,
        protocol: Message.Protocol.make(5, 1, "I")
      })
      const first = yield* running.connect
      const second = yield* running.connect
      yield* TestClock.adjust("900 millis")
      yield* first.expect("#disconnect New\\_client\\_connected\\_from\\_127.0.0.1:50002.")
      assert.deepStrictEqual(running.take(), ["dismissed reachable: New client connected from 127.0.0.1:50002."])
      yield* second.close

      const { connect, server, take } = yield* served(() => Effect.sleep("900 millis"), { onConnect: nothing })
      for (let n = 0; n < 20; n++) yield* connect
      const ending = yield* Effect.forkChild(server.halt, { startImmediately: true })
      yield* turns
      assert.isUndefined(ending.pollUnsafe())
      yield* TestClock.adjust("900 millis")
      yield* turns
      assert.isDefined(ending.pollUnsafe())
      assert.deepStrictEqual(take(), Array(20).fill("dismissed reachable: The device was halted."))
    })
  )

  it.effect(
    "does not run for a client that was never accepted",
    Effect.fnUntraced(function* () {
      let broken = true
      const { dial, log, take } = yield* served(nothing, {
        versions: () => {
          if (broken) throw new Error("no versions")
          return {}
        }
      })
      const client = yield* dial()
      yield* client.closed
      assert.deepStrictEqual(take(), [])
      assert.strictEqual(log.records.filter(({ level }) => level === "Error").length, 1)
      broken = false
      yield* (yield* dial()).close
      yield* turns
      assert.strictEqual(take().length, 3)
    })
  )
})
