/** The time-outs that the device itself says its requests may take (Rev 5.1 §5.1). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client, Interface, Request } from "katcp"
import type { RawConnection } from "katcp/Testing"
import { hello4, hello5, immediately, logged } from "../connect.ts"
import { everySecond, makeDialling } from "../dialling.ts"

const helloT = "#version-connect katcp-protocol 5.1-MIBT\n"
const ask = "?request-timeout-hint"

class Lab extends Interface.make("lab").add(
  Request.make("bake", { doc: "It says how long itself.", timeoutHint: "20 seconds" }),
  Request.make("brew", { doc: "It does not." }),
  Request.make("boil", { doc: "It says that it does not.", timeoutHint: 0 })
) {}

/** Answers the request that asks for the hints. */
const tell = (device: RawConnection.RawConnection, id: number, ...hints: ReadonlyArray<string>) =>
  Effect.andThen(
    device.expect(`${ask}[${id}]`),
    device.send(
      [
        ...hints.map((hint) => `#request-timeout-hint[${id}] ${hint}\n`),
        `!request-timeout-hint[${id}] ok ${hints.length}\n`
      ].join("")
    )
  )

/** A client of a device with hints. */
const start = Effect.fnUntraced(function* (hints: ReadonlyArray<string>, options?: Client.Options) {
  const dialling = yield* makeDialling()
  dialling.says = helloT
  const make = Effect.provideService(
    Client.make(Lab, { reconnect: everySecond, checkContract: false, alive: Number.POSITIVE_INFINITY, ...options }),
    Socket.Socket,
    dialling.socket
  )
  const fiber = yield* Effect.forkScoped(make, immediately)
  const device = yield* dialling.next
  yield* tell(device, 1, ...hints)
  return { client: yield* Fiber.join(fiber), device, dialling }
})

/** After how long a request fails that nobody answers, and whose time-out it was. */
const timeoutOf = Effect.fnUntraced(function* <A>(request: Effect.Effect<A, unknown>) {
  const fiber = yield* Effect.forkScoped(Effect.flip(request), immediately)
  for (let time = 0; time <= 100; time++) {
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) {
      const error = (yield* exit) as Effect.Error<ReturnType<Client.Client<never, never>["callRaw"]>>
      return error.reason._tag === "TimedOut" ? `${time} s: ${error.reason.which}` : error.reason._tag
    }
    yield* TestClock.adjust("1 second")
  }
  return "for ever"
})

describe("the timeouts of requests (P-145)", () => {
  it.effect(
    "come from the call, the contract, the device, the client, in this order",
    Effect.fnUntraced(function* () {
      const { client } = yield* start(["bake 30", "brew 40", "boil 12.5", "other 7"], { timeout: "9 seconds" })
      const { call, request } = client
      assert.strictEqual(yield* timeoutOf(request.bake({}, { timeout: "3 seconds" })), "3 s: call")
      assert.strictEqual(yield* timeoutOf(request.bake()), "20 s: contract")
      assert.strictEqual(yield* timeoutOf(request.brew()), "40 s: hint")
      assert.strictEqual(yield* timeoutOf(request.boil()), "13 s: hint")
      assert.strictEqual(yield* timeoutOf(call("bake")), "30 s: hint")
      assert.strictEqual(yield* timeoutOf(call("other")), "7 s: hint")
      assert.strictEqual(yield* timeoutOf(Stream.runDrain(client.callStream("other"))), "7 s: hint")
      assert.strictEqual(yield* timeoutOf(call("nothing")), "9 s: default")
      assert.strictEqual(yield* timeoutOf(request.brew({}, { timeout: Number.POSITIVE_INFINITY })), "for ever")
    })
  )

  it.effect(
    "a hint of zero means no hint; a malformed one is an anomaly, and is ignored",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const bad = ["brew -1", "a 1000000000", "b ten", "c nan", "d \\@", "e", "f inf", "g 0x10", "\\@ x"]
          const { client } = yield* start(["brew 0", ...bad, "good 864000", "late 864001"])
          assert.strictEqual(client.anomalies.counts.BadHint, 10)
          for (const name of ["brew", "a", "b", "c", "d", "e", "f", "g", "late"])
            assert.strictEqual(yield* timeoutOf(client.call(name)), "5 s: default")
          assert.strictEqual(yield* timeoutOf(client.call("good")), "for ever")
        })
      )
      assert.strictEqual(records[0], 'Warn katcp.client: the timeout hint of ?brew is malformed and not used: "-1"')
    })
  )

  for (const [why, hello, options] of [
    ["it has no flag T", hello5, {}],
    ["it is of version 4", hello4, {}],
    ["they are not wanted", helloT, { timeoutHints: false }]
  ] as const)
    it.effect(
      `the device is not asked for hints if ${why}`,
      Effect.fnUntraced(function* () {
        const dialling = yield* makeDialling()
        dialling.says = hello
        yield* Effect.provideService(Client.make(options), Socket.Socket, dialling.socket)
        const device = yield* dialling.next
        assert.deepStrictEqual(yield* device.settle, [])
        yield* device.send("#interface-changed\n")
        assert.deepStrictEqual(yield* device.settle, [])
      })
    )
})

