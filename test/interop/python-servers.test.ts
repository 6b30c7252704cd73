/** Our client against the example device on both Python libraries, at version 5.1 and 4. */
import { assert, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Client, Sensor } from "katcp"
import { NodeClient } from "katcp/Node"
import { Example } from "../../examples/example/contract.ts"
import { describePeer, startPythonDevice } from "./peers.ts"

type Kind = "aio" | "kp" | "kp4"
const facts = {
  aio: { library: "aiokatcp", protocol: "5.1-BIM", ids: true },
  kp: { library: "katcp", protocol: "5.1-BIMT", ids: true },
  kp4: { library: "katcp", protocol: "4.0", ids: false }
} as const

const connect = Client.make(Example, { reconnect: false })

/** Runs a test with a client of a Python device, in real time. */
const withDevice = <E>(
  kind: Kind,
  test: (device: Effect.Success<typeof connect>, stop: Effect.Effect<unknown>) => Effect.Effect<void, E, Scope.Scope>
) =>
  Effect.gen(function* () {
    const { host, port, stop } = yield* Effect.promise(() => startPythonDevice(kind))
    const device = yield* Effect.provide(connect, NodeClient.tcp({ host, port }))
    yield* test(device, Effect.promise(stop))
  }).pipe(Effect.scoped)

for (const kind of ["aio", "kp", "kp4"] as const) {
  const { ids, library, protocol } = facts[kind]
  describePeer(library, `our client against ${library} at ${protocol}`, () => {
    it.live("detects the protocol and the versions (P-122, P-127, P-131, P-132, P-134)", () =>
      withDevice(kind, (device) =>
        Effect.sync(() => {
          assert.strictEqual(device.protocol.toString(), protocol)
          assert.strictEqual(device.protocol.messageIds, ids)
          const name = device.protocol.major === 4 ? "version" : "katcp-device"
          assert.strictEqual(device.versions.get(name)?.version, "example-api-1.0")
        })
      )
    )

    it.live("makes the requests of the contract, with their replies (P-055, P-070)", () =>
      withDevice(
        kind,
        Effect.fnUntraced(function* ({ request }) {
          assert.strictEqual((yield* request.add({ x: 1.5, y: 2 })).sum, 3.5)
          assert.strictEqual((yield* request.eval({ expression: "4/2" })).result, "2.0")
          const before = (yield* Clock.currentTimeMillis) / 1000
          const { now } = yield* request.time()
          assert.isAtLeast(now, before - 1)
          assert.isAtMost(now, (yield* Clock.currentTimeMillis) / 1000 + 1)
          const bytes = Uint8Array.from({ length: 128 }, (_, byte) => byte)
          assert.deepStrictEqual((yield* request.echo({ values: [bytes, new Uint8Array(0)] })).values, [
            bytes,
            new Uint8Array(0)
          ])
          const { reply } = yield* request["raw-reverse"](["a b", "", "ok"])
          assert.deepStrictEqual([reply.text(0), reply.text(1), reply.text(2)], ["ok", "", "a b"])
        })
      )
    )

    it.live("keeps the device's text in failures (P-003, P-007, A-140)", () =>
      withDevice(
        kind,
        Effect.fnUntraced(function* ({ call }) {
          const raised = yield* Effect.flip(call("raise", ["boom"]))
          assert.isTrue(raised._tag === "RequestFailed")
          assert.include(raised.message, "boom")
          assert.strictEqual((yield* Effect.flip(call("nosuch")))._tag, "RequestInvalid")
          assert.strictEqual((yield* Effect.flip(call("add", ["1"])))._tag, "RequestFailed")
          yield* call("watchdog")
        })
      )
    )

    it.live("gets lists with as many informs as the reply says (P-060, P-061)", () =>
      withDevice(
        kind,
        Effect.fnUntraced(function* ({ call, dialect }) {
          for (const name of ["help", "sensor-list", "sensor-value", "client-list"]) {
            const { informs, reply } = yield* call(name)
            assert.strictEqual(`${informs.length}`, reply.text(1), name)
          }
          const { informs } = yield* call("sensor-list")
          const sensors = informs.map((inform) => Sensor.parseDescription(inform, dialect))
          assert.deepStrictEqual(
            sensors.map((sensor) => ("name" in sensor ? sensor.name : sensor.message)).toSorted(),
            [...Example.sensorTypes.keys()].toSorted()
          )
        })
      )
    )

    it.live("gets an inform before its reply (P-052, P-061)", () =>
      withDevice(
        kind,
        Effect.fnUntraced(function* ({ stream }) {
          const pieces = yield* stream["pick-fruit"]().pipe(
            Stream.map((piece) => piece._tag),
            Stream.catchTag("RequestFailed", (error) => Stream.make(error.message)),
            Stream.runCollect
          )
          assert.strictEqual(pieces[0], "Inform")
          assert.include(["Reply", "No fruit."], pieces[1])
          assert.strictEqual(pieces.length, 2)
        })
      )
    )

    it.live("matches many requests in flight with their answers (P-054, P-056)", () =>
      withDevice(
        kind,
        Effect.fnUntraced(function* ({ request }) {
          const answers = yield* Effect.forEach(
            Array.from({ length: 200 }, (_, n) => n),
            (n) => Effect.map(request.add({ x: n, y: 0.5 }), ({ sum }) => sum),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(
            answers,
            answers.map((_, n) => n + 0.5)
          )
        })
      )
    )

    it.live("delivers asynchronous informs to listeners, with values in the device's units (P-154, P-311, P-317)", () =>
      withDevice(
        kind,
        Effect.fnUntraced(function* ({ call, dialect, request, subscribe }) {
          const logs = yield* subscribe("log")
          const log = yield* Effect.forkChild(Stream.runHead(logs))
          yield* request["write-log"]({ level: "error", text: "bad news" })
          const inform = yield* Fiber.join(log)
          assert.isTrue(inform._tag === "Some" && inform.value.text(3)?.endsWith("bad news"))
          const value = new TextEncoder().encode("5")
          yield* request["set-sensor"]({ name: "test.int", value, status: "warn", timestamp: 1234567890.5 })
          const [reading] = (yield* call("sensor-value", ["test.int"])).informs
          assert.deepStrictEqual(
            [dialect.toSeconds(Number(reading?.text(0))), reading?.text(3), reading?.text(4)],
            [1234567890.5, "warn", "5"]
          )
        })
      )
    )

    it.live("fails requests in flight when the device ends, with the reason (A-352, P-120)", () =>
      withDevice(
        kind,
        Effect.fnUntraced(function* ({ call, closed, request }, stop) {
          const sleeping = yield* Effect.forkChild(Effect.flip(call("sleep", [5])), {
            startImmediately: true
          })
          yield* request.add({ x: 1, y: 1 })
          yield* stop
          const error = yield* Fiber.join(sleeping)
          assert.include(["KatcpError", "RequestFailed"], error._tag)
          if (error._tag === "KatcpError") assert.strictEqual(error.reason._tag, "Disconnected")
          assert.strictEqual((yield* closed).reason._tag, "Disconnected")
          assert.strictEqual((yield* Effect.flip(request.time()))._tag, "KatcpError")
        })
      )
    )
  })
}
