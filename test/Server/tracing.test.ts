import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"
import * as TestClock from "effect/testing/TestClock"
import { Interface, Request, RequestFailed } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("quick", { doc: "At once." }),
  Request.make("fail", { doc: "Fail." }),
  Request.make("slow", { doc: "Later." })
) {}

describe("spans", () => {
  const run = Effect.fnUntraced(function* (traced: boolean) {
    const seen: Array<string> = []
    const ended: Array<string> = []
    const parents: Array<string | undefined> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        seen.push(`${options.kind} ${options.name}`)
        const { end } = span
        span.end = (time, exit) => {
          ended.push(`${options.name} ${exit._tag}`)
          end.call(span, time, exit)
        }
        return span
      }
    })
    const current = Effect.map(Effect.option(Effect.currentSpan), (span) =>
      parents.push(span._tag === "Some" ? span.value.name : undefined)
    )
    const live = Lab.toLayer({
      quick: () => Effect.asVoid(current),
      fail: () => Effect.fail(new RequestFailed({ message: "no" })),
      slow: () => Effect.andThen(Effect.sleep("1 second"), Effect.asVoid(current))
    })
    const layer = serve(Lab).pipe(Layer.provide(live))
    const { connect } = yield* start(traced ? Layer.provide(layer, Layer.succeed(Tracer.Tracer, tracer)) : layer)
    const client = yield* connect
    yield* say(client, "?slow[1]", "?quick[2]", "?fail[3]", "?nosuch[4]")
    yield* client.settle
    yield* TestClock.adjust("1 second")
    yield* client.settle
    return { seen, ended, parents }
  })

  it.effect(
    "are made for each request of the contract, named after it, if a tracer is installed",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* run(true), {
        seen: ["server slow", "server quick", "server fail"],
        ended: ["quick Success", "fail Failure", "slow Success"],
        parents: ["quick", "slow"]
      })
    })
  )

  it.effect(
    "are not made without a tracer",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* run(false), { seen: [], ended: [], parents: [undefined, undefined] })
    })
  )
})
