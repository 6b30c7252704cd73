import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import { TestClock } from "effect/testing"
import { connect, DemoDevice, Expect, RawConnection, settle } from "katcp/Testing"

const { Demo, layer } = DemoDevice

describe("DemoDevice (A-498)", () => {
  it.effect(
    "keeps its contract, and has a sensor of each type",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Demo, layer)
      yield* Expect.conforms(client, { docs: true })
      const types = new Set([...Demo.sensorTypes.values()].map(({ type }) => type.sensorType))
      assert.deepStrictEqual([...types].sort(), [
        "address",
        "boolean",
        "discrete",
        "float",
        "integer",
        "lru",
        "string",
        "timestamp"
      ])
      yield* Expect.sensor(client.sensor.unread, { status: "unknown" })
    })
  )

  it.effect(
    "has requests that reply at once, send informs, fail, and have defects",
    Effect.fnUntraced(
      function* () {
        const { client } = yield* connect(Demo, layer)
        yield* Expect.ok(client.call("new-command"), { values: ["param1", "param2"] })
        const { boolean, float, informs, int, text } = yield* client.request.echo({
          text: "a b",
          float: 1.5,
          int: 2,
          boolean: true
        })
        assert.deepStrictEqual([text, float, int, boolean], ["a b", 1.5, 2, true])
        assert.deepStrictEqual(
          informs.map(({ name, type }) => `${name} ${type}`),
          ["text string", "float number", "int number", "boolean boolean"]
        )
        yield* Expect.fails(client.request["raise-fail"](), { code: "fail", message: /problem/ })
        yield* Expect.fails(client.request["raise-exception"](), { code: "fail", message: "An exception occurred!" })
      },
      Effect.provide(Logger.layer([]))
    )
  )

  it.effect(
    "has a slow command, one at a time for each client, which can be cancelled",
    Effect.fnUntraced(function* () {
      const { client, network } = yield* connect(Demo, layer)
      const slow = client.request["slow-command"]({ seconds: 10 })
      const first = yield* Effect.forkChild(slow)
      yield* settle
      yield* Expect.fails(slow, { message: /already/ })
      const other = yield* RawConnection.make(yield* network.connect)
      yield* other.settle
      yield* other.send("?slow-command 20\n?cancel-slow-command\n")
      assert.deepStrictEqual(yield* other.settle, ["!slow-command ok", "!cancel-slow-command ok"])
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(first.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      const second = yield* Effect.forkChild(slow)
      yield* settle
      yield* client.request["cancel-slow-command"]()
      yield* Fiber.join(second)
      yield* client.request["cancel-slow-command"]()
      yield* Expect.fails(client.call("slow-command", [-1]), { code: "fail", message: /minimum/ })
    })
  )

  it.effect(
    "has requests that set, add and remove sensors",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Demo, layer)
      const set = client.request["set-sensor"]
      const bytes = (text: string) => new TextEncoder().encode(text)
      yield* set({ name: "a.discrete", value: bytes("two"), status: "warn" })
      yield* Expect.sensor(client.sensor["a.discrete"], { value: "two", status: "warn" })
      yield* Expect.fails(set({ name: "a.discrete", value: bytes("four") }), { message: /one of one, two, three/ })
      yield* Expect.fails(set({ name: "no.such", value: bytes("1") }), { message: /no\.such/ })
      yield* client.request["add-sensor"]({ name: "an.extra" })
      yield* set({ name: "an.extra", value: bytes("7") })
      yield* Expect.sensor(client.sensorNamed("an.extra"), { value: 7 })
      yield* client.request["remove-sensor"]({ name: "an.extra" })
      yield* Expect.fails(client.request["remove-sensor"]({ name: "an.extra" }), { code: "fail" })
      yield* Expect.fails(client.request["add-sensor"]({ name: "bad name" }), { message: /not a sensor name/ })
      yield* Expect.sensorList(client)
    })
  )

  it.effect(
    "has a request that makes it send an inform",
    Effect.fnUntraced(function* () {
      const { client, recorder } = yield* connect(Demo, layer)
      yield* client.request["send-inform"]({ text: "a b" })
      assert.deepStrictEqual(
        recorder.messages({ names: ["demo"] }).map(({ message }) => String(message)),
        ['#demo "a b"']
      )
    })
  )
})
