/** Errors of calls say which call it was. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Arg, Interface, KatcpError, Request, RequestFailed, Sensor } from "katcp"
import { connect } from "katcp/Testing"

class Dish extends Interface.make("dish").add(
  Request.make("lose", { doc: "Fail.", args: { x: Arg.optional(Arg.SafeInt) } }),
  Sensor.make("az", { type: Arg.Float })
) {}
const DishLive = Dish.toLayer({ lose: () => Effect.fail(new RequestFailed({ message: "no luck" })) })

/** The line of this file in the first frame of a stack. */
const firstLine = (error: unknown): number => {
  assert.instanceOf(error, Error)
  const [head, frame] = error.stack!.split(/\n\s+at /)
  assert.include(head, error.message)
  const found = /callSite\.test\.ts:(\d+):\d+/.exec(frame ?? "")
  assert.isNotNull(found, error.stack)
  return Number(found![1])
}
/** The line that calls this. */
const here = (): number => Number(/callSite\.test\.ts:(\d+):\d+/.exec(new Error().stack!.split("\n")[2]!)![1])

describe("the stack of an error begins where the caller made the call", () => {
  it.effect(
    "for a typed method, refused by the device or with invalid arguments",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Dish, DishLive)
      const line = here()
      const refused = yield* Effect.flip(client.request.lose())
      const unfit = yield* Effect.flip(client.request.lose({ x: 1.5 }))
      assert.instanceOf(unfit, KatcpError)
      assert.deepStrictEqual([firstLine(refused), firstLine(unfit)], [line + 1, line + 2])
      // what is behind it stays
      assert.isAbove(refused.stack!.split("\n").length, 2)
      assert.deepStrictEqual(
        [refused._tag, refused.message, Object.keys(refused).includes("stack")],
        ["RequestFailed", "no luck", false]
      )
    })
  )

  it.effect(
    "for a call by name, a stream and a reading; even in the text that Effect prints",
    Effect.fnUntraced(function* () {
      const { client, faults } = yield* connect(Dish, DishLive)
      const line = here()
      const byName = yield* Effect.flip(client.call("lose"))
      const streamed = yield* Effect.flip(Stream.runDrain(client.stream.lose()))
      const namedStream = yield* Effect.flip(Stream.runDrain(client.callStream("lose")))
      const reading = yield* Effect.flip(client.sensorNamed("none").get())
      assert.deepStrictEqual([byName, streamed, namedStream, reading].map(firstLine), [
        line + 1,
        line + 2,
        line + 3,
        line + 4
      ])
      assert.include(Cause.pretty(Cause.fail(byName)), `callSite.test.ts:${line + 1}`)
      const waited = yield* Effect.flip(client.sensor.az.waitFor(1, { timeout: 0 }))
      assert.strictEqual(firstLine(waited), here() - 1)
      yield* faults.cut
      const gone = yield* Effect.flip(client.callRaw("lose", [], { timeout: 0 }))
      assert.strictEqual(firstLine(gone), here() - 1)
      yield* client.close
      const sampled = yield* Effect.flip(client.sensor.az.waitFor(1))
      assert.strictEqual(firstLine(sampled), here() - 1)
    })
  )

  it.effect(
    "is unchanged if the program turns stacks off",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Dish, DishLive)
      const limit = Error.stackTraceLimit
      Error.stackTraceLimit = 0
      const call = client.request.lose()
      Error.stackTraceLimit = limit
      const refused = yield* Effect.flip(call)
      assert.notMatch(refused.stack ?? "", /callSite\.test/)
      assert.strictEqual(Error.stackTraceLimit, limit)
    })
  )
})
