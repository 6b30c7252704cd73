/** A client that connects a thousand times. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client } from "katcp"
import { RawConnection, SocketPair } from "katcp/Testing"
import { immediately } from "../connect.ts"
import { outcome } from "../dialling.ts"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** A device that is dialled, says hello, gets a request, and leaves; each in a scope of its own. */
const makeDevice = () => {
  let near: Socket.Socket | undefined
  let far: Socket.Socket | undefined
  const reader = Effect.suspend(() => {
    const [mine, other] = SocketPair.make()
    near = mine
    far = other
    return mine.reader
  })
  const socket = Socket.make({ reader, writer: Effect.suspend(() => near!.writer) })
  const reconnectOnce = Effect.scoped(
    Effect.gen(function* () {
      const device = yield* RawConnection.make(far!)
      far = undefined
      yield* device.send(`#version-connect katcp-protocol 5.1-MIBT\n`)
      yield* device.expect("?request-timeout-hint[1]")
      yield* device.send("!request-timeout-hint[1] ok 0\n#log debug 1 root hello\n#disc")
      yield* device.expect("?x[2]")
      yield* device.reset
    })
  )
  return { socket, reconnectOnce, isDialled: () => far !== undefined }
}

const finalizers = (scope: Scope.Scope): number => {
  const { state } = scope
  return state._tag === "Open" ? (state.finalizers?.size ?? 0) : 0
}

describe("a client that loses its device a thousand times", () => {
  it.effect(
    "has as many fibers, finalizers and bytes of heap as before",
    Effect.fnUntraced(function* () {
      const fibers = { alive: 0 }
      const metrics = {
        recordFiberStart: () => void fibers.alive++,
        recordFiberEnd: () => void fibers.alive--
      }
      const { isDialled, socket, reconnectOnce } = makeDevice()
      const scope = yield* Scope.make()
      const make = Client.make({ reconnect: Schedule.spaced("1 second"), connecting: "background" })
      const client = yield* make.pipe(
        Effect.provideService(Socket.Socket, socket),
        Effect.provideService(Metric.FiberRuntimeMetrics, metrics),
        // the console of the tests keeps what is logged
        Effect.provideService(References.MinimumLogLevel, "None"),
        Scope.provide(scope)
      )
      let connects = 0
      yield* Effect.forkScoped(
        Stream.runForEach(client.events, (event) => Effect.sync(() => event._tag === "Connected" && connects++)),
        immediately
      )
      const lose = Effect.fnUntraced(function* (times: number) {
        for (let time = 0; time < times; time++) {
          // a device that says nothing for a second is asked ?version-list
          while (!isDialled()) yield* TestClock.adjust("500 millis")
          const visiting = yield* Effect.forkChild(reconnectOnce, immediately)
          yield* client.awaitConnected
          yield* outcome(client.call("x"))
          yield* Fiber.join(visiting)
        }
        yield* TestClock.adjust(10)
        collect()
        collect()
        return { heap: process.memoryUsage().heapUsed, fibers: fibers.alive, finalizers: finalizers(scope) }
      })
      // the first ones compile the code, which lies in the heap too
      const before = yield* lose(500)
      const after = yield* lose(1000)
      assert.isAtLeast(connects, 1500)
      assert.strictEqual(after.fibers, before.fibers)
      assert.strictEqual(after.finalizers, before.finalizers)
      assert.isAtMost(before.finalizers, 5)
      // one connection that is kept takes some 10 KB
      assert.isBelow(after.heap - before.heap, 800_000)
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(fibers.alive, 0)
    })
  )
})
