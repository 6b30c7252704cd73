import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request, type Server } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start } from "./harness.ts"

const { Protocol } = Message

class Dish extends Interface.make("dish", { version: "dish-1.2", build: "dish-1.2.3" }).add(
  Request.make("stow", { doc: "Stow." }),
  Request.make("alarm", { doc: "Log so many records.", args: { count: Arg.Int } })
) {}

const DishLive = Dish.toLayer({
  stow: () => Effect.void,
  alarm: ({ count }) => Effect.repeat(Effect.logError("alarm"), { times: Number(count) - 1 })
})

const dish = (options?: Parameters<typeof serve>[1]) => serve(Dish, options).pipe(Layer.provide(DishLive))
const greeting = (protocol = "5.1-BIMT") => [
  `#version-connect katcp-protocol ${protocol}`,
  "#version-connect katcp-library katcp-typescript-0.1 katcp-typescript-0.1.0",
  "#version-connect katcp-device dish-1.2 dish-1.2.3"
]

describe("connecting", () => {
  it.effect(
    "sends the versions first, beginning with katcp-protocol (P-122, P-125, P-126, P-128, B-126)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(dish())
      const client = yield* dial()
      assert.deepStrictEqual(yield* client.settle, greeting())
    })
  )

  it.effect(
    "can send the versions of more roles (P-127, A-247)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(dish({ versions: { drive: ["drive-2", "serial 7"], plc: ["plc-9"] } }))
      const client = yield* dial()
      assert.deepStrictEqual(yield* client.settle, [
        ...greeting(),
        "#version-connect drive drive-2 serial\\_7",
        "#version-connect plc plc-9"
      ])
    })
  )

  it.effect(
    "sends the device's own version instead of the contract's, once (P-126, A-247)",
    Effect.fnUntraced(function* () {
      const given: Server.Versions = {
        "katcp-device": ["antenna-7.1", "antenna-7.1.3"],
        "katcp-library": ["wrapper-1"],
        plc: ["plc-9"]
      }
      const lines = [
        ...greeting().slice(0, 1),
        "#version-connect katcp-library wrapper-1",
        "#version-connect katcp-device antenna-7.1 antenna-7.1.3",
        "#version-connect plc plc-9"
      ]
      for (const versions of [given, () => ({ ...given, "katcp-protocol": ["4.0"] as const })]) {
        const { dial } = yield* start(dish({ versions }))
        const client = yield* dial()
        assert.deepStrictEqual(yield* client.settle, lines)
        yield* say(client, "?version-list")
        assert.deepStrictEqual(yield* client.settle, [
          ...lines.map((line) => line.replace("version-connect", "version-list")),
          "!version-list ok 4"
        ])
      }
      const four = yield* start(dish({ versions: given, protocol: Protocol.make(4, 0, "M") }))
      assert.deepStrictEqual(yield* (yield* four.dial()).settle, ["#version antenna-7.1", "#build-state antenna-7.1.3"])
    })
  )

  it.effect(
    "refuses to build a server with a custom version of the protocol (P-122)",
    Effect.fnUntraced(function* () {
      const exit = yield* Effect.exit(start(dish({ versions: { "katcp-protocol": ["5.0"] } })))
      assert.match(String(exit), /TypeError: versions: "katcp-protocol" is set by the option "protocol"/)
    })
  )

  it.effect(
    "lists more roles by name after the three, and they may change while the server runs (A-247, B-126)",
    Effect.fnUntraced(function* () {
      let versions: Server.Versions = { plc: ["plc-9"], drive: ["drive-2", "serial 7"] }
      const { dial } = yield* start(dish({ versions: () => versions }))
      const client = yield* dial()
      assert.deepStrictEqual((yield* client.settle).slice(3), [
        "#version-connect drive drive-2 serial\\_7",
        "#version-connect plc plc-9"
      ])
      versions = { ...versions, drive: ["drive-3"], antenna: ["ant-1"] }
      yield* say(client, "?version-list[1]")
      assert.deepStrictEqual((yield* client.settle).slice(3), [
        "#version-list[1] antenna ant-1",
        "#version-list[1] drive drive-3",
        "#version-list[1] plc plc-9",
        "!version-list[1] ok 6"
      ])
      const other = yield* dial()
      assert.deepStrictEqual((yield* other.settle).slice(3), [
        "#version-connect antenna ant-1",
        "#version-connect drive drive-3",
        "#version-connect plc plc-9"
      ])
      const fixed = yield* start(dish({ versions: { b: ["b-1"], a: ["a-1"] } }))
      assert.deepStrictEqual((yield* (yield* fixed.dial()).settle).slice(3), [
        "#version-connect a a-1",
        "#version-connect b b-1"
      ])
    })
  )

  it.effect(
    "sends nothing before the versions, even during a burst of #log and of new clients (P-128)",
    Effect.fnUntraced(function* () {
      const { connect, dial } = yield* start(dish())
      const noisy = yield* connect
      yield* say(noisy, "?alarm 200")
      const others = yield* Effect.all(
        Array.from({ length: 100 }, () => dial()),
        { concurrency: "unbounded" }
      )
      yield* say(noisy, "?alarm 200")
      for (const other of others) {
        const lines = yield* other.settle
        assert.deepStrictEqual(lines.slice(0, 3), greeting())
        assert.isFalse(lines.slice(3).some((line) => line.startsWith("#version-connect")))
      }
    })
  )

  it.effect(
    "leaves nothing behind after a reset before the greeting",
    Effect.fnUntraced(function* () {
      const { connect, dial, server } = yield* start(dish())
      for (let n = 0; n < 20; n++) yield* Effect.flatMap(dial({ paused: true }), (client) => client.reset)
      const client = yield* connect
      yield* say(client, "?watchdog")
      assert.include(yield* client.settle, "!watchdog ok")
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.effect(
    "has only the features of the flags: without T no timeout hints (P-124, P-144, A-256)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(dish({ protocol: Protocol.make(5, 1, "MI") }))
      const client = yield* dial()
      assert.deepStrictEqual((yield* client.settle)[0], "#version-connect katcp-protocol 5.1-IM")
      yield* say(client, "?request-timeout-hint[1]", "?help request-timeout-hint")
      const [hint, help] = yield* client.settle
      assert.match(hint ?? "", /^!request-timeout-hint\[1\] invalid /)
      assert.match(help ?? "", /^!help fail Unknown\\_request/)
    })
  )

  it.effect(
    "still returns the id of a request without flag I (P-058, P-124)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(dish({ protocol: Protocol.make(5, 1, "MT") }))
      const client = yield* connect
      yield* say(client, "?watchdog[7]", "?stow[7]", "?nosuch[8]", "?client-list[9]", "?stow")
      const lines = yield* client.settle
      assert.deepStrictEqual(lines.slice(0, 2), ["!watchdog[7] ok", "!stow[7] ok"])
      assert.match(lines[2] ?? "", /^!nosuch\[8\] invalid /)
      assert.deepStrictEqual(lines.slice(3), ["#client-list[9] 127.0.0.1:50001", "!client-list[9] ok 1", "!stow ok"])
    })
  )

  it.effect(
    "does not announce flags that the version does not have (P-123, P-124)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(dish({ protocol: Option.getOrThrow(Protocol.parse("5.0-MIBT")) }))
      const client = yield* dial()
      assert.strictEqual(yield* client.next, "#version-connect katcp-protocol 5.0-IM")
    })
  )

  it("supports versions 4 and 5 (A-238)", () => {
    for (const protocol of [Protocol.make(3, 0), Protocol.make(6, 0, "M")])
      assert.throws(() => serve(Dish, { protocol }), RangeError)
  })
})

