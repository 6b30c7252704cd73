/** Losses of a connection at each point: the notifications, their order, and the outcome of requests. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { TestClock } from "effect/testing"
import { hello4, hello5, immediately } from "../connect.ts"
import { makeDialling, outcome, speaks, watch } from "../dialling.ts"

const hello51T = "#version-connect katcp-protocol 5.1-MIBT\n"
const reached = ["Connecting 1", "Opened", speaks]

/** The events when the client is connected again after a second. */
const again = (attempt: number) => ["Sleeping 1000", `Connecting ${attempt}`, "Opened", speaks]

const start = Effect.fnUntraced(function* (options?: Parameters<typeof watch>[1]) {
  const dialling = yield* makeDialling()
  return { dialling, ...(yield* watch(dialling, options)) }
})

/** Has the client connect in its next attempt, which comes after a second. */
const comeBack = Effect.fnUntraced(function* ({ client, dialling }: Effect.Success<ReturnType<typeof start>>) {
  dialling.answer = "accept"
  yield* TestClock.adjust("1 second")
  const device = yield* dialling.next
  yield* device.send(hello5)
  yield* client.awaitConnected
  yield* device.settle
  const call = yield* Effect.forkScoped(client.call("x"), immediately)
  yield* device.expect("?x[1]")
  yield* device.send("!x[1] ok\n")
  assert.isTrue((yield* Fiber.join(call)).ok)
  assert.strictEqual(dialling.held, 1)
})

