/** Requests that are made while there is no connection, and wait for the next (`onDisconnected: "wait"`). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client, Message } from "katcp"
import { hello4, hello5, immediately } from "../connect.ts"
import { Antenna } from "../contract.ts"
import { everySecond, makeDialling, outcome, watch } from "../dialling.ts"

/** A client that waits, of a device that is not there yet. */
const start = Effect.fnUntraced(function* (options?: Client.Options) {
  const dialling = yield* makeDialling()
  dialling.answer = "refuse"
  const make = Client.make(Antenna, {
    checkContract: false,
    reconnect: everySecond,
    connecting: "background",
    onDisconnected: "wait",
    host: "dish",
    ...options
  })
  const client = yield* Effect.provideService(make, Socket.Socket, dialling.socket)
  yield* TestClock.adjust(0)
  return { client, dialling }
})

const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkScoped(effect, immediately)

describe("a request that waits for a connection", () => {
  it.effect(
    "is sent on the next connection, in the order of the calls, including streams and requests without timeout (P-332)",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      const calls = yield* Effect.forEach(
        [
          client.call("a"),
          client.call("b", [], { timeout: Number.POSITIVE_INFINITY }),
          client.request.stow(),
          Stream.runCollect(client.callStream("c")),
          client.callRaw("d", [], { timeout: "1 hour" }),
          Stream.runCollect(client.stream.rings({ kinds: ["inner"] })),
          client.call("e", [], { id: 1000 })
        ],
        (call) => fork(Effect.exit<unknown, unknown, never>(call))
      )
      for (let number = 0; number < 100; number++) yield* fork(Effect.exit(client.call("many", [number])))
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      const device = yield* dialling.next
      yield* device.expect("?a[1]", "?b[2]", "?stow[3]", "?c[4]", "?d[5]", "?rings[6] inner", "?e[1000]")
      yield* device.expect(...Array.from({ length: 100 }, (_, number) => `?many[${number + 7}] ${number}`))
      yield* device.send("!a[1] ok\n!b[2] ok\n!stow[3] ok\n!c[4] ok\n!d[5] fail\n!rings[6] ok 0\n!e[1000] ok\n")
      for (const call of calls) assert.strictEqual((yield* Fiber.join(call))._tag, "Success")
    })
  )

  it.effect(
    "has its arguments in the dialect of the connected device (B-151)",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      const call = yield* fork(client.request["start-at"]({ time: 1.5 }))
      dialling.answer = "accept"
      dialling.says = hello4
      yield* TestClock.adjust("1 second")
      const device = yield* dialling.next
      yield* device.expect("?start-at 1500")
      yield* device.send("!start-at ok 2500\n")
      assert.strictEqual((yield* Fiber.join(call)).time, 2.5)
    })
  )

  it.effect(
    "has a timeout that counts from the call: it fails unsent",
    Effect.fnUntraced(function* () {
      const { client } = yield* start({ timeout: "2 seconds" })
      for (const [call, time, which, message] of [
        [
          client.call("x"),
          2000,
          "default",
          "?x to dish after 2000 ms: no reply within 2000 ms (the timeout of the default)"
        ],
        [
          client.call("x", [], { timeout: "3 seconds" }),
          3000,
          "call",
          "?x to dish after 3000 ms: no reply within 3000 ms (the timeout of the call)"
        ],
        [client.request.track({ az: 1, el: 2 }), 30000, "contract", undefined],
        [Stream.runDrain(client.callStream("x")), 2000, "default", undefined]
      ] as const) {
        const fiber = yield* fork(Effect.flip<unknown, unknown, never>(call))
        yield* TestClock.adjust(time - 1)
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust(1)
        const error = (yield* Fiber.join(fiber)) as Effect.Error<ReturnType<typeof client.callRaw>>
        assert.isTrue(error.reason._tag === "TimedOut" && error.reason.which === which)
        assert.isTrue(error.reason._tag === "TimedOut" && error.reason.timeout === time)
        if (message !== undefined) assert.strictEqual(error.message, message)
      }
    })
  )

  it.effect(
    "has a timeout that counts from the call: it fails after it was sent",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      yield* TestClock.adjust(500)
      const call = yield* fork(Effect.flip(client.call("x")))
      const stream = yield* fork(Effect.flip(Stream.runDrain(client.callStream("y"))))
      yield* TestClock.adjust("3 seconds")
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      yield* Effect.flatMap(dialling.next, (device) => device.expect("?x[1]", "?y[2]"))
      yield* TestClock.adjust(999)
      assert.isUndefined(call.pollUnsafe())
      assert.isUndefined(stream.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.strictEqual(
        (yield* Fiber.join(call)).message,
        "?x[1] to dish after 5000 ms: no reply within 5000 ms (the timeout of the default)"
      )
      assert.match((yield* Fiber.join(stream)).message, /^\?y\[2\] to dish after 5000 ms: no reply within 5000 ms/)
    })
  )

  it.effect(
    "is not sent if the connection comes at its deadline",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      const calls = yield* Effect.forEach([1000, 1000, 1001], (timeout) =>
        fork(outcome(client.call(`x${timeout}`, [], { timeout })))
      )
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      const device = yield* dialling.next
      assert.deepStrictEqual(yield* device.settle, ["?x1001[1]"])
      yield* device.send("!x1001[1] ok\n")
      const ends = yield* Effect.forEach(calls, Fiber.join)
      assert.deepStrictEqual(ends, ["TimedOut", "TimedOut", "!x1001[1] ok"])
    })
  )

  it.effect(
    "is forgotten when it is interrupted",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      const call = yield* fork(client.call("a"))
      const stream = yield* fork(Stream.runDrain(client.callStream("b")))
      const last = yield* fork(client.call("c"))
      yield* Fiber.interrupt(call)
      yield* Fiber.interrupt(stream)
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      const device = yield* dialling.next
      assert.deepStrictEqual(yield* device.settle, ["?c[1]"])
      // and when it has waited and is sent, as any other
      yield* Fiber.interrupt(last)
      yield* device.send("!c[1] ok\n")
      yield* device.settle
      assert.strictEqual(client.anomalies.counts.LateReply, 1)
      yield* TestClock.adjust("1 minute")
    })
  )

  it.effect(
    "fails as soon as its arguments are known to be invalid",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      const call = yield* fork(outcome(client.request.track({ az: Number.NaN, el: "high" as unknown as number })))
      const stream = yield* fork(outcome(Stream.runDrain(client.stream.rings({ kinds: ["other" as "inner"] }))))
      const next = yield* fork(outcome(client.call("x")))
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      const device = yield* dialling.next
      yield* device.expect("?x[1]")
      yield* device.send("!x[1] ok\n")
      assert.deepStrictEqual(yield* Effect.forEach([call, stream, next], Fiber.join), [
        "BadArgument",
        "BadArgument",
        "!x[1] ok"
      ])
    })
  )

  it.effect(
    "fails when the client is closed or gives up",
    Effect.fnUntraced(function* () {
      const { client } = yield* start()
      const call = yield* fork(outcome(client.call("x")))
      const stream = yield* fork(outcome(Stream.runDrain(client.callStream("x"))))
      yield* client.close
      for (const fiber of [call, stream])
        assert.strictEqual(yield* Fiber.join(fiber), "closed by this client, not sent")
      assert.strictEqual(yield* outcome(client.call("x")), "closed by this client, not sent")
      const dialling = yield* makeDialling()
      const other = yield* watch(dialling, { onDisconnected: "wait", reconnect: false })
      const third = yield* fork(outcome(other.client.call("x")))
      dialling.answer = "refuse"
      yield* TestClock.adjust(0)
      assert.match(yield* Fiber.join(third), /cannot connect.*, not sent$/)
    })
  )

  it.effect(
    "keeps waiting if the connection is lost again before it is sent",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      // this one does not fit, fails within the same turn, and has the connection made again
      const first = yield* fork(
        Effect.catch(client.request.track({ az: 1, el: "high" as unknown as number }), () => client.reconnect)
      )
      const second = yield* fork(outcome(client.call("x", [], { timeout: "3 seconds" })))
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      const [one, two] = [yield* dialling.next, yield* dialling.next]
      yield* two.expect("?x[1]")
      assert.deepStrictEqual(yield* one.settle, [])
      yield* two.send("!x[1] ok\n")
      assert.strictEqual(yield* Fiber.join(second), "!x[1] ok")
    })
  )

  it.effect(
    "waits for the next connection if it is repeated at once after a loss",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      const call = yield* fork(outcome(Effect.retry(client.call("x"), { times: 1 })))
      const first = yield* dialling.next
      yield* first.expect("?x[1]")
      yield* first.reset
      yield* TestClock.adjust("1 second")
      const second = yield* dialling.next
      yield* second.expect("?x[1]")
      yield* second.send("!x[1] ok\n")
      assert.strictEqual(yield* Fiber.join(call), "!x[1] ok")
    })
  )

  it.effect(
    "does not save requests in flight from failing, nor make sent messages wait",
    Effect.fnUntraced(function* () {
      const { client, dialling } = yield* start()
      assert.match(yield* outcome(client.send(Message.inform("x"))), /not sent$/)
      dialling.answer = "accept"
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      const device = yield* dialling.next
      const call = yield* fork(outcome(client.call("x")))
      yield* device.next
      yield* device.close
      assert.strictEqual(yield* Fiber.join(call), "the device closed the connection, sent")
    })
  )
})