describe("several clients", () => {
  it.effect(
    "stay connected, and may all make requests: no client owns the device (P-270, P-271)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(dish())
      const clients = yield* Effect.all([connect, connect, connect])
      for (const client of clients) yield* client.settle
      for (let round = 1; round <= 2; round++)
        for (const client of clients) {
          yield* say(client, `?stow[${round}]`, "?log-level debug")
          assert.deepStrictEqual(yield* client.settle, [`!stow[${round}] ok`, "!log-level ok debug"])
        }
      assert.strictEqual(server.clients.size, 3)
    })
  )

  it.effect(
    "are informed of a new one, by address and port (P-273, P-275, P-276)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(dish())
      const first = yield* connect
      const second = yield* connect
      assert.deepStrictEqual(yield* first.settle, ["#client-connected 127.0.0.1:50002"])
      const third = yield* connect
      assert.deepStrictEqual(yield* first.settle, ["#client-connected 127.0.0.1:50003"])
      assert.deepStrictEqual(yield* second.settle, ["#client-connected 127.0.0.1:50003"])
      assert.deepStrictEqual(yield* third.settle, [])
    })
  )

  it.effect(
    "that connect at once are each informed of those after them, once, in order (P-275)",
    Effect.fnUntraced(function* () {
      const { connect, dial } = yield* start(dish())
      const before = yield* connect
      const count = 150
      const clients = yield* Effect.all(
        Array.from({ length: count }, () => dial()),
        { concurrency: "unbounded" }
      )
      const arrivals = Array.from({ length: count }, (_, n) => `#client-connected 127.0.0.1:${50002 + n}`)
      assert.deepStrictEqual(yield* before.settle, arrivals)
      for (const [n, client] of clients.entries()) {
        const lines = yield* client.settle
        assert.deepStrictEqual(lines, [...greeting(), ...arrivals.slice(n + 1)])
      }
    })
  )

  it.effect(
    "are informed of further ones after a pause, if informing takes long (P-275)",
    Effect.fnUntraced(function* () {
      const clock = yield* Clock.Clock
      let readings = 0n
      const slow: Clock.Clock = Object.assign(Object.create(clock), {
        // 100 ms pass between two readings
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + ++readings * 100_000_000n
      })
      const { connect } = yield* start(dish()).pipe(Effect.provideService(Clock.Clock, slow))
      const first = yield* connect
      yield* connect
      assert.deepStrictEqual(yield* first.settle, ["#client-connected 127.0.0.1:50002"])
      yield* connect
      yield* connect
      assert.deepStrictEqual(yield* first.settle, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* first.settle, [
        "#client-connected 127.0.0.1:50003",
        "#client-connected 127.0.0.1:50004"
      ])
    })
  )

  it.effect(
    "are informed of a new client before later broadcasts (P-275)",
    Effect.fnUntraced(function* () {
      const { connect, dial, server } = yield* start(dish())
      const first = yield* connect
      yield* dial()
      server.broadcast("weather", ["fine"])
      assert.deepStrictEqual(yield* first.settle, ["#client-connected 127.0.0.1:50002", "#weather fine"])
    })
  )

  it.effect(
    "are all in ?client-list, including its sender; disconnected ones are not (P-274, A-227, A-259)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(dish())
      const first = yield* connect
      const second = yield* connect
      yield* first.settle
      yield* say(first, "?client-list[4]")
      yield* first.expect("#client-list[4] 127.0.0.1:50001", "#client-list[4] 127.0.0.1:50002", "!client-list[4] ok 2")
      assert.deepStrictEqual(
        [...server.clients].map(({ address }) => address),
        ["127.0.0.1:50001", "127.0.0.1:50002"]
      )
      yield* second.close
      yield* first.settle
      yield* say(first, "?client-list")
      yield* first.expect("#client-list 127.0.0.1:50001", "!client-list ok 1")
    })
  )

  it.effect(
    "get only the replies and informs of their own requests (P-272)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(dish())
      const first = yield* connect
      const second = yield* connect
      yield* first.settle
      yield* say(first, "?help[7]", "?stow[7]")
      yield* say(second, "?watchdog[7]")
      assert.deepStrictEqual(yield* second.settle, ["!watchdog[7] ok"])
      assert.include(yield* first.settle, "!stow[7] ok")
    })
  )
})