describe("a connection that is lost (trap: golden events of the points of failure)", () => {
  it.effect(
    "the device refuses the connection (P-332, A-330, A-354, B-153)",
    Effect.fnUntraced(function* () {
      const lab = yield* start()
      lab.dialling.answer = "refuse"
      yield* TestClock.adjust("1 second")
      assert.match(yield* outcome(lab.client.call("x")), /^cannot connect: .*, not sent$/)
      yield* comeBack(lab)
      assert.deepStrictEqual(lab.events, [
        "Connecting 1",
        "ConnectFailed 1: ConnectFailed",
        "Sleeping 1000",
        "Connecting 2",
        "ConnectFailed 2: ConnectFailed",
        ...again(3)
      ])
    })
  )

  it.effect(
    "the device does not answer the dial, which fails in the end",
    Effect.fnUntraced(function* () {
      const lab = yield* start()
      lab.dialling.answer = "hang"
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(lab.events, ["Connecting 1"])
      assert.deepStrictEqual(lab.states, ["Disconnected", "Connecting"])
      assert.strictEqual(yield* outcome(lab.client.call("x")), "it is being connected, not sent")
      yield* lab.client.close
      assert.strictEqual(lab.dialling.held, 0)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(lab.events, ["Connecting 1", "Closed: closed by this client"])
    })
  )

  for (const [how, says, end, detail] of [
    ["closes it", "", "close", "the device closed the connection"],
    [
      "resets it",
      "#log info 1 root hi\n",
      "reset",
      "the connection was cut by the device or the network (read ECONNRESET)"
    ],
    [
      "closes it amid the line that says what it speaks",
      hello5.slice(0, -2),
      "close",
      "the device closed the connection"
    ],
    ["says goodbye", "#disconnect no\\_room\n", "settle", "no room"]
  ] as const)
    it.effect(
      `during the negotiation, it ${how}`,
      Effect.fnUntraced(function* () {
        const lab = yield* start()
        const device = yield* lab.dialling.next
        yield* device.send(says)
        yield* device.settle
        if (end !== "settle") {
          assert.strictEqual(yield* outcome(lab.client.call("x")), "it is being connected, not sent")
          yield* device[end]
        }
        yield* TestClock.adjust(999)
        assert.strictEqual(yield* outcome(lab.client.call("x")), `${detail}, not sent`)
        yield* comeBack(lab)
        assert.deepStrictEqual(lab.events, ["Connecting 1", "Opened", `ConnectFailed 1: ${detail}`, ...again(2)])
        assert.strictEqual(lab.client.anomalies.counts.CutLine, says !== "" && !says.endsWith("\n") ? 1 : 0)
      })
    )

  it.effect(
    "the device does not announce its protocol",
    Effect.fnUntraced(function* () {
      const lab = yield* start({ negotiationTimeout: "3 seconds" })
      const device = yield* lab.dialling.next
      yield* TestClock.adjust("3 seconds")
      yield* device.closed
      assert.strictEqual(lab.dialling.held, 0)
      yield* comeBack(lab)
      assert.deepStrictEqual(lab.events, ["Connecting 1", "Opened", "ConnectFailed 1: TimedOut", ...again(2)])
    })
  )

  it.effect(
    "the device contradicts itself: the client does not reconnect (P-134, A-327)",
    Effect.fnUntraced(function* () {
      const first = yield* start()
      yield* Effect.flatMap(first.dialling.next, (device) => device.send(`${hello5}${hello4}`))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(first.events, [
        "Connecting 1",
        "Opened",
        "ConnectFailed 1: ProtocolConflict",
        "Closed: ProtocolConflict"
      ])
      const later = yield* start()
      const device = yield* later.dialling.next
      yield* device.send(hello5)
      yield* later.client.awaitConnected
      const call = yield* Effect.forkScoped(outcome(later.client.call("x")), immediately)
      yield* device.next
      yield* device.send(hello4)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(later.events, [...reached, "Disconnected: ProtocolConflict", "Closed: ProtocolConflict"])
      assert.match(yield* Fiber.join(call), /contradicts itself.*, sent$/)
      assert.match(yield* outcome(later.client.call("x")), /contradicts itself.*, not sent$/)
      assert.deepStrictEqual([first.dialling.dials, later.dialling.dials], [1, 1])
    })
  )

  it.effect(
    "the device speaks an unsupported version: fails the first connection, but is retried later (B-147)",
    Effect.fnUntraced(function* () {
      const first = yield* start()
      yield* Effect.flatMap(first.dialling.next, (device) => device.send("#version-connect katcp-protocol 6.0-I\n"))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(first.events, [
        "Connecting 1",
        "Opened",
        "ConnectFailed 1: Unsupported",
        "Closed: Unsupported"
      ])
      const later = yield* start({ acceptMajors: [5] })
      const device = yield* later.dialling.next
      yield* device.send(hello5)
      yield* later.client.awaitConnected
      yield* device.close
      yield* TestClock.adjust("1 second")
      yield* Effect.flatMap(later.dialling.next, (device) => device.send(hello4))
      yield* TestClock.adjust(0)
      yield* comeBack(later)
      assert.deepStrictEqual(later.events, [
        ...reached,
        "Disconnected: the device closed the connection",
        "Sleeping 1000",
        "Connecting 1",
        "Opened",
        "ConnectFailed 1: Unsupported",
        ...again(2)
      ])
    })
  )

  for (const [how, end, detail] of [
    ["in order", "close", "the device closed the connection"],
    [
      "by a reset (trap: RST mid-write)",
      "reset",
      "the connection was cut by the device or the network (read ECONNRESET)"
    ]
  ] as const)
    it.effect(
      `requests in flight fail, and nothing is sent again: it ends ${how} (A-352, B-150)`,
      Effect.fnUntraced(function* () {
        const lab = yield* start()
        const device = yield* lab.dialling.next
        yield* device.send(hello5)
        yield* lab.client.awaitConnected
        const calls = yield* Effect.forEach(["a", "b"], (name) =>
          Effect.forkScoped(outcome(lab.client.call(name)), immediately)
        )
        yield* device.expect("?a[1]", "?b[2]")
        // written in the turn in which the connection ends: it must not go over the next one
        const last = yield* Effect.forkScoped(outcome(lab.client.call("c")), immediately)
        yield* device[end]
        yield* TestClock.adjust(0)
        for (const call of [...calls, last]) assert.strictEqual(yield* Fiber.join(call), `${detail}, sent`)
        assert.strictEqual(yield* outcome(lab.client.call("x")), `${detail}, not sent`)
        yield* comeBack(lab)
        assert.deepStrictEqual(lab.events, [...reached, `Disconnected: ${detail}`, ...again(1)])
        assert.deepStrictEqual(lab.states, [
          "Disconnected",
          "Connecting",
          "Negotiating",
          "Connected",
          "Disconnected",
          "Sleeping",
          "Connecting",
          "Negotiating",
          "Connected"
        ])
      })
    )

  it.effect(
    "the device sends #disconnect (B-156)",
    Effect.fnUntraced(function* () {
      const lab = yield* start()
      const device = yield* lab.dialling.next
      yield* device.send(hello5)
      yield* lab.client.awaitConnected
      const call = yield* Effect.forkScoped(outcome(lab.client.call("a")), immediately)
      yield* device.expect("?a[1]")
      yield* device.send("#disconnect upgrade\n!a[1] ok too late\n#log info 1 root x")
      yield* device.closed
      assert.strictEqual(yield* Fiber.join(call), "upgrade, sent")
      yield* comeBack(lab)
      assert.deepStrictEqual(lab.events, [...reached, "Disconnected: upgrade", ...again(1)])
    })
  )

  it.effect(
    "while the timeout hints are read: no listener was notified of the connection",
    Effect.fnUntraced(function* () {
      const lab = yield* start()
      const device = yield* lab.dialling.next
      yield* device.send(hello51T)
      yield* device.expect("?request-timeout-hint[1]")
      assert.strictEqual(yield* outcome(lab.client.call("x")), "it is being connected, not sent")
      yield* device.send("#request-timeout-hint[1] slow 60\n")
      yield* device.reset
      yield* TestClock.adjust(0)
      yield* comeBack(lab)
      assert.deepStrictEqual(lab.events, [
        "Connecting 1",
        "Opened",
        "ConnectFailed 1: the connection was cut by the device or the network (read ECONNRESET)",
        ...again(2)
      ])
    })
  )

  it.effect(
    "the reason stays visible until the next attempt (B-155)",
    Effect.fnUntraced(function* () {
      const lab = yield* start()
      yield* Effect.flatMap(lab.dialling.next, (device) => device.close)
      yield* TestClock.adjust(0)
      const state = yield* SubscriptionRef.get(lab.client.state)
      assert.isTrue(state._tag === "Sleeping" && state.delay === 1000 && state.reason.reason._tag === "Disconnected")
      lab.dialling.answer = "hang"
      yield* TestClock.adjust("1 second")
      assert.strictEqual(
        yield* outcome(lab.client.call("x")),
        "it is being connected again: the device closed the connection, not sent"
      )
    })
  )
})
