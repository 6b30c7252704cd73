import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { connect, immediately, logged } from "../Client/connect.ts"
import { textOf, wire } from "../Codec/wire/support.ts"
import { greetings, type Script, scripts } from "./client.ts"

const title = ({ departure, peers, title }: Pick<Script, "title" | "peers" | "departure">) =>
  `${title} (${peers})${departure === undefined ? "" : `: ${departure}`}`

const play = Effect.fnUntraced(function* ({ answer, ask: [name, ...args], ends, line, odd }: Script) {
  const { client, device } = yield* connect()
  const open = yield* Effect.forkScoped(client.call(name, args.map(wire)), immediately)
  assert.strictEqual(yield* device.next, line)
  for (const part of answer) yield* part === "close" ? device.close : device.send(wire(`${part}\n`))
  const exit = yield* Fiber.await(open)
  if ("ok" in ends) {
    const { informs, reply } = yield* exit
    assert.deepStrictEqual(reply.arguments.slice(1).map(textOf), [...ends.ok])
    assert.deepStrictEqual(
      informs.map((inform) => inform.text(0)),
      [...(ends.informs ?? [])]
    )
  } else {
    const error = yield* Effect.flip(exit)
    assert.strictEqual(error._tag, ends.fails)
    if ("reason" in ends) assert.isTrue(error._tag === "KatcpError" && error.reason._tag === ends.reason, String(error))
    else assert.strictEqual(error.message, ends.message)
  }
  for (const [anomaly, count] of Object.entries(client.anomalies.counts))
    assert.strictEqual(count, odd?.[anomaly] ?? 0, anomaly)
  if (answer.includes("close")) return
  // and it goes on
  const next = yield* Effect.forkScoped(client.call("watchdog"), immediately)
  const lines = [...(yield* device.settle)]
  assert.strictEqual(lines.at(-1), "?watchdog[2]")
  yield* device.send("!watchdog[2] ok\n")
  assert.isTrue(Exit.isSuccess(yield* Fiber.await(next)))
})

describe("devices that other libraries' tests script", () => {
  for (const script of scripts) it.effect(title(script), () => Effect.scoped(logged(play(script))))
})

describe("greetings that other libraries' tests script", () => {
  for (const greeting of greetings)
    it.effect(
      title(greeting),
      Effect.fnUntraced(function* () {
        const hello = greeting.lines.map((line) => `${line}\n`).join("")
        const { value: exit } = yield* logged(Effect.exit(connect({}, hello)))
        assert.strictEqual(Exit.isSuccess(exit) ? exit.value.client.protocol.toString() : undefined, greeting.protocol)
      })
    )
})
