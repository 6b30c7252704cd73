/** Our client goes on by itself when a Python device is killed and started again, or not there yet. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"
import { Example } from "../../examples/example/contract.ts"
import { freePort } from "../../scripts/freePort.ts"
import { describePeer, startPythonDevice } from "./peers.ts"

const immediately = { startImmediately: true } as const
const reconnect = Schedule.spaced("50 millis")

for (const [kind, library] of [
  ["aio", "aiokatcp"],
  ["kp", "katcp"],
  ["kp4", "katcp"]
] as const)
  describePeer(library, `a client of ${library} (${kind}) that comes and goes`, () => {
    it.live("streams continue by themselves when it is killed twice; requests fail, or wait (B-146, B-150)", () =>
      Effect.gen(function* () {
        let device = yield* Effect.promise(() => startPythonDevice(kind))
        const { host, port } = device
        const make = Client.make(Example, {
          reconnect,
          onDisconnected: "wait",
          timeout: "2 minutes",
          host: `${host}:${port}`
        })
        const client = yield* Effect.provide(make, NodeClient.tcp({ host, port }))
        const texts = yield* Queue.unbounded<string>()
        yield* Effect.forkScoped(
          Stream.runForEach(client.informs("log"), (inform) => Queue.offer(texts, inform.text(3) ?? "")),
          immediately
        )
        const log = Effect.fnUntraced(function* (text: string) {
          yield* client.request["write-log"]({ level: "fatal", text })
          let got = yield* Queue.take(texts)
          while (!got.includes(text)) got = yield* Queue.take(texts)
        })
        yield* log("first")
        for (const text of ["second", "third"]) {
          const lost = yield* Effect.forkScoped(Effect.flip(client.request.sleep({ seconds: 1000 })), immediately)
          yield* client.call("watchdog")
          yield* Effect.promise(() => device.kill())
          const error = yield* Fiber.join(lost)
          assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "Disconnected" && error.reason.sent)
          // made while nobody is there
          const waiting = yield* Effect.forkScoped(client.request.add({ x: 1, y: 2 }), immediately)
          device = yield* Effect.promise(() => startPythonDevice(kind, port))
          assert.strictEqual((yield* Fiber.join(waiting)).sum, 3)
          yield* log(text)
        }
        yield* client.drain
        yield* Effect.promise(() => device.stop())
      }).pipe(Effect.scoped)
    )

    it.live("works whichever is started first (P-332)", () =>
      Effect.gen(function* () {
        const port = yield* Effect.promise(freePort)
        const make = Effect.provide(Client.make(Example, { reconnect }), NodeClient.tcp({ port }))
        const making = yield* Effect.forkScoped(make, immediately)
        yield* Effect.promise(() => startPythonDevice(kind, port))
        const client = yield* Fiber.join(making)
        assert.strictEqual((yield* client.request.add({ x: 1, y: 2 })).sum, 3)
      }).pipe(Effect.scoped)
    )
  })
