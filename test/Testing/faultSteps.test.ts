import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { Faults } from "katcp/Testing"
import { endOf, immediately, lab, textOf } from "./faultLab.ts"
import { turns } from "./transports.ts"

const lines = "?one a\n?two b\n?three c\n"

/** `true` if an effect is done by now. */
const isDone = Effect.fnUntraced(function* (effect: Effect.Effect<unknown>) {
  const fiber = yield* Effect.forkChild(effect, immediately)
  yield* turns
  return fiber.pollUnsafe() !== undefined
})

describe("Faults that are tied to lines", () => {
  for (const [place, step, arrived] of [
    ["before the second line", Faults.before("toServer", 2, Faults.cut), "?one a\n"],
    ["after the second line", Faults.after("toServer", 2, Faults.cut), "?one a\n?two b\n"],
    ["within the second line", Faults.within("toServer", 2, 3, Faults.cut), "?one a\n?tw"],
    ["within a line, at its end", Faults.within("toServer", 1, 99, Faults.cut), "?one a"],
    ["before a line that matches", Faults.before("toServer", /^\?three/, Faults.cut), "?one a\n?two b\n"],
    [
      "after a line that a function means",
      Faults.after("toServer", (line) => line === "?one a", Faults.cut),
      "?one a\n"
    ],
    ["after the second that matches", Faults.after("toServer", /o/g, Faults.cut, { nth: 2 }), "?one a\n?two b\n"]
  ] as const)
    for (const how of ["at once", "in pieces"] as const)
      it.effect(
        `the connection is cut ${place}, with the lines sent ${how}`,
        Effect.fnUntraced(function* () {
          const { client, connection, fired, server } = yield* lab([step])
          for (const piece of how === "at once" ? [lines] : lines) {
            // a connection that is cut takes one write more
            if (connection.isOpen) yield* client.send(piece)
          }
          assert.strictEqual(yield* textOf(server), arrived)
          assert.deepStrictEqual([yield* endOf(client), yield* endOf(server)], ["closed 1000", "closed 1000"])
          assert.isTrue(yield* isDone(fired))
        })
      )

  it.effect(
    "a reset comes when the line has been read, at the other end as soon as what has arrived there was",
    Effect.fnUntraced(function* () {
      const { client, fired, server } = yield* lab([Faults.after("toClient", 1, Faults.reset)])
      yield* client.pause
      yield* client.send("?ask\n")
      yield* server.expect("?ask")
      yield* server.send("#one\n#two\n")
      yield* fired
      assert.strictEqual(yield* endOf(server), "SocketReadError")
      assert.isUndefined(yield* endOf(client))
      yield* client.resume
      assert.strictEqual(yield* textOf(client), "#one\n")
      assert.strictEqual(yield* endOf(client), "SocketReadError")
    })
  )

  it.effect(
    "several at one line happen in the order of their places",
    Effect.fnUntraced(function* () {
      const { client, server } = yield* lab([
        Faults.after("toServer", 1, Faults.insert("4")),
        Faults.within("toServer", 1, 2, Faults.insert("3")),
        Faults.before("toServer", 1, Faults.insert("1")),
        Faults.before("toServer", 1, Faults.insert("2")),
        Faults.after("toServer", 1, Faults.insert("#other way\n", "toClient"))
      ])
      yield* client.send("?a\n?b\n")
      assert.strictEqual(yield* textOf(server), "12?a3\n4?b\n")
      assert.strictEqual(yield* textOf(client), "#other way\n")
    })
  )

  it.effect(
    "a line is rewritten once",
    Effect.fnUntraced(function* () {
      const { client, fired, server } = yield* lab([
        Faults.rewrite("toClient", /^!sensor-list/, (line) => line.replace(/ok.*/, "fail no\\_list\xff")),
        Faults.after("toClient", /^!sensor-list/, Faults.insert("#behind\n"))
      ])
      yield* server.send("#x\n!sensor-list[7] ok 2\n!sensor-list[8] ok 2\n")
      assert.strictEqual(
        yield* textOf(client),
        "#x\n!sensor-list[7] fail no\\_list\xff\n#behind\n!sensor-list[8] ok 2\n"
      )
      assert.strictEqual(yield* textOf(server), "")
      yield* fired
    })
  )

  it.effect(
    "a hang lasts until it is resumed, and may be of the other direction",
    Effect.fnUntraced(function* () {
      const { client, connection, server } = yield* lab([
        Faults.within("toServer", /^\?two/, 4, Faults.hang("toServer")),
        Faults.before("toServer", 1, Faults.hang("toClient"))
      ])
      yield* client.send(lines)
      yield* server.send("#held\n")
      assert.strictEqual(yield* textOf(server), "?one a\n?two")
      assert.strictEqual(yield* textOf(client), "")
      yield* connection.resume()
      assert.strictEqual(yield* textOf(server), lines)
      assert.strictEqual(yield* textOf(client), "#held\n")
    })
  )

  it.effect(
    "a delay applies to data after the line, even if it was sent together",
    Effect.fnUntraced(function* () {
      const { client, server } = yield* lab([
        Faults.after("toServer", 1, Faults.delay("1 second")),
        Faults.after("toServer", 2, Faults.delay(0))
      ])
      yield* client.send(lines)
      assert.strictEqual(yield* textOf(server), "?one a\n")
      yield* TestClock.adjust(999)
      assert.strictEqual(yield* textOf(server), "?one a\n")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* textOf(server), lines)
    })
  )

  it.effect(
    "with a delay, a cut comes after the lines that were sent before it",
    Effect.fnUntraced(function* () {
      const { client, fired, server } = yield* lab([Faults.delay("1 second"), Faults.after("toServer", 2, Faults.cut)])
      yield* client.send(lines)
      assert.isFalse(yield* isDone(fired))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* textOf(server), "?one a\n?two b\n")
      assert.strictEqual(yield* endOf(client), "closed 1000")
    })
  )

  it.effect(
    "the end of a direction can hang, be replaced by a reset, or carry inserted bytes",
    Effect.fnUntraced(function* () {
      const hung = yield* lab([Faults.before("toServer", "end", Faults.hang())])
      yield* hung.client.send("?last")
      yield* hung.client.close
      assert.strictEqual(yield* textOf(hung.server), "?last")
      assert.isUndefined(yield* endOf(hung.server))

      const broken = yield* lab([Faults.before("toServer", "end", Faults.reset)])
      yield* broken.client.send("?last")
      yield* broken.client.closeWrite
      assert.strictEqual(yield* textOf(broken.server), "?last")
      assert.strictEqual(yield* endOf(broken.server), "SocketReadError")

      const informed = yield* lab([Faults.after("toServer", "end", Faults.insert("#gone\n", "toClient"))])
      yield* informed.client.closeWrite
      assert.strictEqual(yield* endOf(informed.server), "closed 1000")
      assert.strictEqual(yield* textOf(informed.client), "#gone\n")
      assert.isTrue(yield* isDone(informed.fired))
    })
  )

  it.effect(
    "steps can be added to a live connection; a line that has begun does not count",
    Effect.fnUntraced(function* () {
      const { client, connection, server } = yield* lab()
      yield* client.send("?one ")
      const { fired } = yield* connection.at(
        Faults.before("toServer", /x$/, Faults.insert("<x>")),
        Faults.after("toServer", 1, Faults.insert("<1>"))
      )
      yield* client.send("x\n?two")
      assert.isFalse(yield* isDone(fired))
      assert.strictEqual(yield* textOf(server), "?one x\n")
      yield* client.send(" x")
      // where lines are waited for, those that are not complete are held
      assert.strictEqual(yield* textOf(server), "?one x\n")
      yield* client.send("\n?three")
      assert.strictEqual(yield* textOf(server), "?one x\n<x>?two x\n<1>?three")
      assert.isTrue(yield* isDone(fired))
    })
  )

  it.effect(
    "a line that never ends is delivered with the end, and does not count",
    Effect.fnUntraced(function* () {
      const { client, fired, server } = yield* lab([Faults.after("toServer", /./, Faults.insert("never"))])
      yield* client.send("?cut off")
      assert.strictEqual(yield* textOf(server), "")
      yield* client.closeWrite
      assert.strictEqual(yield* textOf(server), "?cut off")
      assert.strictEqual(yield* endOf(server), "closed 1000")
      assert.isFalse(yield* isDone(fired))
    })
  )

  it.effect(
    "faults can apply from the beginning of a connection; without steps all have fired",
    Effect.fnUntraced(function* () {
      const { client, fired, server } = yield* lab([Faults.hang("toClient"), Faults.split([1])])
      yield* server.send("#held\n")
      yield* client.send("ab")
      assert.strictEqual(yield* textOf(client), "")
      assert.strictEqual(yield* textOf(server), "ab")
      yield* fired
      yield* (yield* lab()).fired
    })
  )

  for (const fault of [Faults.cut, Faults.reset])
    it.effect(
      `a writer whose own line ends the connection does not wait for the other end (${fault._tag})`,
      Effect.fnUntraced(function* () {
        const { client, server } = yield* lab([Faults.after("toServer", 1, fault)], { limit: 4 })
        yield* server.pause
        const writing = yield* Effect.forkChild(client.send("?much more than that\n"), immediately)
        yield* turns
        assert.isDefined(writing.pollUnsafe())
        yield* Fiber.join(writing)
        yield* server.resume
        assert.strictEqual(yield* textOf(server), "?much more than that\n")
      })
    )
})
