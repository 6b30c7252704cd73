import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client } from "katcp"
import type { RawConnection } from "katcp/Testing"
import { initial, next } from "../../../src/Client/connection/State.ts"
import { hello5, immediately } from "../connect.ts"
import { everySecond, makeDialling, outcome } from "../dialling.ts"

const Step = Schema.Struct({
  action: Schema.Literals([
    // the user
    "call",
    "call",
    "call",
    "stream",
    "interrupt",
    "reconnect",
    // the device
    "answer",
    "answer",
    "reset",
    "close",
    "#disconnect bye\n",
    "!r0[1] o",
    "#interface-changed\n",
    // what becomes of dials
    "accept",
    "accept",
    "refuse",
    "take 3 seconds",
    "say nothing",
    "say it has hints",
    "say it has none",
    // time
    "wait",
    "wait",
    "wait long"
  ]),
  pick: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))
})

const helloT = "#version-connect katcp-protocol 5.1-MIBT\n"
const says = { "say nothing": "", "say it has hints": helloT, "say it has none": hello5 } as const

/** A client and its device, at the hands of the steps. */
const start = Effect.fnUntraced(function* (onDisconnected: "fail" | "wait") {
  const dialling = yield* makeDialling()
  dialling.says = hello5
  const make = Client.make({ reconnect: everySecond, connecting: "background", onDisconnected })
  const client = yield* Effect.provideService(make, Socket.Socket, dialling.socket)
  let state = initial(undefined)
  yield* Effect.forkScoped(
    Stream.runForEach(client.events, (event) =>
      Effect.sync(() => {
        const after = next(state, event)
        assert(after !== undefined, `${event._tag} at ${state._tag}`)
        state = after
      })
    ),
    immediately
  )
  const devices: Array<RawConnection.RawConnection> = []
  yield* Effect.forkScoped(Effect.forever(Effect.map(dialling.next, (device) => devices.push(device))), immediately)
  const calls: Array<Fiber.Fiber<string>> = []
  const answered = new Set<string>()

  const call = Effect.fnUntraced(function* (how: "call" | "stream") {
    const name = `r${calls.length}`
    const request = how === "call" ? client.call(name) : Stream.runDrain(client.callStream(name))
    calls.push(yield* Effect.forkScoped(outcome<unknown>(request), immediately))
  })
  /** Answers all that the newest connection has brought. */
  const answer = Effect.gen(function* () {
    const device = devices.at(-1)
    if (device === undefined) return
    for (const line of yield* device.settle) {
      const [, name = "", id] = /^\?([^[]+)(\[\d+\])/.exec(line) ?? []
      answered.add(name)
      yield* Effect.ignore(device.send(`!${name}${id} ok\n`))
    }
  })
  /** Which requests came to the device, over all of its connections. */
  const came = Effect.map(
    Effect.suspend(() => Effect.forEach(devices, (device) => device.lines)),
    (lines) => lines.flat().flatMap((line) => /^\?(r\d+)/.exec(line)?.[1] ?? [])
  )
  return { answer, answered, call, calls, came, client, devices, dialling, state: () => state }
})

describe("any sequence of actions of a device and its user", () => {
  for (const onDisconnected of ["fail", "wait"] as const)
    it.effect.prop(
      `ends with a connected client; each request ended once, and was sent at most once (${onDisconnected})`,
      { steps: Schema.Array(Step) },
      Effect.fnUntraced(function* ({ steps }) {
        const lab = yield* start(onDisconnected)
        const { calls, client, devices, dialling } = lab
        for (const { action, pick } of steps) {
          const device = devices.at(-1)
          switch (action) {
            case "call":
            case "stream":
              yield* lab.call(action)
              break
            case "interrupt":
              calls[pick % Math.max(1, calls.length)]?.interruptUnsafe()
              break
            case "reconnect":
              yield* client.reconnect
              break
            case "answer":
              yield* lab.answer
              break
            case "reset":
            case "close":
              if (device !== undefined) yield* device[action]
              break
            case "accept":
            case "refuse":
              dialling.answer = action
              dialling.delay = 0
              break
            case "take 3 seconds":
              dialling.delay = 3000
              break
            case "say nothing":
            case "say it has hints":
            case "say it has none":
              dialling.says = says[action]
              break
            case "wait":
            case "wait long":
              yield* TestClock.adjust(action === "wait" ? pick : pick * 10)
              break
            default:
              if (device !== undefined) yield* Effect.ignore(device.send(action))
          }
          // things happen in the same turn, or apart
          if (pick % 3 > 0) yield* TestClock.adjust(0)
          assert.isAtMost(dialling.held, 1)
          const { _tag } = SubscriptionRef.getUnsafe(client.state)
          assert.strictEqual(client.isConnected, _tag === "Connected" || _tag === "Syncing" || _tag === "Synced")
        }

        // whatever was, now the device is well, once it has been started again
        dialling.says = hello5
        dialling.answer = "accept"
        dialling.delay = 0
        for (const device of devices) yield* device.reset
        yield* TestClock.adjust("20 seconds")
        yield* client.awaitConnected
        yield* lab.call("call")
        yield* lab.answer
        assert.match(yield* Fiber.join(calls.at(-1)!), /^!r\d+\[\d+\] ok$/)

        yield* client.close
        const came = yield* lab.came
        assert.strictEqual(new Set(came).size, came.length)
        for (const [number, fiber] of calls.entries()) {
          const exit = yield* Fiber.await(fiber)
          if (exit._tag === "Failure") continue
          const name = `r${number}`
          if (/^!|undefined/.test(exit.value)) assert.isTrue(lab.answered.has(name), `${name}: ${exit.value}`)
          if (exit.value.endsWith(", not sent")) assert.notInclude(came, name)
        }
        yield* TestClock.adjust(0)
        assert.strictEqual(lab.state()._tag, "Closed")
        assert.strictEqual(dialling.held, 0)
      }),
      { arbitrary: { runs: 60, size: 60 } }
    )
})
