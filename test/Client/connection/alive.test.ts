/** A client that notices when its device is dead though the connection is there (issue 11, point 5). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import type { Client } from "katcp"
import type { RawConnection } from "katcp/Testing"
import { hello4, hello5, immediately, logged } from "../connect.ts"
import { makeDialling, outcome, watch } from "../dialling.ts"

/** A client with the default of `alive`, connected to a device that has said hello. */
const connected = Effect.fnUntraced(function* (options?: Client.Options, hello = hello5) {
  const dialling = yield* makeDialling()
  dialling.says = hello
  const { client, events } = yield* watch(dialling, { alive: undefined, ...options })
  const device = yield* dialling.next
  yield* client.awaitConnected
  yield* device.settle
  events.length = 0
  return { client, device, dialling, events }
})

/** The lines that the device is sent when so much time has passed. */
const pass = (device: RawConnection.RawConnection, time: Parameters<typeof TestClock.adjust>[0]) =>
  Effect.andThen(TestClock.adjust(time), device.settle)

const silent = (seconds: number) =>
  `the device is silent: nothing received for ${seconds} s, and no answer to ?watchdog`

describe("a device that falls silent (P-416)", () => {
  it.effect(
    "receives ?watchdog after 10 s and counts as lost after 20 more; the client gives the reason and reconnects",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device, dialling, events } = yield* connected()
          assert.deepStrictEqual(yield* pass(device, "9 seconds"), [])
          assert.deepStrictEqual(yield* pass(device, "1 second"), ["?watchdog[1]"])
          assert.deepStrictEqual(yield* pass(device, "19 seconds"), [])
          assert.isTrue(client.isConnected)
          yield* TestClock.adjust("1 second")
          assert.isFalse(client.isConnected)
          assert.deepStrictEqual(events, [`Disconnected: ${silent(30)}`, "Sleeping 1000"])
          yield* device.closed
          yield* TestClock.adjust("1 second")
          yield* dialling.next
          yield* client.awaitConnected
          assert.strictEqual(dialling.dials, 2)
        })
      )
      assert.deepStrictEqual(records, [`Warn katcp.client: not connected (${silent(30)}); connecting again in 1000 ms`])
    })
  )

  for (const [sign, text] of [
    ["the reply", "!watchdog[1] ok\n"],
    ["a refusal", "!watchdog[1] invalid Unknown\\_request.\n"],
    ["any inform", "#log info 1 a b\n"],
    ["a single byte of a line", "#"]
  ] as const)
    it.effect(
      `is alive if it gives a sign of life: ${sign}`,
      Effect.fnUntraced(function* () {
        const { client, device, events } = yield* connected()
        assert.deepStrictEqual(yield* pass(device, "10 seconds"), ["?watchdog[1]"])
        yield* TestClock.adjust("19 seconds")
        yield* device.send(text)
        assert.deepStrictEqual(yield* pass(device, "9 seconds"), [])
        assert.deepStrictEqual(yield* pass(device, "1 second"), ["?watchdog[2]"])
        yield* device.send(text)
        assert.deepStrictEqual(yield* pass(device, "9 seconds"), [])
        assert.isTrue(client.isConnected)
        assert.deepStrictEqual(events, [])
      })
    )

  it.effect(
    "receives no ?watchdog while it sends anything",
    Effect.fnUntraced(function* () {
      const { device } = yield* connected()
      for (let n = 0; n < 20; n++) {
        yield* device.send("#beat\n")
        assert.deepStrictEqual(yield* pass(device, "9900 millis"), [])
      }
    })
  )

  it.effect(
    "has the timeout of each request in flight, but not for ever",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connected()
      const slow = yield* Effect.forkScoped(outcome(client.call("slow", [], { timeout: "2 minutes" })), immediately)
      yield* device.expect("?slow[1]")
      assert.deepStrictEqual(yield* pass(device, "10 seconds"), ["?watchdog[2]"])
      yield* TestClock.adjust("100 seconds")
      yield* device.send("!slow[1] ok\n")
      assert.strictEqual(yield* Fiber.join(slow), "!slow[1] ok")

      yield* device.send("!watchdog[2] ok\n")
      assert.deepStrictEqual(yield* pass(device, "10 seconds"), ["?watchdog[3]"])
      // those that a program goes on to make do not add up
      for (let n = 0; n < 11; n++) {
        yield* Effect.forkScoped(outcome(client.call("more", [], { timeout: "1 minute" })), immediately)
        yield* TestClock.adjust("5 seconds")
      }
      assert.isTrue(client.isConnected)
      yield* TestClock.adjust("5 seconds")
      assert.isFalse(client.isConnected)
    })
  )

  it.effect(
    "does not end a request without a timeout early",
    Effect.fnUntraced(function* () {
      const { client, device, events } = yield* connected()
      const options = { timeout: Number.POSITIVE_INFINITY }
      const endless = yield* Effect.forkScoped(client.call("endless", [], options), immediately)
      yield* TestClock.adjust("1 day")
      assert.isTrue(client.isConnected)
      // a silence that was given up is not a reason any more
      yield* Fiber.interrupt(endless)
      yield* TestClock.adjust("30 seconds")
      assert.match(events[0]!, /^Disconnected: the device is silent: nothing received for 86\d+ s/)
      yield* device.closed
    })
  )

  it.effect(
    "of version 4 has 30 s, because it handles one request at a time; nothing has an id",
    Effect.fnUntraced(function* () {
      const { client, device, events } = yield* connected({}, hello4)
      assert.deepStrictEqual(yield* pass(device, "10 seconds"), ["?watchdog"])
      // a sign of life that is not an answer: the question stays open, and is not asked twice
      yield* device.send("#beat\n")
      assert.deepStrictEqual(yield* pass(device, "39 seconds"), [])
      assert.isTrue(client.isConnected)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(events[0], `Disconnected: ${silent(40)}`)
    })
  )

  it.effect(
    "of version 4 answers the client's own request and the user's in order",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connected({}, hello4)
      assert.deepStrictEqual(yield* pass(device, "10 seconds"), ["?watchdog"])
      const own = yield* Effect.forkScoped(client.call("watchdog"), immediately)
      assert.deepStrictEqual(yield* device.settle, ["?watchdog"])
      yield* device.send("!watchdog ok first\n!watchdog ok second\n")
      assert.deepStrictEqual((yield* Fiber.join(own)).values, ["second"])
      assert.deepStrictEqual(
        Object.values(client.anomalies.counts).filter((count) => count > 0),
        []
      )
    })
  )

  it.effect(
    "counts as lost during negotiation and inspection, too",
    Effect.fnUntraced(function* () {
      const dialling = yield* makeDialling()
      const options = { alive: undefined, negotiationTimeout: "10 minutes", inspect: true } as const
      const { client, events } = yield* watch(dialling, options)
      const mute = yield* dialling.next
      assert.deepStrictEqual(yield* pass(mute, "10 seconds"), ["?watchdog"])
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(events[2], `ConnectFailed 1: ${silent(40)}`)
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      const device = yield* dialling.next
      yield* client.awaitConnected
      assert.include(yield* device.settle, "?help[1]")
      yield* TestClock.adjust("30 seconds")
      assert.include(events, `Disconnected: ${silent(30)}`)
    })
  )

  it.effect(
    "can be checked at other intervals, or never",
    Effect.fnUntraced(function* () {
      const never = yield* connected({ alive: Number.POSITIVE_INFINITY })
      assert.deepStrictEqual(yield* pass(never.device, "1 day"), [])
      const quick = yield* connected({ alive: "1 second", aliveWait: "500 millis" }, hello4)
      assert.deepStrictEqual(yield* pass(quick.device, "1 second"), ["?watchdog"])
      yield* TestClock.adjust("500 millis")
      assert.isFalse(quick.client.isConnected)
      assert.isTrue(never.client.isConnected)
    })
  )

  it.effect(
    "leaves readings that are unreachable, and requests that fail",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connected({ aliveWait: "1 second" })
      yield* client.mirror("volt")
      yield* device.settle
      yield* device.send("#sensor-list[1] volt Volts. V float\n!sensor-list[1] ok 1\n")
      yield* device.settle
      yield* device.send("#sensor-status 1 1 volt nominal 2.5\n!sensor-sampling[2] ok volt auto\n")
      yield* client.synced
      assert.strictEqual(client.device.sensors.get("volt")?.reading.status, "nominal")
      const asked = yield* Effect.forkScoped(outcome(client.call("x", [], { timeout: "11 seconds" })), immediately)
      yield* TestClock.adjust("21 seconds")
      assert.strictEqual(client.device.sensors.get("volt")?.reading.status, "unreachable")
      assert.strictEqual(yield* Fiber.join(asked), "TimedOut")
    })
  )

  it.effect(
    "is not checked while the client itself does not read",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connected()
      yield* Effect.forkScoped(
        Stream.runForEach(client.callStream("list"), () => Effect.never),
        immediately
      )
      yield* device.expect("?list[1]")
      yield* device.send("#list[1] a\n".repeat(4000))
      yield* device.settle
      assert.deepStrictEqual(yield* pass(device, "1 hour"), [])
      assert.isTrue(client.isConnected)
    })
  )

  it.effect(
    "does not delay draining a client",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connected()
      assert.deepStrictEqual(yield* pass(device, "10 seconds"), ["?watchdog[1]"])
      yield* client.drain
      yield* device.closed
    })
  )

  it.effect(
    "is never reported for a live device: no request is repeated, and no anomaly occurs",
    Effect.fnUntraced(function* () {
      const { client, device, events } = yield* connected()
      for (let id = 1; id <= 100; id++) {
        assert.deepStrictEqual(yield* pass(device, "10 seconds"), [`?watchdog[${id}]`])
        yield* device.send(`!watchdog[${id}] ok\n`)
        yield* device.settle
      }
      assert.deepStrictEqual(events, [])
      assert.deepStrictEqual(
        Object.values(client.anomalies.counts).filter((count) => count > 0),
        []
      )
    })
  )
})
