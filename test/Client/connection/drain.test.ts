import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Message } from "katcp"
import { immediately } from "../connect.ts"
import { connected, makeDialling, outcome, watch } from "../dialling.ts"

const gone = "closed by this client, not sent"

describe("drain", () => {
  it.effect(
    "waits for all requests in flight, accepts no new ones, and closes",
    Effect.fnUntraced(function* () {
      const { client, device, dialling, events } = yield* connected()
      const call = yield* Effect.forkScoped(outcome(client.call("a")), immediately)
      const pieces = yield* Effect.forkScoped(
        Stream.runCollect(Stream.map(client.callStream("b"), (piece) => piece._tag)),
        immediately
      )
      const slow = yield* Effect.forkScoped(outcome(client.call("c", [], { timeout: "3 seconds" })), immediately)
      const cancelled = yield* Effect.forkScoped(client.call("d"), immediately)
      yield* device.expect("?a[1]", "?b[2]", "?c[3]", "?d[4]")
      const drain = yield* Effect.forkScoped(client.drain, immediately)
      assert.isFalse(client.isConnected)
      for (const request of [
        client.call("x"),
        client.callRaw("x"),
        Stream.runDrain(client.callStream("x")),
        client.send(Message.request("x"))
      ])
        assert.strictEqual(yield* outcome<unknown>(request), gone)
      yield* Fiber.interrupt(cancelled)
      yield* device.send("#b[2] 1\n!a[1] ok\n#b[2] 2\n!b[2] ok 2\n")
      assert.strictEqual(yield* Fiber.join(call), "!a[1] ok")
      assert.deepStrictEqual(yield* Fiber.join(pieces), ["Inform", "Inform", "Reply"])
      yield* TestClock.adjust(2999)
      assert.isUndefined(drain.pollUnsafe())
      assert.deepStrictEqual(events, [])
      yield* TestClock.adjust(1)
      yield* Fiber.join(drain)
      assert.strictEqual(yield* Fiber.join(slow), "TimedOut")
      assert.deepStrictEqual(yield* device.settle, [])
      yield* device.closed
      assert.deepStrictEqual(events, ["Disconnected: closed by this client", "Closed: closed by this client"])
      yield* client.drain
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(dialling.dials, 1)
    })
  )

  it.effect(
    "ends at once without requests in flight",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connected()
      yield* client.drain
      yield* device.closed
      assert.strictEqual((yield* client.closed).reason._tag, "Disconnected")
    })
  )

  it.effect(
    "delivers informs until the end, and ends their streams cleanly",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connected()
      const informs = yield* Effect.forkScoped(Stream.runCollect(client.informs("a")), immediately)
      yield* Effect.forkScoped(client.call("x"), immediately)
      yield* device.next
      const drain = yield* Effect.forkScoped(client.drain, immediately)
      yield* device.send("#a 1\n#a 2\n!x[1] ok\n")
      yield* Fiber.join(drain)
      assert.deepStrictEqual((yield* Fiber.join(informs)).map(String), ["#a 1", "#a 2"])
    })
  )

  it.effect(
    "ends if the connection is lost meanwhile, without reconnecting",
    Effect.fnUntraced(function* () {
      const { client, device, dialling, events } = yield* connected()
      const call = yield* Effect.forkScoped(outcome(client.call("x")), immediately)
      yield* device.next
      const drain = yield* Effect.forkScoped(client.drain, immediately)
      yield* device.reset
      yield* Fiber.join(drain)
      assert.strictEqual(
        yield* Fiber.join(call),
        "the connection was cut by the device or the network (read ECONNRESET), sent"
      )
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(events, [
        "Disconnected: the connection was cut by the device or the network (read ECONNRESET)",
        "Closed: closed by this client"
      ])
      assert.strictEqual(dialling.dials, 1)
    })
  )

  it.effect(
    "is not awaited by close, and interrupting its caller ends it",
    Effect.fnUntraced(function* () {
      for (const how of ["close", "interrupt"] as const) {
        const { client, device } = yield* connected()
        const call = yield* Effect.forkScoped(outcome(client.call("x")), immediately)
        yield* device.next
        const drain = yield* Effect.forkScoped(client.drain, immediately)
        yield* TestClock.adjust(100)
        if (how === "close") yield* client.close
        else yield* Fiber.interrupt(drain)
        yield* Fiber.await(drain)
        assert.strictEqual(yield* Fiber.join(call), "closed by this client, sent")
        yield* device.closed
        yield* client.closed
      }
    })
  )

  it.effect(
    "closes at once without a connection, and waiting requests fail",
    Effect.fnUntraced(function* () {
      for (const answer of ["refuse", "hang", "accept"] as const) {
        const dialling = yield* makeDialling()
        dialling.answer = answer
        const { client, events } = yield* watch(dialling, { onDisconnected: "wait" })
        yield* TestClock.adjust(0)
        const call = yield* Effect.forkScoped(outcome(client.call("x")), immediately)
        const waiting = yield* Effect.forkScoped(outcome(client.awaitConnected), immediately)
        yield* client.drain
        assert.strictEqual(yield* Fiber.join(call), gone)
        assert.strictEqual(yield* Fiber.join(waiting), gone)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(events.at(-1), "Closed: closed by this client")
        assert.deepStrictEqual([dialling.dials, dialling.held], [1, 0])
      }
    })
  )

  it.effect(
    "does not wait for the timeout hints of a device that never became ready",
    Effect.fnUntraced(function* () {
      const dialling = yield* makeDialling()
      dialling.says = "#version-connect katcp-protocol 5.1-MIBT\n"
      const { client } = yield* watch(dialling)
      const device = yield* dialling.next
      yield* device.expect("?request-timeout-hint[1]")
      yield* client.drain
      yield* device.closed
      assert.isFalse(client.isConnected)
    })
  )
})
