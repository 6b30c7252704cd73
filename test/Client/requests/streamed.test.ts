/** A streamed answer is read no faster than its reader takes it (issue 11, point 10). */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import type { RawConnection } from "katcp/Testing"
import { connect, immediately } from "../connect.ts"

/** A chunk of 100 informs. */
const hundred = "#list[1] some\\_text\n".repeat(100)

/** Sends so many chunks, as long as the client reads; gives how many were sent so far. */
const flood = Effect.fnUntraced(function* (device: RawConnection.RawConnection, chunks: number) {
  const sent = { chunks: 0 }
  const sending = Effect.gen(function* () {
    for (; sent.chunks < chunks; sent.chunks++) yield* device.send(hundred)
    yield* device.send("!list[1] ok\n")
  })
  return { sent, fiber: yield* Effect.forkScoped(sending, immediately) }
})

/** A reader that stops at its first piece until the gate is opened, and counts what comes. */
const slowReader = (gate: Effect.Effect<unknown>) => {
  const counted = { pieces: 0 }
  const count = Effect.suspend(() => (counted.pieces++ === 0 ? gate : Effect.void))
  return { counted, count }
}

describe("a slow reader of a streamed answer (P-422)", () => {
  it.effect(
    "pauses reading, and loses none of 200,000 informs when it continues",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const gate = yield* Deferred.make<void>()
      const { count, counted } = slowReader(Deferred.await(gate))
      const reading = yield* Effect.forkScoped(
        Stream.runForEach(client.callStream("list"), () => count),
        immediately
      )
      yield* device.expect("?list[1]")
      const { fiber, sent } = yield* flood(device, 2000)
      yield* device.settle
      // what the network holds, what the client keeps ahead, and no more
      assert.isBelow(sent.chunks, 100)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(fiber)
      yield* Fiber.join(reading)
      assert.strictEqual(counted.pieces, 200_001)
    })
  )

  it.effect(
    "counts a large inform by its bytes",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const { count } = slowReader(Effect.never)
      yield* Effect.forkScoped(
        Stream.runForEach(client.callStream("list"), () => count),
        immediately
      )
      yield* device.expect("?list[1]")
      const large = `#list[1] ${"x".repeat(300_000)}\n`
      let sent = 0
      yield* Effect.forkScoped(
        Effect.forever(Effect.tap(device.send(large), () => Effect.sync(() => sent++))),
        immediately
      )
      yield* device.settle
      assert.isBelow(sent, 12)
    })
  )

  it.effect(
    "pauses the timeout, which runs on after it has caught up",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const gate = yield* Deferred.make<void>()
      const { count, counted } = slowReader(Deferred.await(gate))
      const reading = yield* Effect.forkScoped(
        Effect.flip(Stream.runForEach(client.callStream("list", [], { timeout: 5000 }), () => count)),
        immediately
      )
      yield* device.expect("?list[1]")
      yield* device.send(hundred.repeat(40))
      yield* TestClock.adjust(1000)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(reading.pollUnsafe(), undefined)
      yield* Deferred.succeed(gate, undefined)
      yield* device.settle
      assert.strictEqual(counted.pieces, 4000)
      yield* TestClock.adjust(3900)
      assert.strictEqual(reading.pollUnsafe(), undefined)
      yield* TestClock.adjust(1200)
      const error = yield* Fiber.join(reading)
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "TimedOut")
    })
  )

  it.effect(
    "can make requests itself: reading continues for them",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      let asked = false
      const reading = yield* Effect.forkScoped(
        Stream.runForEach(client.callStream("list"), () => {
          if (asked) return Effect.void
          asked = true
          return Effect.asVoid(client.call("other"))
        }),
        immediately
      )
      yield* device.expect("?list[1]")
      yield* device.send(hundred)
      yield* device.expect("?other[2]")
      const { fiber } = yield* flood(device, 200)
      yield* device.settle
      yield* Fiber.join(fiber)
      yield* device.send("!other[2] ok\n")
      yield* Fiber.join(reading)
    })
  )

  it.effect(
    "resumes reading by ending the stream, or by another request",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const reading = yield* Effect.forkScoped(
        Stream.runForEach(client.callStream("list"), () => Effect.never),
        immediately
      )
      yield* device.expect("?list[1]")
      const { fiber, sent } = yield* flood(device, 2000)
      yield* device.settle
      const before = sent.chunks
      assert.isBelow(before, 200)
      const other = yield* Effect.forkScoped(client.call("other"), immediately)
      yield* device.expect("?other[2]")
      yield* device.settle
      assert.isAbove(sent.chunks, before)
      yield* Fiber.interrupt(reading)
      yield* Fiber.join(fiber)
      yield* device.send("!other[2] ok\n")
      assert.isTrue((yield* Fiber.join(other)).ok)
    })
  )

  it.effect(
    "ends when the client is closed, and so do waiting requests",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const gate = yield* Deferred.make<void>()
      const { count } = slowReader(Deferred.await(gate))
      const reading = yield* Effect.forkScoped(
        Effect.flip(Stream.runForEach(client.callStream("list"), () => count)),
        immediately
      )
      yield* device.expect("?list[1]")
      yield* flood(device, 2000)
      yield* device.settle
      yield* client.close
      yield* Deferred.succeed(gate, undefined)
      const error = yield* Fiber.join(reading)
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "Disconnected")
    })
  )
})
