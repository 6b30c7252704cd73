import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request, Sensor } from "katcp"
import { layer as serve } from "katcp/Server"
import type { RawConnection } from "katcp/Testing"
import { say, start, turns } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("wait", { doc: "Reply after so many seconds.", args: { seconds: Arg.Float } }),
  Request.make("big", { doc: "Reply with so many bytes.", args: { size: Arg.Int }, reply: { bytes: Arg.Bytes } }),
  Sensor.make("volt", { doc: "Volts", type: Arg.Float, initial: 0 })
) {}
const LabLive = Lab.toLayer({
  wait: ({ seconds }) => Effect.sleep(seconds * 1000),
  big: ({ size }) => Effect.succeed({ bytes: new Uint8Array(Number(size)) })
})

/** Counts the fibers that are alive. */
const counter = () => {
  const fibers = { alive: 0 }
  const layer = Layer.succeed(Metric.FiberRuntimeMetrics, {
    recordFiberStart: () => {
      fibers.alive++
    },
    recordFiberEnd: () => {
      fibers.alive--
    }
  })
  return { fibers, layer }
}

describe("500 clients that connect and disconnect", () => {
  const ways: ReadonlyArray<
    readonly [string, (client: RawConnection.RawConnection) => Effect.Effect<unknown, unknown>]
  > = [
    ["at once", (client) => client.close],
    ["by a reset", (client) => client.reset],
    ["with requests in flight", (client) => Effect.andThen(say(client, "?wait 3600", "?wait 1"), client.reset)],
    ["amid a line", (client) => Effect.andThen(client.send("?wat"), client.close)],
    [
      "without reading",
      (client) => Effect.andThen(Effect.andThen(client.pause, say(client, "?big 100000")), client.reset)
    ],
    [
      "without reading, in order",
      (client) => Effect.andThen(Effect.andThen(client.pause, say(client, "?big 100000")), client.close)
    ],
    ["after garbage", (client) => Effect.andThen(client.send("\0\xff junk\n?["), client.close)]
  ]

  it.effect(
    "leave no fiber, no timer and no session behind",
    Effect.fnUntraced(function* () {
      const { fibers, layer } = counter()
      // at the end of the second a fiber logs the number of omitted audit records
      const served = serve(Lab, { audit: false }).pipe(Layer.provide(LabLive), Layer.provide(layer))
      const { connect, server } = yield* start(served, { limit: 10_000 })
      const other = yield* connect
      const before = fibers.alive
      assert.isAbove(before, 0)
      for (const [name, leave] of ways) {
        yield* Effect.forEach(Array.from({ length: 80 }), () => Effect.scoped(Effect.flatMap(connect, leave)), {
          concurrency: 20,
          discard: true
        })
        // those who have closed in order are waited for
        yield* TestClock.adjust("5 seconds")
        yield* TestClock.adjust("1 second")
        yield* other.settle
        assert.strictEqual(server.clients.size, 1, name)
        // the check of stalled clients notices that there are no clients
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual(fibers.alive, before, name)
      }
      yield* say(other, "?watchdog")
      assert.deepStrictEqual(yield* other.settle, ["!watchdog ok"])
    })
  )

  it.effect(
    "nor does the server, when it ends",
    Effect.fnUntraced(function* () {
      const { fibers, layer } = counter()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { connect } = yield* start(serve(Lab).pipe(Layer.provide(LabLive), Layer.provide(layer)))
          for (let n = 0; n < 20; n++) yield* Effect.flatMap(connect, (client) => say(client, "?wait 3600"))
          yield* turns
          assert.isAbove(fibers.alive, 20)
        })
      )
      yield* turns
      assert.strictEqual(fibers.alive, 0)
    })
  )
})
