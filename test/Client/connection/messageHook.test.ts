import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Client } from "katcp"
import { Message } from "katcp"
import { connect, hello5, immediately, logged } from "../connect.ts"

describe("a hook around all messages of a client (A-318)", () => {
  it.effect(
    "gets each message in both directions, in order, and passes it on",
    Effect.fnUntraced(function* () {
      const seen: Array<string> = []
      const { client, device } = yield* connect({
        onMessage: (message, next, way) => {
          seen.push(`${way} ${message}`)
          next()
          next()
        },
        requests: { "who-are-you": () => Effect.succeed(["me"]) }
      })
      const asking = yield* Effect.forkScoped(client.call("add", [1, "a b"]), immediately)
      assert.strictEqual(yield* device.next, "?add[1] 1 a\\_b")
      yield* device.send("#add[1] x\n!add[1] ok 2\n#log info 1.0 root hello\n?who-are-you[7]\n")
      assert.deepStrictEqual((yield* Fiber.join(asking)).values, ["2"])
      assert.strictEqual(yield* device.next, "!who-are-you[7] ok me")
      yield* client.send(Message.inform("bye"))
      assert.strictEqual(yield* device.next, "#bye")
      assert.deepStrictEqual(seen, [
        `received ${hello5.trim()}`,
        'sent ?add[1] 1 "a b"',
        "received #add[1] x",
        "received !add[1] ok 2",
        "received #log info 1.0 root hello",
        "received ?who-are-you[7]",
        "sent !who-are-you[7] ok me",
        "sent #bye"
      ])
    })
  )

  it.effect(
    "drops messages that it does not pass on",
    Effect.fnUntraced(function* () {
      const late: Array<() => void> = []
      const { client, device } = yield* connect({
        onMessage: (message, next) => {
          if (message.name === "secret") late.push(next)
          else next()
        }
      })
      const seen: Array<string> = []
      yield* client.onInform("secret", (message) => seen.push(message.name))
      yield* client.onInform("open", (message) => seen.push(message.name))
      yield* device.send("#secret\n#open\n")
      yield* device.settle
      yield* client.send(Message.request("secret"))
      yield* client.send(Message.inform("open"))
      assert.deepStrictEqual(yield* device.settle, ["#open"])
      for (const next of late) next()
      assert.deepStrictEqual(yield* device.settle, [])
      assert.deepStrictEqual([seen, late.length], [["open"], 2])
    })
  )

  it.effect(
    "that throws is logged, and the message is passed on",
    Effect.fnUntraced(function* () {
      const onMessage: Client.OnMessage = (message, next) => {
        if (message.name === "early") next()
        throw new Error("my fault")
      }
      const { records, value } = yield* logged(
        Effect.gen(function* () {
          const { client, device } = yield* connect({ onMessage })
          let count = 0
          yield* client.onInform("early", () => count++)
          yield* device.send("#early\n")
          yield* device.settle
          return count
        })
      )
      assert.strictEqual(value, 1)
      assert.isTrue(
        records.length > 0 && records.every((record) => record.includes("onMessage failed: Error: my fault"))
      )
    })
  )
})
