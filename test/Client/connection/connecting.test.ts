/** The first connection, and what the options and effects of a client make of the attempts at one. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client, type KatcpError } from "katcp"
import { hello5, immediately, logged } from "../connect.ts"
import { connected, everySecond, makeDialling, outcome, speaks, watch, why } from "../dialling.ts"

/** Makes a client that must be connected before it is there. */
const attempt = Effect.fnUntraced(function* (options?: Client.Options) {
  const dialling = yield* makeDialling()
  dialling.answer = "refuse"
  const make = Effect.provideService(
    Client.make({ reconnect: everySecond, ...options }),
    Socket.Socket,
    dialling.socket
  )
  return { dialling, fiber: yield* Effect.forkScoped(make, immediately) }
})

describe("the first connection", () => {
  it.effect(
    "is awaited, however long it takes, and each failure is logged (P-332, A-312, A-336, B-146)",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { dialling, fiber } = yield* attempt({ host: "dish" })
          yield* TestClock.adjust("90 seconds")
          assert.strictEqual(dialling.dials, 91)
          assert.isUndefined(fiber.pollUnsafe())
          dialling.answer = "accept"
          yield* TestClock.adjust("1 second")
          yield* Effect.flatMap(dialling.next, (device) => device.send(hello5))
          const client = yield* Fiber.join(fiber)
          assert.isTrue(client.isConnected)
          assert.strictEqual(client.lastConnect, 91000)
        })
      )
      assert.strictEqual(records.length, 91)
      assert.strictEqual(
        records[0],
        "Warn katcp.client: to dish: cannot connect: connect ECONNREFUSED; is the device running, and are host and port right?; connecting again in 1000 ms"
      )
    })
  )

  it.effect(
    "fails at once if configured to, and reconnects later (A-312)",
    Effect.fnUntraced(function* () {
      const first = yield* attempt({ connecting: "fail", host: "dish" })
      const error = yield* Effect.flip(Fiber.join(first.fiber))
      assert.strictEqual(error.reason._tag, "ConnectFailed")
      assert.strictEqual(error.host, "dish")
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([first.dialling.dials, first.dialling.held], [1, 0])
      const { dialling, fiber } = yield* attempt({ connecting: "fail" })
      dialling.answer = "accept"
      yield* TestClock.adjust(0)
      const device = yield* dialling.next
      yield* device.send(hello5)
      const client = yield* Fiber.join(fiber)
      yield* device.close
      yield* TestClock.adjust("1 second")
      yield* Effect.flatMap(dialling.next, (device) => device.send(hello5))
      yield* client.awaitConnected
      assert.strictEqual(dialling.dials, 2)
    })
  )

  it.effect(
    "continues in the background if the client is returned at once (P-332)",
    Effect.fnUntraced(function* () {
      const dialling = yield* makeDialling()
      const { client, events, states } = yield* watch(dialling)
      assert.strictEqual(dialling.dials, 0)
      assert.isFalse(client.isConnected)
      assert.deepStrictEqual(
        [client.protocol.toString(), client.versions.size, client.lastConnect],
        ["0.0", 0, undefined]
      )
      assert.strictEqual(yield* outcome(client.call("x")), "not connected yet, not sent")
      const waiting = yield* Effect.forkScoped(client.awaitConnected, immediately)
      const device = yield* dialling.next
      yield* device.settle
      assert.isUndefined(waiting.pollUnsafe())
      yield* device.send(hello5)
      yield* Fiber.join(waiting)
      assert.isTrue(client.isConnected)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(events, ["Connecting 1", "Opened", speaks])
      assert.deepStrictEqual(states, ["Disconnected", "Connecting", "Negotiating", "Connected"])
    })
  )
})

