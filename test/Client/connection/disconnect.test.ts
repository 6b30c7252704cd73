import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { type Client, Message } from "katcp"
import { connect, connectTo, immediately } from "../connect.ts"
import { Antenna } from "../contract.ts"

const reasonOf = (error: Effect.Error<ReturnType<Client.Client<never, never>["call"]>>) => {
  assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "Disconnected")
  return error._tag === "KatcpError" && error.reason._tag === "Disconnected"
    ? { sent: error.reason.sent, detail: error.reason.detail }
    : undefined
}

describe("the end of a connection", () => {
  for (const [how, end, detail] of [
    ["an orderly end", "close", "the device closed the connection"],
    ["a reset", "reset", "the connection was cut by the device or the network (read ECONNRESET)"]
  ] as const)
    it.effect(
      `${how} fails all open requests, and all later ones (A-352, A-354, B-150)`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connectTo(Antenna, { host: "dish" })
        const calls = [client.call("x"), client.request.stow(), client.call("x", [], { useId: false })]
        const open = yield* Effect.forEach(calls, (call) => Effect.forkScoped(Effect.flip(call), immediately))
        yield* device.expect("?x[1]", "?stow[2]", "?x")
        yield* TestClock.adjust(250)
        yield* device[end]
        for (const fiber of open) {
          const error = yield* Fiber.join(fiber)
          assert.deepStrictEqual(reasonOf(error), { sent: true, detail })
          assert.isTrue(error._tag === "KatcpError" && error.elapsed === 250 && error.host === "dish")
        }
        assert.deepStrictEqual(reasonOf(yield* client.closed), { sent: false, detail })
        assert.isFalse(client.isConnected)
        assert.deepStrictEqual(reasonOf(yield* Effect.flip(client.call("x"))), { sent: false, detail })
        assert.deepStrictEqual(reasonOf(yield* Effect.flip(client.request.stow())), { sent: false, detail })
      })
    )

  it.effect(
    "the device's #disconnect takes effect at once, and is the reason (B-156, P-120)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const open = yield* Effect.forkScoped(Effect.flip(client.call("x")), immediately)
      const informs: Array<string> = []
      yield* client.onInform("disconnect", (message) => informs.push(String(message)))
      yield* device.next
      yield* device.send("#disconnect server\\_shutting\\_down\n!x[1] ok too late\n")
      const detail = "server shutting down"
      assert.deepStrictEqual(reasonOf(yield* Fiber.join(open)), { sent: true, detail })
      assert.deepStrictEqual(reasonOf(yield* client.closed), { sent: false, detail })
      assert.deepStrictEqual(informs, ['#disconnect "server shutting down"'])
      yield* device.closed
    })
  )

  it.effect(
    "replies before it in the same chunk still count (P-100)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const halt = yield* Effect.forkScoped(client.call("halt"), immediately)
      yield* device.next
      yield* device.send("!halt[1] ok\n#disconnect bye\n")
      assert.isTrue((yield* Fiber.join(halt)).ok)
    })
  )

  it.effect(
    "an unfinished line is dropped with a warning (P-031)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      yield* device.send("!x[1] o")
      yield* device.close
      yield* client.closed
      assert.strictEqual(client.anomalies.counts.CutLine, 1)
    })
  )

  it.effect(
    "close flushes, fails open requests and ends (A-353, B-154)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const open = yield* Effect.forkScoped(Effect.flip(client.call("x")), immediately)
      yield* client.close
      const detail = "closed by this client"
      assert.deepStrictEqual(reasonOf(yield* Fiber.join(open)), { sent: true, detail })
      assert.deepStrictEqual(reasonOf(yield* client.closed), { sent: false, detail })
      yield* device.expect("?x[1]")
      assert.strictEqual((yield* device.closed)._tag, "SocketCloseError")
      yield* client.close
    })
  )

  it.effect(
    "closing the scope does the same, and leaves no fiber behind (A-334, A-335)",
    Effect.fnUntraced(function* () {
      const scope = yield* Scope.make()
      const { client, device } = yield* connect().pipe(Scope.provide(scope))
      const open = yield* Effect.forkScoped(Effect.flip(client.call("x")), immediately)
      yield* TestClock.adjust(0)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(reasonOf(yield* Fiber.join(open))?.detail, "closed by this client")
      assert.isFalse(client.isConnected)
      assert.deepStrictEqual(yield* device.lines, ["?x[1]"])
    })
  )

  it.effect(
    "a client can be closed from within an answer, and from a handler of informs",
    Effect.fnUntraced(function* () {
      const first = yield* connect()
      const leave = yield* Effect.forkScoped(Effect.andThen(first.client.call("x"), first.client.close), immediately)
      yield* first.device.next
      yield* first.device.send("!x[1] ok\n#y\n!z ok\n")
      yield* Fiber.join(leave)
      yield* first.device.closed
      assert.strictEqual(first.client.anomalies.counts.UnexpectedReply, 0)
    })
  )

  it.effect(
    "subscriptions fail when the connection is lost, and end when it is closed",
    Effect.fnUntraced(function* () {
      const lost = yield* connect()
      const first = yield* Effect.forkScoped(Effect.flip(Stream.runDrain(lost.client.informs("a"))), immediately)
      yield* lost.device.close
      assert.strictEqual(reasonOf(yield* Fiber.join(first))?.sent, false)
      assert.strictEqual(
        reasonOf(yield* Effect.flip(Stream.runDrain(lost.client.informs())))?.detail,
        "the device closed the connection"
      )
      const closed = yield* connect()
      const second = yield* Effect.forkScoped(Stream.runDrain(closed.client.informs()), immediately)
      const anomalies = yield* Effect.forkScoped(Stream.runDrain(closed.client.anomalies.stream), immediately)
      yield* closed.client.close
      yield* Fiber.join(second)
      yield* Fiber.join(anomalies)
      yield* Stream.runDrain(closed.client.informs())
      yield* Stream.runDrain(closed.client.anomalies.stream)
    })
  )
})

