import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Arg, Interface, Request } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start, turns } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("odd", { doc: "Log something odd.", args: { how: Arg.Text } })
) {}

class Broken extends Error {
  override readonly name = "Broken"
}

const odd: Record<string, Effect.Effect<void>> = {
  parts: Effect.logError("one", 2, { three: [4, undefined] }, null),
  error: Effect.logError("it broke", new Broken("the drive", { cause: new TypeError("no volts") })),
  cause: Effect.logError("it broke", Cause.combine(Cause.fail(new Broken("first")), Cause.die("second"))),
  bare: Effect.logError(Cause.die(new Error("alone"))),
  interrupt: Effect.logError("stopped", Cause.interrupt(3)),
  text: Effect.logError("two\nlines\twith tab, bell \x07, escape \x1b[31m, 20 °C, ☃, half \ud83d"),
  empty: Effect.logError(""),
  none: Effect.logError(),
  circular: Effect.suspend(() => {
    const circle: Record<string, unknown> = { name: "circle" }
    circle.self = circle
    return Effect.logError("round", circle)
  }),
  throwing: Effect.logError("bad", {
    get value() {
      throw new Error("no value")
    }
  })
}

const lab = () => serve(Lab).pipe(Layer.provide(Lab.toLayer({ odd: ({ how }) => odd[how]! })))
const logs = (lines: ReadonlyArray<string>) => lines.filter((line) => line.startsWith("#log"))

describe("the text of #log", () => {
  it.effect(
    "has the parts of the message, the reasons of the cause, and no stack (P-014, B-124)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      const expected: Record<string, string> = {
        parts: 'one\\_2\\_{"three":[4,null]}\\_null',
        error: "it\\_broke\\_Broken:\\_the\\_drive\\_(caused\\_by\\_TypeError:\\_no\\_volts)",
        cause: "it\\_broke\\nBroken:\\_first\\nsecond",
        bare: "Error:\\_alone",
        interrupt: "stopped\\ninterrupted",
        text: "two\\nlines\\twith\\_tab,\\_bell\\_\\\\x07,\\_escape\\_\\\\x1b[31m,\\_20\\_\xc2\xb0C,\\_\xe2\x98\x83,\\_half\\_\\\\u{d83d}",
        empty: "\\@",
        none: "\\@",
        throwing: ""
      }
      for (const how of Object.keys(odd)) {
        yield* say(client, `?odd ${how}`)
        const lines = yield* client.settle
        assert.strictEqual(lines.length, 2, how)
        const line = lines[0] ?? ""
        assert.notMatch(line, /file:|\.ts|node_modules/, how)
        if (expected[how]) assert.strictEqual(line, `#log error 0.0 root ${expected[how]}`, how)
        else assert.match(line, /^#log error 0\.0 root [ -~]+$/, how)
      }
    })
  )

  it.effect(
    "is not built for a level without listeners, nor without clients (trap)",
    Effect.fnUntraced(function* () {
      let made = 0
      const costly = {
        toJSON: () => {
          made++
          return "costly"
        }
      }
      const Costly = Interface.make("costly").add(Request.make("note", { doc: "Log something costly." }))
      const live = Costly.toLayer({ note: () => Effect.logInfo(costly) })
      const silent = Logger.layer([])
      const context = yield* Layer.build(live.pipe(Layer.provide(silent)))
      const device = Context.get(context, Costly.device)
      const { connect } = yield* start(serve(Costly).pipe(Layer.provide(Layer.succeedContext(context))))
      yield* Effect.provideContext(Effect.logInfo(costly), device.context)
      const client = yield* connect
      yield* say(client, "?note", "?note")
      yield* client.settle
      assert.strictEqual(made, 0)
      yield* say(client, "?log-level info", "?note")
      assert.deepStrictEqual(logs(yield* client.settle), ['#log info 0.0 root "costly"'])
      assert.strictEqual(made, 1)
      const other = yield* connect
      yield* client.close
      yield* other.close
      yield* turns
      yield* Effect.provideContext(Effect.logInfo(costly), device.context)
      assert.strictEqual(made, 1)
    })
  )
})
