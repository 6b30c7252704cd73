import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start, timeless } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("echo", { doc: "Echo.", args: { words: Arg.rest(Arg.Text) }, reply: { words: Arg.rest(Arg.Text) } })
) {}
const device = (options?: Parameters<typeof serve>[1]) =>
  serve(Lab, options).pipe(Layer.provide(Lab.toLayer({ echo: ({ words }) => Effect.succeed({ words }) })))

describe("a request with too many arguments (P-408)", () => {
  it.effect(
    "is answered with fail and its id, even if it is unknown; the connection continues",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device({ maxArguments: 3 }))
      const client = yield* connect
      yield* client.settle
      yield* say(client, "?echo[1] a b c", "?echo[2] a b c d", "?echo a b c d", "?nosuch[3] a b c d", "!echo a b c d")
      const lines = (yield* client.settle).map(timeless)
      const fail = "fail More\\_than\\_3\\_arguments\\_are\\_not\\_accepted."
      assert.deepStrictEqual(lines, [
        "!echo[1] ok a b c",
        `!echo[2] ${fail}`,
        `!echo ${fail}`,
        `!nosuch[3] ${fail}`,
        "#log error TIME katcp More\\_than\\_3\\_arguments\\_at\\_character\\_13"
      ])
      assert.strictEqual((yield* server.stats).syntaxErrors, 4)
    })
  )

  it.effect(
    "has more than 65536 by default: 8 million are refused",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(device(), { limit: 1e9, segments: [65_536] })
      const client = yield* connect
      yield* client.settle
      yield* client.send(`?echo[7]${" x".repeat(8_000_000)}\n?echo[8]${" x".repeat(65_536)}\n`)
      const lines: Array<string> = []
      while (lines.length < 2) lines.push(...(yield* client.settle))
      assert.strictEqual(lines[0], "!echo[7] fail More\\_than\\_65536\\_arguments\\_are\\_not\\_accepted.")
      assert.strictEqual(lines[1], `!echo[8] ok${" x".repeat(65_536)}`)
    })
  )
})
