import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import type { KatcpError, RequestFailed, RequestInvalid } from "katcp"
import { connect, connectTo, immediately } from "../connect.ts"
import { Antenna } from "../contract.ts"

type Failure = RequestFailed | RequestInvalid | KatcpError

/** After how many milliseconds a request that is never answered fails, and how. */
const measure = Effect.fnUntraced(function* <A>(request: Effect.Effect<A, Failure>, limit: number) {
  const fiber = yield* Effect.forkScoped(request, immediately)
  for (let time = 0; time < limit; time += 100) {
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) {
      const error = yield* Effect.flip(exit)
      return { time, error }
    }
    yield* TestClock.adjust(100)
  }
  yield* Fiber.interrupt(fiber)
  return { time: Number.POSITIVE_INFINITY, error: undefined }
})

describe("the timeout of a request", () => {
  it.effect(
    "comes from the call, the contract or the client, by default 5 s (P-140, A-345)",
    Effect.fnUntraced(function* () {
      const { client } = yield* connectTo(Antenna, { host: "dish:7147" })
      const other = yield* connectTo(Antenna, { timeout: "2 seconds" })
      for (const [request, time, which] of [
        [client.call("x"), 5000, "default"],
        [client.request.stow(), 5000, "default"],
        [client.request.track({ az: 1, el: 2 }), 30000, "contract"],
        [client.request.track({ az: 1, el: 2 }, { timeout: "700 millis" }), 700, "call"],
        [client.call("x", [], { timeout: "7 seconds" }), 7000, "call"],
        [other.client.request.stow(), 2000, "default"],
        [other.client.request.track({ az: 1, el: 2 }), 30000, "contract"],
        [client.call("x", [], { timeout: Number.POSITIVE_INFINITY }), Number.POSITIVE_INFINITY, undefined],
        [client.call("x", [], { timeout: 0 }), 100, "call"]
      ] as const) {
        const end = yield* measure<unknown>(request, 60000)
        if (time === 100) assert.isAtMost(end.time, time)
        else assert.strictEqual(end.time, time)
        const reason = end.error?._tag === "KatcpError" ? end.error.reason : undefined
        assert.strictEqual(reason?._tag === "TimedOut" ? reason.which : undefined, which)
      }
    })
  )

  it.effect(
    "is reported with its kind, host, request, id and time",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect({ host: "dish:7147" })
      const { error } = yield* measure(client.call("x", [], { timeout: "2 seconds" }), 5000)
      assert.strictEqual(
        error?.message,
        "?x[1] to dish:7147 after 2000 ms: no reply within 2000 ms (the timeout of the call)"
      )
    })
  )

  it.effect(
    "is exact to the millisecond; at the same time a reply may come first (trap: timeout races reply)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const fiber = yield* Effect.forkScoped(Effect.exit(client.call("x")), immediately)
      yield* device.next
      yield* TestClock.adjust(4999)
      assert.isUndefined(fiber.pollUnsafe())
      yield* device.send("!x[1] ok in time\n")
      yield* TestClock.adjust(1)
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(fiber)))
      assert.strictEqual(client.anomalies.counts.LateReply, 0)
    })
  )

  it.effect(
    "ends the request once if a reply arrives at the same time",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      let won = 0
      for (let id = 1; id <= 20; id++) {
        const fiber = yield* Effect.forkScoped(Effect.exit(client.call("x")), immediately)
        const reply = Effect.andThen(Effect.sleep(5000), device.send(`!x[${id}] ok\n`))
        yield* Effect.forkScoped(reply, id % 2 === 0 ? immediately : undefined)
        yield* TestClock.adjust(5000)
        yield* device.settle
        const exit = yield* Fiber.join(fiber)
        if (Exit.isSuccess(exit)) won++
      }
      assert.strictEqual(won + client.anomalies.counts.LateReply, 20)
      assert.strictEqual(client.anomalies.counts.UnexpectedReply, 0)
    })
  )

  it.effect(
    "leaves a late reply without effect: the next request gets its own reply (A-355, trap: timeout races reply)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      yield* measure(client.call("x"), 6000)
      const next = yield* Effect.forkScoped(client.call("x"), immediately)
      yield* device.expect("?x[1]", "?x[2]")
      yield* device.send("#x[1] late\n!x[1] ok late\n")
      yield* device.settle
      assert.isUndefined(next.pollUnsafe())
      assert.strictEqual(client.anomalies.counts.LateReply, 1)
      yield* device.send("!x[2] ok\n")
      assert.isTrue((yield* Fiber.join(next)).ok)
      assert.deepStrictEqual(yield* device.settle, [])
    })
  )

  it.effect(
    "ends requests in the order of their deadlines",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect()
      const order: Array<number> = []
      const timeouts = [700, 300, 900, 100, 800, 300, 500, 200, 600, 400]
      for (const round of [0, 50, 50]) {
        yield* TestClock.adjust(round)
        for (const timeout of timeouts)
          yield* Effect.forkScoped(
            client.call("x", [], { timeout }).pipe(Effect.catch(() => Effect.sync(() => order.push(timeout)))),
            immediately
          )
      }
      for (let time = 0; time < 10; time++) yield* TestClock.adjust(100)
      const starts = [0, 50, 100]
      const expected = starts.flatMap((start) => timeouts.map((timeout) => ({ at: start + timeout, timeout })))
      expected.sort((one, other) => one.at - other.at)
      assert.strictEqual(order.length, 30)
      let time = 0
      for (const [index, timeout] of order.entries()) {
        const { at } = expected[index]!
        assert.isAtLeast(at, time)
        time = at
        assert.isTrue(expected.some((one) => one.at === at && one.timeout === timeout))
      }
    })
  )

  it.effect(
    "is removed when the request is interrupted, and its reply is late (B-150, A-355)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const fiber = yield* Effect.forkScoped(client.call("x"), immediately)
      yield* device.next
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      yield* device.send("!x[1] ok\n")
      yield* device.settle
      assert.strictEqual(client.anomalies.counts.LateReply, 1)
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(client.isConnected)
    })
  )

  it.effect(
    "does not affect a timeout of the caller (A-337, A-341)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const fiber = yield* Effect.forkScoped(Effect.timeoutOption(client.call("x"), "1 second"), immediately)
      yield* device.next
      yield* TestClock.adjust("1 second")
      assert.isTrue(Option.isNone(yield* Fiber.join(fiber)))
    })
  )

  it.effect(
    "can start another request, which sets the timer again",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect()
      const chain = Effect.gen(function* () {
        for (const timeout of [1000, 2000, 1000]) yield* Effect.flip(client.call("x", [], { timeout }))
        return yield* Effect.fail("all three")
      })
      const fiber = yield* Effect.forkScoped(chain, immediately)
      yield* TestClock.adjust("3 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasFails(exit.cause))
    })
  )
})
