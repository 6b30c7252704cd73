import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock, TestConsole } from "effect/testing"
import { Client, Codec, Message, Server } from "katcp"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { evaluate } from "../../examples/example/arithmetic.ts"
import { Example } from "../../examples/example/contract.ts"
import { ExampleLive } from "../../examples/example/handlers.ts"
import { tour } from "../../examples/example/tour.ts"

const served = (protocol: Message.Protocol) =>
  Server.layer(Example, { protocol }).pipe(
    Layer.provide(ExampleLive({ sensors: 2, dialect: Codec.Dialect.of(protocol) })),
    Layer.provideMerge(MemoryNetwork.layer)
  )
const v5 = served(Message.Protocol.make(5, 1, "MIT"))
const v4 = served(Message.Protocol.make(4, 0, "M"))
const device = Effect.provide(Client.make(Example, { alive: Number.POSITIVE_INFINITY }), MemoryNetwork.layerClient)

describe("arithmetic", () => {
  const values: ReadonlyArray<[string, number | undefined]> = [
    ["1+2*3", 7],
    ["(1+2)*3", 9],
    ["4/2", 2],
    ["2 - 3 - 4", -5],
    ["-(1.5e1)", -15],
    [".5+5.", 5.5],
    ["1/0", undefined],
    ["", undefined],
    ["1+", undefined],
    ["(1", undefined],
    ["1)", undefined],
    ["process.exit()", undefined],
    ["1e999", undefined],
    ["(".repeat(100_000), undefined],
    ["-".repeat(100_000), undefined]
  ]
  for (const [expression, value] of values)
    it(`${JSON.stringify(expression.slice(0, 20))} is ${value}`, () => {
      assert.strictEqual(evaluate(expression), value)
    })
})

describe("the example device", () => {
  it.effect("each request does what it says, through the typed client (A-506)", () =>
    Effect.gen(function* () {
      const { request, call } = yield* device
      assert.strictEqual((yield* request.add({ x: 1, y: 2 })).sum, 3)
      assert.strictEqual((yield* call("sensor-value", ["add.result"])).informs[0]?.text(4), "3.0")
      yield* TestClock.setTime(1_500_000_000_250)
      assert.strictEqual((yield* request.time()).now, 1_500_000_000.25)
      assert.strictEqual((yield* request.eval({ expression: "4/2" })).result, "2.0")
      assert.strictEqual((yield* Effect.flip(request.eval({ expression: "1/0" })))._tag, "RequestFailed")
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      assert.deepStrictEqual((yield* request.echo({ values: [bytes, new Uint8Array(0)] })).values, [
        bytes,
        new Uint8Array(0)
      ])
      assert.strictEqual((yield* Effect.flip(request.raise({ text: "boom" }))).message, "boom")
      assert.strictEqual((yield* request["raw-reverse"](["a", "ok"])).reply.text(1), "a")
    }).pipe(Effect.provide(v5))
  )

  it.effect("raw-reverse answers with the arguments reversed and nothing else", () =>
    Effect.gen(function* () {
      const network = yield* MemoryNetwork
      const connection = yield* RawConnection.make(yield* network.connect)
      yield* connection.settle
      yield* connection.send("?raw-reverse[3] x \\@ y\\_z\n")
      yield* connection.send("?raw-reverse\n")
      assert.deepStrictEqual(yield* connection.settle, ["!raw-reverse[3] y\\_z \\@ x", "!raw-reverse"])
    }).pipe(Effect.provide(v5))
  )

  it.effect("set-sensor, add-sensor, remove-sensor and write-log refuse what they cannot do", () =>
    Effect.gen(function* () {
      const { request, call } = yield* device
      const text = new TextEncoder()
      const set = (name: string, value: string) => request["set-sensor"]({ name, value: text.encode(value) })
      yield* set("test.int", "999")
      assert.strictEqual((yield* call("sensor-value", ["test.int"])).informs[0]?.text(4), "999")
      const refusals = [
        set("no.such", "1"),
        set("test.int", "1.5"),
        set("test.discrete", "four"),
        call("set-sensor", ["test.int", "1", "splendid"]),
        request["add-sensor"]({ name: "bad name" }),
        request["remove-sensor"]({ name: "no.such" }),
        request["write-log"]({ level: "off", text: "x" }),
        request["write-log"]({ level: "all", text: "x" }),
        request["write-log"]({ level: "loud", text: "x" })
      ]
      for (const refusal of refusals) assert.strictEqual((yield* Effect.flip(refusal))._tag, "RequestFailed")
      yield* request["add-sensor"]({ name: "dyn" })
      assert.strictEqual((yield* call("sensor-list", ["dyn"])).informs[0]?.text(1), "An added sensor.")
      yield* request["remove-sensor"]({ name: "dyn" })
      assert.include((yield* Effect.flip(call("sensor-list", ["dyn"]))).message, "Unknown sensor")
    }).pipe(Effect.provide(v5))
  )

  it.effect("at version 4 times are milliseconds (P-311)", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_500_000_000_250)
      const { protocol, request, call } = yield* device
      assert.strictEqual(protocol.major, 4)
      assert.strictEqual((yield* request.time()).now, 1_500_000_000.25)
      yield* call("set-sensor", ["test.int", "5", "warn", "1234567890500"])
      const [inform] = (yield* call("sensor-value", ["test.int"])).informs
      assert.deepStrictEqual([inform?.text(0), inform?.text(3)], ["1234567890500", "warn"])
    }).pipe(Effect.provide(v4))
  )

  it.effect("the client's tour completes (A-505)", () =>
    Effect.gen(function* () {
      const running = yield* Effect.forkScoped(Effect.provide(tour, MemoryNetwork.layerClient))
      for (let tenths = 0; tenths < 50; tenths++) yield* TestClock.adjust(100)
      yield* Fiber.join(running)
      const lines = yield* TestConsole.logLines
      assert.include(lines, "1.5 + 2 = 3.5")
      assert.include(lines, "add.result is 3.5 (nominal)")
      assert.match(lines.join("\n"), /picked(:| nothing)/)
    }).pipe(Effect.provide(v5))
  )
})
