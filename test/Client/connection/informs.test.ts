import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { connect, hello5, immediately, logged } from "../connect.ts"

describe("asynchronous informs", () => {
  it.effect(
    "go to handlers by name, in the order of adding, until their scope closes (A-319, A-382, B-152)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const seen: Array<string> = []
      const scope = yield* Scope.make()
      const twice = (text: string) => () => {
        seen.push(text)
      }
      const same = twice("twice")
      yield* client.onInform("a", twice("first"))
      yield* Scope.provide(client.onInform("a", same), scope)
      yield* client.onInform("a", same)
      yield* device.send("#a 1\n#b 2\n")
      yield* device.settle
      assert.deepStrictEqual(seen.splice(0), ["first", "twice", "twice"])
      yield* Scope.close(scope, Exit.void)
      yield* device.send("#a 1\n")
      yield* device.settle
      assert.deepStrictEqual(seen, ["first", "twice"])
    })
  )

  it.effect(
    "those at the start of a connection reach the handlers of the options",
    Effect.fnUntraced(function* () {
      const seen: Array<string> = []
      const { client, device } = yield* connect(
        {
          onInform: { log: (message) => seen.push(message.text(3)!), "version-connect": (m) => seen.push(m.text(0)!) }
        },
        `#log info 1.0 root early\n${hello5}#log info 1.0 root late\n`
      )
      assert.isTrue(client.isConnected)
      assert.deepStrictEqual(seen, ["early", "katcp-protocol", "late"])
      assert.deepStrictEqual(yield* device.settle, [])
    })
  )

  it.effect(
    "a handler that throws is logged; the others and the connection go on",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device } = yield* connect()
          const seen: Array<string> = []
          yield* client.onInform("a", () => {
            throw new Error("my fault")
          })
          yield* client.onInform("a", (message) => seen.push(message.text(0)!))
          yield* device.send("#a 1\n#a 2\n")
          yield* device.settle
          assert.deepStrictEqual(seen, ["1", "2"])
          assert.isTrue(client.isConnected)
        })
      )
      assert.strictEqual(records.length, 2)
      assert.match(records[0]!, /^Error katcp\.client: a handler of #a failed: Error: my fault/)
    })
  )

  it.effect(
    "a subscription misses nothing after it is made, and its messages stay valid",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const named = yield* client.subscribe("a")
      const all = yield* client.subscribe()
      const bytes = new TextEncoder().encode("#a one\n#b\n#a two\n#version-connect x y\n")
      yield* device.send(bytes)
      yield* device.settle
      bytes.fill(0x2a)
      const first = yield* Stream.runCollect(Stream.take(named, 2))
      assert.deepStrictEqual(first.map(String), ["#a one", "#a two"])
      const second = yield* Stream.runCollect(Stream.take(all, 4))
      assert.deepStrictEqual(second.map(String), ["#a one", "#b", "#a two", "#version-connect x y"])
      assert.strictEqual(first[0], second[0])
    })
  )

  it.effect(
    "a Stream of them starts with its first pull, and leaves nothing behind when it ends early",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const fiber = yield* Effect.forkScoped(Stream.runHead(client.informs("a")), immediately)
      yield* device.send("#a 1\n")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Some")
      yield* device.send("#a 2\n")
      yield* device.settle
      assert.strictEqual(client.anomalies.counts.LostInforms, 0)
    })
  )

  it.effect(
    "a slow subscriber loses the oldest, which are counted and logged",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device } = yield* connect()
          yield* Effect.scoped(
            Effect.gen(function* () {
              const slow = yield* client.subscribe("a", { capacity: 3 })
              yield* device.send(Array.from({ length: 30 }, (_, index) => `#a ${index}\n`).join(""))
              yield* device.settle
              const rest = yield* Stream.runCollect(Stream.take(slow, 3))
              assert.deepStrictEqual(rest.map(String), ["#a 27", "#a 28", "#a 29"])
            })
          )
          assert.strictEqual(client.anomalies.counts.LostInforms, 27)
        })
      )
      assert.deepStrictEqual(
        records.map((record) => /\d+/.exec(record)?.[0]),
        ["1", "10", "16"]
      )
    })
  )

  it.effect(
    "a session that begins with unknown informs of many arguments is harmless (P-013, P-338)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect(
        {},
        "#build-state antenna-1.0\n#version antenna-1.0\n#mode idle\n#state operate remote braked\n"
      )
      assert.strictEqual(client.protocol.major, 4)
      const many = Array.from({ length: 5000 }, (_, index) => `${index}`).join(" ")
      yield* device.send(`#sensor-value ${many}\n#unknown\\@\n`)
      const reply = yield* Effect.forkScoped(client.call("watchdog"), immediately)
      yield* device.expect("?watchdog")
      yield* device.send("!watchdog ok\n")
      assert.isTrue((yield* Fiber.join(reply)).ok)
    })
  )
})
