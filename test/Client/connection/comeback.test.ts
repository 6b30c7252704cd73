/** State that outlives a connection, and state that follows the returning device. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client } from "katcp"
import { hello4, hello5, immediately } from "../connect.ts"
import { Antenna } from "../contract.ts"
import { connected, everySecond, makeDialling, outcome, why } from "../dialling.ts"

describe("a device that comes back with another version (A-322…A-327)", () => {
  it.effect(
    "is addressed in the new version: ids, dialect, arguments, versions",
    Effect.fnUntraced(function* () {
      const dialling = yield* makeDialling()
      dialling.says = `${hello5}#version-connect katcp-device five-1\n`
      const make = Client.make(Antenna, { reconnect: everySecond, checkContract: false })
      const client = yield* Effect.provideService(make, Socket.Socket, dialling.socket)
      const serveOnce = Effect.fnUntraced(function* (sends: string, answers: string, time: number) {
        const device = yield* dialling.next
        yield* client.awaitConnected
        const call = yield* Effect.forkScoped(client.request["start-at"]({ time: 1234.5 }), immediately)
        yield* device.expect(sends)
        yield* device.send(answers)
        assert.strictEqual((yield* Fiber.join(call)).time, time)
        return device
      })
      const first = yield* serveOnce("?start-at[1] 1234.5", "!start-at[1] ok 99.5\n", 99.5)
      assert.deepStrictEqual(
        [client.protocol.toString(), client.dialect.major, client.versions.get("katcp-device")?.version],
        ["5.1-BIM", 5, "five-1"]
      )
      dialling.says = hello4
      yield* first.close
      // what it was is known until it is known what it is
      assert.strictEqual(client.protocol.toString(), "5.1-BIM")
      yield* TestClock.adjust("1 second")
      const second = yield* serveOnce("?start-at 1234500", "!start-at ok 99500\n", 99.5)
      assert.deepStrictEqual([client.protocol.toString(), client.dialect.major], ["4.0", 4])
      assert.deepStrictEqual([...client.versions.keys()], ["version", "build-state"])
      assert.strictEqual(yield* outcome(client.call("x", [], { useId: true })), "Unsupported")
      dialling.says = "#version-connect katcp-protocol 5.0-I\n"
      yield* second.reset
      yield* TestClock.adjust("1 second")
      yield* serveOnce("?start-at[1] 1234.5", "!start-at[1] ok 1\n", 1)
      assert.deepStrictEqual([client.protocol.toString(), client.dialect.major], ["5.0-I", 5])
    })
  )

  it.effect(
    "replies of one connection never reach the requests of the next (P-055, A-355)",
    Effect.fnUntraced(function* () {
      const { client, device, dialling } = yield* connected()
      const lost = yield* Effect.forkScoped(outcome(client.call("x")), immediately)
      yield* device.expect("?x[1]")
      yield* device.send("!x[1] o")
      dialling.says = hello5
      yield* device.close
      assert.match(yield* Fiber.join(lost), /, sent$/)
      yield* TestClock.adjust("1 second")
      const second = yield* dialling.next
      yield* client.awaitConnected
      const call = yield* Effect.forkScoped(outcome(client.call("x")), immediately)
      yield* second.expect("?x[1]")
      // the rest of the line of before begins no line here, nor is its id another one's
      yield* second.send("k old\n!x[2] ok old\n!y[1] ok old\n")
      yield* second.settle
      assert.isUndefined(call.pollUnsafe())
      yield* second.send("!x[1] ok new\n")
      assert.strictEqual(yield* Fiber.join(call), "!x[1] ok new")
      assert.deepStrictEqual(
        [client.anomalies.counts.CutLine, client.anomalies.counts.BadLine, client.anomalies.counts.UnexpectedReply],
        [1, 1, 2]
      )
    })
  )
})

describe("informs over several connections", () => {
  it.effect(
    "handlers and streams continue, and miss nothing that a device sends when the client connects",
    Effect.fnUntraced(function* () {
      const handled: Array<string> = []
      const { client, device, dialling } = yield* connected({
        onInform: { tick: (message) => void handled.push(`early ${message.text(0)}`) }
      })
      yield* client.onInform("tick", (message) => void handled.push(`late ${message.text(0)}`))
      const ticks = yield* Effect.forkScoped(Stream.runCollect(client.informs("tick")), immediately)
      const all = yield* Effect.forkScoped(Stream.runCollect(yield* client.subscribe()), immediately)
      const anomalies = yield* Effect.forkScoped(
        Stream.runCollect(Stream.map(client.anomalies.stream, (anomaly) => anomaly._tag)),
        immediately
      )
      yield* device.send("#tick 1\n")
      yield* device.settle
      dialling.says = `#tick 2\n${hello5}`
      yield* device.reset
      yield* TestClock.adjust("1 second")
      const second = yield* dialling.next
      yield* second.send("#tick 3\n!nonsense ok\n")
      yield* second.settle
      dialling.answer = "refuse"
      yield* second.send("#disconnect bye\n")
      yield* TestClock.adjust("1 minute")
      dialling.answer = "accept"
      dialling.says = `${hello4}#tick 4\n`
      yield* TestClock.adjust("1 second")
      yield* client.awaitConnected
      yield* client.close
      const texts = (yield* Fiber.join(ticks)).map((inform) => inform.text(0))
      assert.deepStrictEqual(texts, ["1", "2", "3", "4"])
      assert.deepStrictEqual(
        handled,
        texts.flatMap((text) => [`early ${text}`, `late ${text}`])
      )
      assert.deepStrictEqual(
        (yield* Fiber.join(all)).map((inform) => inform.name),
        ["tick", "tick", "version-connect", "tick", "disconnect", "version", "build-state", "tick"]
      )
      assert.deepStrictEqual(yield* Fiber.join(anomalies), ["UnexpectedReply"])
    })
  )

  it.effect(
    "fail only when the client gives up, with the reason",
    Effect.fnUntraced(function* () {
      const reconnect = Schedule.max([everySecond, Schedule.recurs(1)])
      const { client, device, dialling } = yield* connected({ reconnect })
      const informs = yield* Effect.forkScoped(Effect.flip(Stream.runDrain(client.informs())), immediately)
      dialling.answer = "refuse"
      yield* device.close
      yield* TestClock.adjust(999)
      assert.isUndefined(informs.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.strictEqual(why(yield* Fiber.join(informs)), "ConnectFailed")
      assert.strictEqual(why(yield* Effect.flip(Stream.runDrain(client.informs()))), "ConnectFailed")
      assert.deepStrictEqual(yield* Stream.runCollect(client.events), [])
    })
  )
})

describe("events", () => {
  it.effect(
    "reach each reader from the start of its reading, and end with the client (A-330, A-337, A-338, B-153, B-154)",
    Effect.fnUntraced(function* () {
      const { client, device, dialling } = yield* connected()
      const tags = () =>
        Effect.forkScoped(Stream.runCollect(Stream.map(client.events, (event) => event._tag)), immediately)
      const first = yield* tags()
      dialling.says = hello5
      yield* device.close
      yield* TestClock.adjust(0)
      const second = yield* tags()
      yield* TestClock.adjust("1 second")
      yield* client.awaitConnected
      yield* client.close
      const rest = ["Connecting", "Opened", "Connected", "Synced", "Disconnected", "Closed"]
      assert.deepStrictEqual(yield* Fiber.join(first), ["Disconnected", "Sleeping", ...rest])
      assert.deepStrictEqual(yield* Fiber.join(second), rest)
    })
  )

  it.effect(
    "are kept for a slow reader, up to 1024",
    Effect.fnUntraced(function* () {
      const { client, device, dialling } = yield* connected()
      const hold = yield* Effect.forkScoped(
        Stream.runFold(
          Stream.tap(client.events, (event) => (event._tag === "Disconnected" ? Effect.sleep("1 hour") : Effect.void)),
          () => 0,
          (count) => count + 1
        ),
        immediately
      )
      dialling.answer = "refuse"
      yield* device.close
      yield* TestClock.adjust("20 minutes")
      yield* client.close
      yield* TestClock.adjust("1 hour")
      const count = yield* Fiber.join(hold)
      assert.isTrue(count >= 1024 && count <= 1030, `${count}`)
    })
  )
})