describe("attempts with a limit", () => {
  it.effect(
    "are logged: each failure with the time of the next attempt, and the final connection",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device, dialling } = yield* connected({ host: "dish" })
          yield* device.close
          dialling.answer = "refuse"
          yield* TestClock.adjust("1 second")
          dialling.answer = "accept"
          dialling.says = hello5
          yield* TestClock.adjust("1 second")
          yield* client.awaitConnected
        }),
        "Debug"
      )
      assert.deepStrictEqual(records, [
        "Warn katcp.client: to dish: not connected (the device closed the connection); connecting again in 1000 ms",
        "Warn katcp.client: to dish: cannot connect: connect ECONNREFUSED; is the device running, and are host and port right?; connecting again in 1000 ms",
        "Info katcp.client: connected again: it speaks 5.1-BIM"
      ])
    })
  )

  it.effect(
    "reconnect: false is one attempt and one connection (A-312)",
    Effect.fnUntraced(function* () {
      const { dialling, fiber } = yield* attempt({ reconnect: false })
      assert.strictEqual((yield* Effect.flip(Fiber.join(fiber))).reason._tag, "ConnectFailed")
      assert.strictEqual(dialling.dials, 1)
      const lab = yield* connected({ reconnect: false })
      yield* lab.device.close
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(lab.events, [
        "Disconnected: the device closed the connection",
        "Closed: the device closed the connection"
      ])
      assert.strictEqual(lab.dialling.dials, 1)
      assert.strictEqual(why(yield* lab.client.closed), "the device closed the connection")
      assert.strictEqual(yield* outcome(lab.client.awaitConnected), "the device closed the connection, not sent")
    })
  )

  it.effect(
    "a schedule that ends closes the client with the last reason, and restarts with each connection",
    Effect.fnUntraced(function* () {
      const twice = Schedule.max([Schedule.spaced("1 second"), Schedule.recurs(2)])
      const lost = yield* attempt({ reconnect: twice })
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Effect.flip(Fiber.join(lost.fiber))).reason._tag, "ConnectFailed")
      assert.strictEqual(lost.dialling.dials, 3)
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device, dialling, events } = yield* connected({ reconnect: twice })
          yield* device.close
          dialling.answer = "refuse"
          yield* TestClock.adjust("1 second")
          dialling.answer = "accept"
          yield* TestClock.adjust("1 second")
          const second = yield* dialling.next
          yield* second.send(hello5)
          yield* client.awaitConnected
          dialling.answer = "refuse"
          // as long as was waited for it
          yield* TestClock.adjust("1 second")
          yield* second.close
          yield* TestClock.adjust("1 hour")
          assert.strictEqual(events.filter((event) => event.startsWith("Sleeping")).length, 4)
          assert.strictEqual(events.at(-1), "Closed: ConnectFailed")
          assert.strictEqual((yield* client.closed).reason._tag, "ConnectFailed")
        })
      )
      assert.match(records.at(-1)!, /; not connecting again$/)
    })
  )

  it.effect(
    "the schedule is given the reason",
    Effect.fnUntraced(function* () {
      const seen: Array<string> = []
      const reconnect = everySecond.pipe(
        Schedule.setInputType<KatcpError>(),
        Schedule.modifyDelay(({ duration, input }) =>
          Effect.sync(() => {
            seen.push(why(input))
            return duration
          })
        )
      )
      const lab = yield* connected({ reconnect })
      lab.dialling.answer = "refuse"
      yield* lab.device.close
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(seen, ["the device closed the connection", "ConnectFailed"])
    })
  )

  it.effect(
    "a schedule with a fault closes the client, and says so",
    Effect.fnUntraced(function* () {
      const reconnect = Schedule.modifyDelay(everySecond, () => Effect.die(new Error("no delay today")))
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { fiber } = yield* attempt({ reconnect })
          const { reason } = yield* Effect.flip(Fiber.join(fiber))
          assert.isTrue(reason._tag === "ConnectFailed" && String(reason.cause).includes("no delay today"))
        })
      )
      assert.match(records.join(), /^Error katcp.client: connecting failed: .*no delay today/)
    })
  )
})
