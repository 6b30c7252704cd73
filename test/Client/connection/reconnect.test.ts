import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { hello5, immediately } from "../connect.ts"
import { connected, makeDialling, outcome, speaks, watch } from "../dialling.ts"

describe("reconnect (A-316)", () => {
  it.effect(
    "closes the connection and dials at once; requests in flight fail",
    Effect.fnUntraced(function* () {
      const { client, device, dialling, events } = yield* connected()
      const call = yield* Effect.forkScoped(outcome(client.call("x")), immediately)
      yield* device.next
      yield* client.reconnect
      yield* device.closed
      assert.strictEqual(yield* Fiber.join(call), "a new connection was requested, sent")
      yield* Effect.flatMap(dialling.next, (device) => device.send(hello5))
      yield* client.awaitConnected
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(events, ["Disconnected: a new connection was requested", "Connecting 1", "Opened", speaks])
    })
  )

  it.effect(
    "works if the schedule allows only one connection",
    Effect.fnUntraced(function* () {
      const { client, dialling, events } = yield* connected({ reconnect: false })
      yield* client.reconnect
      yield* Effect.flatMap(dialling.next, (device) => device.send(hello5))
      yield* client.awaitConnected
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(events, ["Disconnected: a new connection was requested", "Connecting 1", "Opened", speaks])
    })
  )

  it.effect(
    "ends the current delay, and only this one",
    Effect.fnUntraced(function* () {
      const { client, device, dialling, events } = yield* connected()
      dialling.answer = "refuse"
      yield* device.close
      yield* TestClock.adjust(100)
      yield* client.reconnect
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(events, [
        "Disconnected: the device closed the connection",
        "Sleeping 1000",
        "Connecting 1",
        "ConnectFailed 1: ConnectFailed",
        "Sleeping 1000"
      ])
      yield* TestClock.adjust(999)
      assert.strictEqual(dialling.dials, 2)
      yield* TestClock.adjust(1)
      assert.strictEqual(dialling.dials, 3)
    })
  )

  it.effect(
    "dials a device again that has not announced its protocol",
    Effect.fnUntraced(function* () {
      const dialling = yield* makeDialling()
      const { client, events } = yield* watch(dialling)
      const first = yield* dialling.next
      yield* client.reconnect
      yield* first.closed
      yield* Effect.flatMap(dialling.next, (device) => device.send(hello5))
      yield* client.awaitConnected
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(events, [
        "Connecting 1",
        "Opened",
        "ConnectFailed 1: a new connection was requested",
        "Connecting 2",
        "Opened",
        speaks
      ])
    })
  )

  for (const [answer, events] of [
    ["accept", ["Opened", speaks, "Disconnected: the device closed the connection", "Sleeping 1000"]],
    ["refuse", ["ConnectFailed 1: ConnectFailed", "Connecting 2", "ConnectFailed 2: ConnectFailed", "Sleeping 1000"]]
  ] as const)
    it.effect(
      `does not disturb a dial in progress, and is forgotten afterwards (${answer})`,
      Effect.fnUntraced(function* () {
        const dialling = yield* makeDialling()
        dialling.delay = 3000
        dialling.says = hello5
        const lab = yield* watch(dialling)
        yield* TestClock.adjust("1 second")
        yield* lab.client.reconnect
        assert.strictEqual(dialling.held, 1)
        Object.assign(dialling, { answer, delay: 0 })
        yield* TestClock.adjust("2 seconds")
        if (answer === "accept") yield* Effect.flatMap(dialling.next, (device) => device.close)
        yield* TestClock.adjust(999)
        assert.deepStrictEqual(lab.events, ["Connecting 1", ...events])
      })
    )

  it.effect(
    "does nothing to a client that is closed",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* connected()
      yield* client.close
      yield* client.reconnect
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([dialling.dials, dialling.held], [1, 0])
    })
  )
})