describe("hints that change", () => {
  for (const [inform, asks] of [
    ["#interface-changed", true],
    ["#interface-changed request-list", true],
    ["#interface-changed request brew added", true],
    ["#interface-changed request brew modified", true],
    ["#interface-changed request brew removed", true],
    ["#interface-changed something-new", true],
    ["#interface-changed sensor-list", false],
    ["#interface-changed sensor volt added", false]
  ] as const)
    it.effect(
      `${inform} ${asks ? "reloads them" : "does not affect them"} (P-129, P-130)`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* start(["brew 40", "old 9"])
        yield* device.send(`${inform}\n`)
        if (asks) yield* tell(device, 2, "brew 11", "new 8")
        assert.deepStrictEqual(yield* device.settle, [])
        assert.strictEqual(yield* timeoutOf(client.request.brew()), asks ? "11 s: hint" : "40 s: hint")
        assert.strictEqual(yield* timeoutOf(client.call("old")), asks ? "5 s: default" : "9 s: hint")
      })
    )

  it.effect(
    "a storm of changes reloads them once, and once more (trap: interface-changed storm)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* start(["brew 40"])
      yield* device.send("#interface-changed\n".repeat(1000))
      assert.deepStrictEqual(yield* device.settle, [`${ask}[2]`])
      yield* device.send("#interface-changed\n!request-timeout-hint[2] ok 0\n")
      yield* tell(device, 3, "brew 11")
      assert.deepStrictEqual(yield* device.settle, [])
      assert.strictEqual(yield* timeoutOf(client.request.brew()), "11 s: hint")
    })
  )

  it.effect(
    "a change during the first load is not missed, and delays nothing",
    Effect.fnUntraced(function* () {
      const dialling = yield* makeDialling()
      dialling.says = helloT
      const make = Effect.provideService(Client.make(Lab, { checkContract: false }), Socket.Socket, dialling.socket)
      const fiber = yield* Effect.forkScoped(make, immediately)
      const device = yield* dialling.next
      yield* device.expect(`${ask}[1]`)
      yield* device.send(
        "#interface-changed request-list\n#request-timeout-hint[1] brew 40\n!request-timeout-hint[1] ok 1\n"
      )
      const client = yield* Fiber.join(fiber)
      yield* tell(device, 2, "brew 11")
      yield* device.settle
      assert.strictEqual(yield* timeoutOf(client.request.brew()), "11 s: hint")
    })
  )

  it.effect(
    "belong to the current connection: they are reloaded, and dropped if the device no longer has them",
    Effect.fnUntraced(function* () {
      const { client, device, dialling } = yield* start(["brew 40"])
      yield* device.close
      yield* TestClock.adjust("1 second")
      const second = yield* dialling.next
      yield* tell(second, 1, "brew 11")
      yield* client.awaitConnected
      assert.strictEqual(yield* timeoutOf(client.request.brew()), "11 s: hint")
      dialling.says = hello5
      yield* second.close
      yield* TestClock.adjust("1 second")
      yield* client.awaitConnected
      assert.strictEqual(yield* timeoutOf(client.request.brew()), "5 s: default")
      const third = yield* dialling.next
      yield* third.send("#interface-changed\n")
      assert.deepStrictEqual(yield* third.settle, ["?brew[1]"])
    })
  )
})

describe("a device that does not return its hints though it has flag T", () => {
  for (const [how, reply] of [
    ["refuses", "!request-timeout-hint[1] fail no\\_idea\n"],
    ["does not know of them", "!request-timeout-hint[1] invalid Unknown\\_request.\n"],
    ["never answers", ""]
  ] as const)
    it.effect(
      `${how}: the client still connects, in bounded time, and logs a warning`,
      Effect.fnUntraced(function* () {
        const { records } = yield* logged(
          Effect.gen(function* () {
            const dialling = yield* makeDialling()
            dialling.says = helloT
            const make = Client.make({ timeout: Number.POSITIVE_INFINITY, negotiationTimeout: "2 seconds" })
            const fiber = yield* Effect.forkScoped(
              Effect.provideService(make, Socket.Socket, dialling.socket),
              immediately
            )
            const device = yield* dialling.next
            yield* device.expect(`${ask}[1]`)
            yield* device.send(reply)
            yield* TestClock.adjust(1999)
            assert.strictEqual(fiber.pollUnsafe() === undefined, reply === "")
            yield* TestClock.adjust(1)
            assert.isTrue((yield* Fiber.join(fiber)).isConnected)
          })
        )
        assert.strictEqual(records.length, 1)
        assert.match(records[0]!, /^Warn katcp\.client: no timeout hints: /)
      })
    )

  it.effect(
    "fails to return them again: the former hints stay",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* start(["brew 40"])
      yield* device.send("#interface-changed\n")
      yield* device.expect(`${ask}[2]`)
      yield* device.send("!request-timeout-hint[2] fail busy\n")
      yield* device.settle
      assert.strictEqual(yield* timeoutOf(client.request.brew()), "40 s: hint")
    })
  )
})
