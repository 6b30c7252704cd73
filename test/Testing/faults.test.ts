import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Faults, SocketPair } from "katcp/Testing"
import { endOf, immediately, lab, textOf } from "./faultLab.ts"
import { drain, failure, openEnd, turns } from "./transports.ts"

describe("Faults of a live connection", () => {
  for (const direction of [undefined, "toServer", "toClient"] as const)
    it.effect(
      `hang: nothing is delivered ${direction ?? "either way"}, nor an end, until it is resumed`,
      Effect.fnUntraced(function* () {
        const { client, faults, server } = yield* lab()
        yield* faults.hang(direction)
        yield* client.send("?a\n")
        yield* server.send("#b\n")
        assert.strictEqual(yield* textOf(server), direction === "toClient" ? "?a\n" : "")
        assert.strictEqual(yield* textOf(client), direction === "toServer" ? "#b\n" : "")
        yield* client.closeWrite
        yield* server.closeWrite
        assert.strictEqual(yield* endOf(server), direction === "toClient" ? "closed 1000" : undefined)
        assert.strictEqual(yield* endOf(client), direction === "toServer" ? "closed 1000" : undefined)
        yield* faults.resume()
        assert.strictEqual(yield* textOf(server), "?a\n")
        assert.strictEqual(yield* textOf(client), "#b\n")
        assert.deepStrictEqual([yield* endOf(server), yield* endOf(client)], ["closed 1000", "closed 1000"])
      })
    )

  it.effect(
    "hang: a writer waits when the connection is full, and continues when it is resumed",
    Effect.fnUntraced(function* () {
      const { client, faults, server } = yield* lab([], { limit: 4 })
      yield* faults.hang("toServer")
      yield* client.send("1234")
      const waiting = yield* Effect.forkChild(client.send("5"), immediately)
      yield* turns
      assert.isUndefined(waiting.pollUnsafe())
      yield* faults.resume("toClient")
      yield* turns
      assert.isUndefined(waiting.pollUnsafe())
      yield* faults.resume("toServer")
      yield* Fiber.join(waiting)
      assert.strictEqual(yield* textOf(server), "12345")
    })
  )

  it.effect(
    "hang: the end of the other side becomes known only when it is resumed",
    Effect.fnUntraced(function* () {
      const faults = yield* Faults.make
      const [left, right] = SocketPair.make({ faults })
      const client = yield* openEnd(left)
      const server = yield* openEnd(right)
      yield* faults.hang()
      yield* server.closeReader
      for (const word of ["a", "b", "c"]) yield* client.write(word)
      const pulling = yield* Effect.forkChild(Effect.flip(client.pull), immediately)
      yield* turns
      assert.isUndefined(pulling.pollUnsafe())
      yield* faults.resume()
      assert.strictEqual((yield* Fiber.join(pulling)).reason._tag, "SocketCloseError")
      // what came too late has been answered by a RST
      assert.strictEqual(yield* failure(client.write("d")), "SocketWriteError")
    })
  )

  it.effect(
    "delay: what is sent arrives later, by the Clock, in its order and with its end; the other direction at once",
    Effect.fnUntraced(function* () {
      const { client, connection, server } = yield* lab()
      yield* connection.delay("1 second", "toServer")
      yield* client.send("?a\n")
      yield* TestClock.adjust(600)
      yield* client.send("?b\n")
      yield* client.closeWrite
      yield* server.send("#now\n")
      assert.strictEqual(yield* textOf(client), "#now\n")
      yield* TestClock.adjust(399)
      assert.strictEqual(yield* textOf(server), "")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* textOf(server), "?a\n")
      yield* TestClock.adjust(599)
      assert.strictEqual(yield* textOf(server), "?a\n")
      assert.isUndefined(yield* endOf(server))
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* textOf(server), "?a\n?b\n")
      assert.strictEqual(yield* endOf(server), "closed 1000")
    })
  )

  it.effect(
    "delay: a shorter one applies to data in transit, and 0 ends it",
    Effect.fnUntraced(function* () {
      const { client, connection, server } = yield* lab()
      yield* connection.delay("1 minute")
      yield* client.send("?a\n")
      yield* TestClock.adjust("1 second")
      yield* connection.delay("3 seconds")
      assert.strictEqual(yield* textOf(server), "")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* textOf(server), "?a\n")
      yield* client.send("?b\n")
      yield* connection.delay(0)
      yield* client.send("?c\n")
      assert.strictEqual(yield* textOf(server), "?a\n?b\n?c\n")
    })
  )

  it.effect(
    "split: one piece for each read, in turn of the sizes, until it ends",
    Effect.fnUntraced(function* () {
      const faults = yield* Faults.make
      const [left, right] = SocketPair.make({ faults })
      const client = yield* openEnd(left)
      const server = yield* openEnd(right)
      const pulled = Effect.map(server.pull, (chunks) => chunks.map((chunk) => Buffer.from(chunk).toString()))
      yield* faults.split([1, 3], "toServer")
      yield* client.write("abcd")
      yield* client.write("ef")
      yield* client.closeWriter
      const pieces: Array<ReadonlyArray<string>> = []
      while (pieces.flat().join("") !== "abcdef") pieces.push(yield* pulled)
      assert.deepStrictEqual(pieces, [["a"], ["bcd"], ["e"], ["f"]])
      assert.strictEqual(yield* failure(server.pull), "closed 1000")
      yield* faults.split([1, 4], "toClient")
      yield* server.write("0123456")
      yield* client.pull
      yield* faults.split([2, 5], "toClient")
      assert.deepStrictEqual((yield* client.pull).map(String), ["49,50,51,52"])
      assert.deepStrictEqual((yield* client.pull).map(String), ["53,54"])
      yield* server.write("3456")
      yield* faults.split([])
      assert.strictEqual(Buffer.concat(yield* client.pull).toString(), "3456")
    })
  )

  it.effect(
    "split: a writer waits until the rest is within the limit",
    Effect.fnUntraced(function* () {
      const faults = yield* Faults.make
      const [left, right] = SocketPair.make({ faults, limit: 4 })
      const client = yield* openEnd(left)
      const server = yield* openEnd(right)
      yield* faults.split([1])
      const writing = yield* Effect.forkChild(client.write("1234567"), immediately)
      for (let read = 1; read <= 3; read++) {
        yield* turns
        assert.isUndefined(writing.pollUnsafe())
        yield* server.pull
      }
      yield* Fiber.join(writing)
    })
  )

  it.effect(
    "hang: a close event sends the bytes within the limit, including held ones",
    Effect.fnUntraced(function* () {
      const faults = yield* Faults.make
      const [left, right] = SocketPair.make({ faults, limit: 5 })
      const client = yield* openEnd(left)
      const server = yield* openEnd(right)
      yield* client.write("123")
      yield* faults.hang()
      yield* client.write("4")
      yield* Effect.forkChild(Effect.ignore(client.writeAll(["56", "7"])), immediately)
      yield* client.write(new Socket.CloseEvent(1000))
      yield* faults.resume()
      assert.deepStrictEqual(yield* drain(server), { bytes: Buffer.from("12345"), reason: "closed 1000" })
    })
  )

  it.effect(
    "reset: a waiting write fails at once, and unread bytes are lost",
    Effect.fnUntraced(function* () {
      const faults = yield* Faults.make
      const [left, right] = SocketPair.make({ faults, limit: 4 })
      const client = yield* openEnd(left)
      const server = yield* openEnd(right)
      yield* server.write("x")
      const writing = yield* Effect.forkChild(failure(client.write("12345")), immediately)
      yield* turns
      yield* faults.reset
      assert.strictEqual(yield* Fiber.join(writing), "SocketWriteError")
      assert.strictEqual(yield* failure(client.pull), "SocketReadError")
      // who does not write may take the time
      assert.deepStrictEqual(yield* drain(server), { bytes: Buffer.from("12345"), reason: "SocketReadError" })
    })
  )

  it.effect(
    "insert: extra bytes arrive in between, in one direction or both",
    Effect.fnUntraced(function* () {
      const { client, connection, server } = yield* lab()
      yield* client.send("?a\n?b")
      yield* connection.insert("\xff\0", "toServer")
      yield* connection.insert(new Uint8Array([0x23]))
      yield* client.send("\n")
      assert.strictEqual(yield* textOf(server), "?a\n?b\xff\0#\n")
      assert.strictEqual(yield* textOf(client), "#")
      // at once, whatever is under way
      yield* connection.delay("1 second")
      yield* client.send("?late\n")
      yield* connection.insert("!")
      assert.strictEqual(yield* textOf(server), "?a\n?b\xff\0#\n!")
    })
  )

  for (const [how, end, writing] of [
    ["cut", "closed 1000", "SocketWriteError"],
    ["reset", "SocketReadError", "SocketReadError"]
  ] as const) {
    it.effect(
      `${how}: both ends read what has arrived, then see the end; what is held is lost`,
      Effect.fnUntraced(function* () {
        const faults = yield* Faults.make
        const [left, right] = SocketPair.make({ faults })
        const client = yield* openEnd(left)
        const server = yield* openEnd(right)
        yield* client.write("arrived")
        yield* server.write("too")
        yield* faults.hang()
        yield* client.write("held")
        yield* faults[how]
        assert.deepStrictEqual(yield* drain(server), { bytes: Buffer.from("arrived"), reason: end })
        assert.deepStrictEqual(yield* drain(client), { bytes: Buffer.from("too"), reason: end })
        // it stays so
        yield* faults.resume()
        yield* faults.insert("x")
        assert.strictEqual(yield* failure(client.pull), end)
        assert.deepStrictEqual(faults.connections, [])
      })
    )

    it.effect(
      `${how}: writes fail, those that wait at once`,
      Effect.fnUntraced(function* () {
        const { client, faults, server } = yield* lab([], { limit: 1 })
        yield* faults.hang("toServer")
        const waiting = yield* Effect.forkChild(failure(client.send("much")), immediately)
        yield* turns
        assert.isUndefined(waiting.pollUnsafe())
        yield* faults[how]
        assert.include(["SocketWriteError", "SocketReadError"], yield* Fiber.join(waiting))
        yield* server.closed
        assert.strictEqual(yield* failure(Effect.forever(server.send("x"))), writing)
      })
    )
  }

  it.effect(
    "a connection is no longer listed when both ends are closed",
    Effect.fnUntraced(function* () {
      const { client, connection, faults, server } = yield* lab()
      assert.deepStrictEqual(faults.connections, [connection])
      yield* client.close
      assert.deepStrictEqual(faults.connections, [connection])
      yield* server.close
      assert.deepStrictEqual(faults.connections, [])
    })
  )

  it.effect(
    "lasting faults apply to future connections, faults of one connection only to that one",
    Effect.fnUntraced(function* () {
      const { client, connection, faults, server } = yield* lab()
      const [left, right] = SocketPair.make({ faults })
      const other = { client: yield* openEnd(left), server: yield* openEnd(right) }
      yield* connection.hang()
      yield* other.client.write("other")
      assert.strictEqual(Buffer.concat(yield* other.server.pull).toString(), "other")
      yield* client.send("held")
      yield* faults.hang()
      yield* faults.resume("toServer")
      assert.strictEqual(yield* textOf(server), "held")
      const [near, far] = SocketPair.make({ faults })
      const third = { client: yield* openEnd(near), server: yield* openEnd(far) }
      yield* third.client.write("?\n")
      yield* third.server.write("held")
      assert.strictEqual(Buffer.concat(yield* third.server.pull).toString(), "?\n")
      const pulling = yield* Effect.forkChild(third.client.pull, immediately)
      yield* turns
      assert.isUndefined(pulling.pollUnsafe())
      yield* faults.resume()
      assert.strictEqual(Buffer.concat(yield* Fiber.join(pulling)).toString(), "held")
      yield* faults.hang()
      yield* faults.resume("toServer")
      yield* faults.hang()
      const silent = yield* pairOf(faults)
      yield* silent.client.write("held")
      const waiting = yield* Effect.forkChild(silent.server.pull, immediately)
      yield* turns
      assert.isUndefined(waiting.pollUnsafe())
      yield* faults.resume()
      yield* faults.delay("1 second")
      const late = yield* pairOf(faults)
      yield* late.client.write("late")
      const reading = yield* Effect.forkChild(late.server.pull, immediately)
      yield* turns
      assert.isUndefined(reading.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(Buffer.concat(yield* Fiber.join(reading)).toString(), "late")
    })
  )

  it.effect.prop(
    "bytes arrive in order whatever the pieces, hangs and delays, and under lines that never come (property)",
    {
      chunks: Schema.Array(Schema.Uint8Array),
      sizes: Schema.Array(Schema.Literals([1, 2, 7])),
      every: Schema.Literals([1, 2, 3]),
      line: Schema.Boolean
    },
    Effect.fnUntraced(function* ({ chunks, every, line, sizes }) {
      const { client, connection, server } = yield* lab(
        line ? [Faults.after("toServer", /this line never comes/, Faults.reset)] : []
      )
      yield* connection.split(sizes)
      yield* connection.delay(10, "toServer")
      for (const [at, chunk] of chunks.entries()) {
        if (at % every === 0) yield* connection.hang()
        yield* client.send(chunk)
        yield* TestClock.adjust(4)
        if (at % every === 1) yield* connection.resume()
      }
      yield* connection.resume()
      yield* client.closeWrite
      yield* TestClock.adjust(10)
      assert.strictEqual((yield* server.closed)._tag, "SocketCloseError")
      assert.deepStrictEqual(yield* server.received, new Uint8Array(Buffer.concat(chunks)))
    })
  )
})

const pairOf = Effect.fnUntraced(function* (faults: Faults.Faults) {
  const [left, right] = SocketPair.make({ faults })
  return { client: yield* openEnd(left), server: yield* openEnd(right) }
})