describe("one client at a time", () => {
  const single = dish({ protocol: Protocol.make(5, 1, "IT") })

  it.effect(
    "a new client replaces the former one, which receives the address of the new one (P-121, P-270, P-290)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(single)
      const first = yield* connect
      const second = yield* connect
      yield* first.expect("#disconnect New\\_client\\_connected\\_from\\_127.0.0.1:50002.")
      assert.strictEqual((yield* first.closed)._tag, "SocketCloseError")
      yield* say(second, "?watchdog", "?alarm 1")
      assert.deepStrictEqual(yield* second.settle, ["!watchdog ok", "#log error 0.0 root alarm", "!alarm ok"])
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.effect(
    "has neither ?client-list nor #client-connected (P-291, P-293)",
    Effect.fnUntraced(function* () {
      const { connect, dial } = yield* start(single)
      const first = yield* dial()
      assert.deepStrictEqual(yield* first.settle, greeting("5.1-IT"))
      yield* say(first, "?client-list", "?help client-list", "?stow[1]")
      const lines = yield* first.settle
      assert.match(lines[0] ?? "", /^!client-list invalid /)
      assert.match(lines[1] ?? "", /^!help fail Unknown\\_request/)
      assert.strictEqual(lines[2], "!stow[1] ok")
      const second = yield* connect
      assert.deepStrictEqual(yield* second.settle, [])
    })
  )

  it.effect(
    "leaves the last client of a burst (P-290)",
    Effect.fnUntraced(function* () {
      const { dial, server } = yield* start(single)
      const clients = yield* Effect.all(
        Array.from({ length: 10 }, () => dial()),
        { concurrency: "unbounded" }
      )
      for (const client of clients.slice(0, -1))
        assert.match(
          (yield* client.settle).at(-1) ?? "",
          /^#disconnect New\\_client\\_connected\\_from\\_127\.0\.0\.1:5\d+\.$/
        )
      assert.strictEqual(server.clients.size, 1)
      yield* say(clients[9]!, "?watchdog")
      assert.strictEqual((yield* clients[9]!.settle).at(-1), "!watchdog ok")
    })
  )
})

describe("version 4", () => {
  const old = dish({ protocol: Protocol.make(4, 0, "M") })

  it.effect(
    "sends #version and #build-state, and no #version-connect (P-131, P-132, P-310, A-271)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(old)
      const client = yield* dial()
      assert.deepStrictEqual(yield* client.settle, ["#version dish-1.2", "#build-state dish-1.2.3"])
    })
  )

  it.effect(
    "has the requests of version 4, and those for several clients (P-110, P-310)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(old)
      const client = yield* dial()
      yield* client.settle
      yield* say(client, "?help")
      assert.deepStrictEqual(
        (yield* client.settle).slice(0, -1).map((line) => line.split(" ")[1]),
        [
          "alarm",
          "client-list",
          "halt",
          "help",
          "log-level",
          "restart",
          "sensor-list",
          "sensor-sampling",
          "sensor-sampling-clear",
          "sensor-value",
          "stow",
          "watchdog"
        ]
      )
    })
  )

  it.effect(
    "has no ?version-list and no hints, but echoes ids (P-058, P-107, P-144, P-310)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(old)
      const client = yield* dial()
      yield* client.settle
      yield* say(client, "?watchdog[7]", "?stow", "?version-list", "?request-timeout-hint[2]")
      const lines = yield* client.settle
      assert.deepStrictEqual(lines.slice(0, 2), ["!watchdog[7] ok", "!stow ok"])
      assert.match(lines[2] ?? "", /^!version-list invalid /)
      assert.match(lines[3] ?? "", /^!request-timeout-hint\[2\] invalid /)
    })
  )
})
