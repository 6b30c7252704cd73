import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SocketServer } from "effect/socket/SocketServer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request, RequestFailed, RequestInvalid, Sensor, Server } from "katcp"
import { keptLog, say, start, turns } from "./harness.ts"

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
    "keep their arguments after their chunk is reused",
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
    "may be raw: the handler returns all arguments of the reply, including the code (A-296, A-297)",
    Effect.fnUntraced(function* () {
      const Raw = Interface.make("raw").add(Request.raw("reverse", { doc: "Reverse." }))
      const live = Raw.toLayer({ reverse: (message) => Effect.succeed(message.arguments.toReversed()) })
      const client = yield* connected(Server.layer(Raw).pipe(Layer.provide(live)))
      yield* say(client, "?reverse[1] a b\\_c \xff", "?reverse")
      assert.deepStrictEqual(yield* client.settle, ["!reverse[1] \xff b\\_c a", "!reverse"])
    })
  )

  it.effect(
    "that are raw and return an invalid argument are defects; nothing is sent",
    Effect.fnUntraced(function* () {
      const odd: Record<string, unknown> = {
        nothing: undefined,
        text: "ok",
        gap: ["ok", undefined],
        object: ["ok", {}]
      }
      const Raw = Interface.make("raw").add(Request.raw("odd", { doc: "Odd." }))
      const live = Raw.toLayer({
        odd: (message) => Effect.succeed(odd[`${message.text(0)}`] as ReadonlyArray<string>)
      })
      const client = yield* connected(Server.layer(Raw).pipe(Layer.provide(live)))
      for (const kind of Object.keys(odd)) {
        yield* say(client, `?odd[1] ${kind}`, "?watchdog")
        const [reply, watchdog] = yield* client.settle
        assert.match(reply ?? "", /^!odd\[1\] fail .*does\\_not\\_fit/)
        assert.strictEqual(watchdog, "!watchdog ok")
      }
    })
  )

  it.effect(
    "replace standard ones (A-243, A-273)",
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
    "exist only if the server speaks the protocol that they require (A-207, A-208, A-272)",
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
    "that dies disconnects its client only",
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

describe("a connected client", () => {
  it.effect(
    "can have its strategies cleared, and those of no other (A-252)",
    Effect.fnUntraced(function* () {
      const Dish = Interface.make("dish").add(
        Sensor.make("az", { doc: "Azimuth", type: Arg.Float, initial: 0 }),
        Request.make("set", { doc: "Set.", args: { az: Arg.Float } })
      )
      const live = Dish.toLayer(Effect.map(Dish.sensors, ({ az }) => ({ set: (args) => az.set(args.az) })))
      const { connect, server } = yield* start(Server.layer(Dish).pipe(Layer.provide(live)))
      const one = yield* connect
      const other = yield* connect
      for (const client of [one, other]) {
        yield* say(client, "?sensor-sampling az event")
        yield* client.settle
      }
      const [first] = server.clients
      yield* first!.clearSampling
      yield* say(other, "?set 2")
      yield* other.expect("#sensor-status 0.0 1 az nominal 2.0", "!set ok")
      assert.deepStrictEqual(yield* one.settle, [])
      yield* say(one, "?sensor-sampling az")
      assert.deepStrictEqual(yield* one.settle, ["!sensor-sampling ok az none"])
      // once more, and where nothing was ever set
      yield* first!.clearSampling
      yield* (yield* Effect.as(connect, [...server.clients].at(-1)!)).clearSampling
    })
  )

  it.effect(
    "receives log records that the device writes by itself (A-221)",
    Effect.fnUntraced(function* () {
      for (const [protocol, time] of [
        [undefined, "1500.25"],
        [Message.Protocol.make(4, 0, "M"), "1500250"]
      ] as const) {
        const { dial, server } = yield* start(Server.layer(bare, { protocol }).pipe(Layer.provide(bare.toLayer({}))))
        const client = yield* dial()
        yield* client.settle
        server.log.publish({ severity: "error", timestamp: 1500.25, name: "drive.az", message: "too hot" })
        server.log.publish({ severity: "info", timestamp: 1500.25, name: "drive.az", message: "warm" })
        assert.deepStrictEqual(yield* client.settle, [`#log error ${time} drive.az too\\_hot`])
      }
    })
  )
})