describe("a device that does not read", () => {
  it.effect(
    "keeps requests above the backlog unsent: they time out, can be interrupted, and go out when it reads again",
    Effect.fnUntraced(function* () {
      const contract = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }
      const { client, device } = yield* connectTo(contract, { maxBacklog: 1000 }, undefined, { limit: 1000 })
      yield* device.settle
      yield* device.pause
      const big = "x".repeat(3000)
      const start = (name: string, options?: Client.CallOptions) =>
        Effect.forkScoped(Effect.exit(client.call(name, [big], options)), immediately)
      const first = yield* start("a")
      yield* TestClock.adjust(0)
      const gathering = yield* start("b")
      const held = yield* start("c", { timeout: "1 second" })
      const cancelled = yield* start("d", { id: 77 })
      const patient = yield* start("e")
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.join(held)
      const error = yield* Effect.flip(exit)
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "TimedOut" && error.id === undefined)
      yield* Fiber.interrupt(cancelled)
      yield* device.resume
      yield* device.expect(`?a[1] ${big}`, `?b[2] ${big}`, `?e[3] ${big}`)
      yield* device.send("!a[1] ok\n!b[2] ok\n!e[3] ok\n")
      for (const fiber of [first, gathering, patient]) assert.isTrue(Exit.isSuccess(yield* Fiber.join(fiber)))
      const reused = yield* start("d", { id: 77 })
      yield* device.expect(`?d[77] ${big}`)
      yield* device.send("!d[77] ok\n")
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(reused)))
    })
  )

  it.effect(
    "reserves the id of an unsent request, and a reply with this id has no request (A-331)",
    Effect.fnUntraced(function* () {
      const contract = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }
      const { client, device } = yield* connectTo(contract, { maxBacklog: 1000 }, undefined, { limit: 1000 })
      yield* device.settle
      yield* device.pause
      const big = "x".repeat(3000)
      for (const name of ["a", "b"]) {
        yield* Effect.forkScoped(client.call(name, [big]), immediately)
        yield* TestClock.adjust(0)
      }
      const unsent = yield* Effect.forkScoped(client.call("d", [], { id: 77 }), immediately)
      const taken = yield* Effect.flip(client.call("e", [], { id: 77 }))
      assert.isTrue(taken._tag === "KatcpError" && taken.reason._tag === "BadArgument")
      yield* device.send("!d[77] ok too-early\n")
      yield* TestClock.adjust(0)
      assert.strictEqual(client.anomalies.counts.UnexpectedReply, 1)
      assert.isUndefined(unsent.pollUnsafe())
      yield* device.resume
      yield* device.expect(`?a[1] ${big}`, `?b[2] ${big}`, "?d[77]")
      yield* device.send("!d[77] ok now\n")
      assert.deepStrictEqual((yield* Fiber.join(unsent)).values, ["now"])
    })
  )

  it.effect(
    "delays a message until it reads again, which fails if the connection ends meanwhile",
    Effect.fnUntraced(function* () {
      const contract = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }
      for (const reads of [true, false]) {
        const { client, device } = yield* connectTo(contract, { maxBacklog: 1000 }, undefined, { limit: 1000 })
        yield* device.settle
        yield* device.pause
        const message = Message.inform("a", ["x".repeat(3000)])
        yield* client.send(message)
        yield* TestClock.adjust(0)
        const second = yield* Effect.forkScoped(Effect.exit(client.send(message)), immediately)
        yield* TestClock.adjust(0)
        assert.isUndefined(second.pollUnsafe())
        yield* reads ? device.resume : device.reset
        assert.strictEqual(Exit.isSuccess(yield* Fiber.join(second)), reads)
      }
    })
  )

  it.effect(
    "reports held requests as not sent",
    Effect.fnUntraced(function* () {
      const contract = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }
      const { client, device } = yield* connectTo(contract, { maxBacklog: 5000 }, undefined, { limit: 1000 })
      yield* device.settle
      yield* device.pause
      const big = "x".repeat(3000)
      const fibers = yield* Effect.forEach(["a", "b", "c"], (name) =>
        Effect.tap(Effect.forkScoped(Effect.flip(client.call(name, [big])), immediately), () => TestClock.adjust(0))
      )
      yield* device.reset
      const sent = yield* Effect.forEach(fibers, (fiber) => Effect.map(Fiber.join(fiber), reasonOf))
      assert.deepStrictEqual(
        sent.map((reason) => reason?.sent),
        [true, true, false]
      )
    })
  )
})
