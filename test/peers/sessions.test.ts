import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import { Arg, Interface, Request } from "katcp"
import * as Sensor from "katcp/Sensor"
import { layer as serve } from "katcp/Server"
import { start } from "../Server/harness.ts"
import { requests, type Session, sampling } from "./sessions.ts"

class Bench extends Interface.make("bench").add(
  Request.make("sleep", { doc: "Reply after so many seconds.", args: { seconds: Arg.Float } }),
  Request.make("variadic", {
    doc: "Count the arguments.",
    args: { words: Arg.rest(Arg.Text) },
    reply: { count: Arg.Int }
  }),
  Request.make("crash", { doc: "Crash." }),
  Sensor.make("float", { type: Arg.Float }),
  Sensor.make("int", { type: Arg.Int, status: "nominal", initial: 3 }),
  Sensor.make("text", { type: Arg.Text }),
  Sensor.make("time", { type: Arg.Timestamp }),
  Sensor.make("own", { type: Arg.Int, autoStrategy: { name: "period", parameters: ["2.5"] } })
) {}

const run = Effect.fnUntraced(function* ({ steps }: Session) {
  let sensors: Readonly<Record<string, Sensor.LiveSensor<unknown>>> = {}
  const live = Bench.toLayer(
    Effect.map(Bench.sensors, (own) => {
      sensors = own
      return {
        sleep: ({ seconds }) => Effect.sleep(seconds * 1000),
        variadic: ({ words }) => Effect.succeed({ count: words.length }),
        crash: () => Effect.die(new Error("crashed"))
      }
    })
  )
  const { connect } = yield* start(Layer.provide(serve(Bench, { maxInFlight: 3 }), live))
  const connection = yield* connect
  const came: Array<string> = []
  for (const [at, step] of steps.entries()) {
    const rest = step.slice(2)
    if (step[0] === "<") {
      // what a regular expression is needed for may take as long as loading it
      if (came.length === 0) came.push(yield* connection.next)
      const line = came.shift()
      if (rest.endsWith(" ...")) assert.isTrue(line?.startsWith(rest.slice(0, -3)), `${line} in place of ${rest}`)
      else assert.strictEqual(line, rest)
      continue
    }
    // requests that stand together are sent together: what comes is looked at when the next other step is due
    if (step[0] === ">") yield* connection.send(rest.endsWith("\\r") ? rest.replace("\\r", "\r") : `${rest}\n`)
    if (step[0] === ">" && steps[at + 1]?.startsWith(">")) continue
    if (step[0] !== ">") assert.deepStrictEqual(came, [], `before ${step}`)
    if (step[0] === "+") yield* TestClock.adjust(Number(rest) * 1000)
    if (step[0] === "=") {
      const [name, value, status = "nominal"] = rest.split(" ")
      yield* sensors[name!]!.setUnknown(Number(value), { status: status as Sensor.Status })
    }
    came.push(...(yield* connection.settle))
  }
  assert.deepStrictEqual(came, [])
})

for (const [title, sessions] of Object.entries({ sampling, requests }))
  describe(`sessions of other libraries' tests: ${title}`, () => {
    for (const session of sessions) {
      const { departure, peers } = session
      it.effect(`${session.title} (${peers})${departure === undefined ? "" : `: ${departure}`}`, () =>
        Effect.scoped(run(session))
      )
    }
  })
