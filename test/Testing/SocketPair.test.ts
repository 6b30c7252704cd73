import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import { SocketPair } from "katcp/Testing"
import { drain, failure, openEnd, readText, reasonOf, turns } from "./transports.ts"

/** Events that a real network does not show on demand: limits, cuts, and the order of events in one turn. */
const open = Effect.fnUntraced(function* (options?: SocketPair.Options) {
  const [left, right] = SocketPair.make(options)
  return { left: yield* openEnd(left), right: yield* openEnd(right), reset: right.reset }
})
const immediately = { startImmediately: true } as const

describe("SocketPair", () => {
  it.effect(
    "holds bytes up to its limit; the write that exceeds it waits until they are read",
    Effect.fnUntraced(function* () {
      const { left, right } = yield* open({ limit: 10 })
      yield* left.write("01234")
      yield* left.write("56789")
      const writing = yield* Effect.forkChild(left.write("x"), immediately)
      yield* turns
      assert.isUndefined(writing.pollUnsafe())
      assert.strictEqual(yield* readText(right, 11), "0123456789x")
      yield* Fiber.join(writing)
      yield* left.write("and again")
      assert.strictEqual(yield* readText(right, 9), "and again")
    })
  )

  it.effect(
    "all writes made in one turn arrive in one pull, as the chunks that were written",
    Effect.fnUntraced(function* () {
      const { left, right } = yield* open()
      const pulling = yield* Effect.forkChild(right.pull, immediately)
      yield* left.write("a")
      yield* left.writeAll(["bc", "d"])
      const chunks = yield* Fiber.join(pulling)
      assert.deepStrictEqual(
        chunks.map((chunk) => Buffer.from(chunk).toString()),
        ["a", "bc", "d"]
      )
    })
  )

  it.effect(
    "the reader never runs inside the writer",
    Effect.fnUntraced(function* () {
      const { left, right } = yield* open()
      let read = false
      const pulling = yield* Effect.forkChild(
        Effect.map(right.pull, () => {
          read = true
        }),
        immediately
      )
      yield* left.write("a")
      assert.isFalse(read)
      yield* Fiber.join(pulling)
      assert.isTrue(read)
    })
  )

  it.effect(
    "cuts arriving bytes into segments, cyclically",
    Effect.fnUntraced(function* () {
      const { left, right } = yield* open({ segments: [1, 3] })
      yield* left.writeAll(["ab", "cdefg"])
      const cut = (chunks: ReadonlyArray<Uint8Array>) => chunks.map((chunk) => Buffer.from(chunk).toString())
      assert.deepStrictEqual(cut(yield* right.pull), ["a", "bcd", "e", "fg"])
      yield* left.write("hijklm")
      assert.deepStrictEqual(cut(yield* right.pull), ["h", "ijk", "l", "m"])
    })
  )

  it.effect(
    "merges arriving bytes with an infinite segment",
    Effect.fnUntraced(function* () {
      const { left, right } = yield* open({ segments: [Number.POSITIVE_INFINITY] })
      yield* left.writeAll(["ab", "cdefg", "h"])
      const chunks = yield* right.pull
      assert.deepStrictEqual(
        chunks.map((chunk) => Buffer.from(chunk).toString()),
        ["abcdefgh"]
      )
    })
  )

  it.effect.prop(
    "segments change the chunks and never the bytes",
    {
      chunks: Schema.Array(Schema.Uint8Array),
      segments: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: -1, maximum: 9 })))
    },
    Effect.fnUntraced(function* ({ chunks, segments }) {
      const { left, right } = yield* open({ limit: 20, segments })
      const [, read] = yield* Effect.all(
        [
          Effect.andThen(
            Effect.forEach(chunks, (chunk) => left.write(chunk), { discard: true }),
            left.closeWriter
          ),
          drain(right)
        ],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(read, { bytes: Buffer.concat(chunks), reason: "closed 1000" })
    }),
    { arbitrary: { size: 10 } }
  )

  it.effect(
    "a reset loses unread bytes",
    Effect.fnUntraced(function* () {
      const { left, reset, right } = yield* open()
      yield* right.write("lost")
      yield* reset
      assert.strictEqual(yield* failure(left.pull), "SocketReadError")
      assert.strictEqual(yield* failure(right.pull), "closed 1000")
    })
  )

  it.effect(
    "a reset after the end of the input is seen by a write only",
    Effect.fnUntraced(function* () {
      const { left, reset, right } = yield* open()
      yield* right.write("kept")
      yield* right.closeWriter
      yield* reset
      assert.strictEqual(yield* readText(left, 4), "kept")
      assert.strictEqual(yield* failure(left.pull), "closed 1000")
      assert.strictEqual(yield* failure(left.write("x")), "SocketWriteError")
    })
  )

  it.effect(
    "a reset fails the waiting writes of both ends, also past the end of the input",
    Effect.fnUntraced(function* () {
      const { left, reset, right } = yield* open({ limit: 1 })
      yield* right.closeWriter
      const writing = yield* Effect.forkChild(Effect.flip(left.write("much")), immediately)
      yield* reset
      assert.strictEqual(reasonOf(yield* Fiber.join(writing)), "SocketWriteError")
      const other = yield* open({ limit: 1 })
      const own = yield* Effect.forkChild(Effect.flip(other.right.write("much")), immediately)
      yield* other.reset
      assert.strictEqual(reasonOf(yield* Fiber.join(own)), "SocketWriteError")
    })
  )

  it.effect(
    "both ends are gone once both directions have ended, in either order of reading",
    Effect.fnUntraced(function* () {
      for (const readFirst of [true, false]) {
        const { left, right } = yield* open()
        yield* left.write("x")
        yield* left.closeWriter
        if (readFirst) yield* drain(right)
        yield* right.closeWriter
        if (!readFirst) yield* drain(right)
        for (const { socket } of [left, right])
          assert.strictEqual(yield* failure(Effect.scoped(socket.reader)), "closed 1000")
      }
    })
  )

  it.effect(
    "the first write to a closed end is dropped, the second fails and loses unread bytes",
    Effect.fnUntraced(function* () {
      const { left, right } = yield* open()
      yield* right.write("unread")
      yield* right.closeReader
      yield* left.write("swallowed")
      assert.strictEqual(yield* failure(left.write("x")), "SocketWriteError")
      assert.strictEqual(yield* failure(left.pull), "SocketReadError")
    })
  )

  it.effect(
    "a close event sends the bytes within the limit",
    Effect.fnUntraced(function* () {
      const { left, right } = yield* open({ limit: 4 })
      const writing = yield* Effect.forkChild(Effect.flip(left.writeAll(["ab", "cdef"])), immediately)
      yield* left.write(new Socket.CloseEvent())
      assert.strictEqual(reasonOf(yield* Fiber.join(writing)), "SocketWriteError")
      assert.deepStrictEqual(yield* drain(right), { bytes: Buffer.from("abcd"), reason: "closed 1000" })
    })
  )

  it.effect(
    "an end that was closed cannot be opened again",
    Effect.fnUntraced(function* () {
      const [left, right] = SocketPair.make()
      yield* Effect.scoped(left.reader)
      assert.strictEqual(yield* failure(Effect.scoped(left.reader)), "closed 1000")
      const other = yield* openEnd(right)
      assert.strictEqual(yield* failure(other.pull), "closed 1000")
    })
  )

  it.effect(
    "an end that was reset before it was opened cannot be opened",
    Effect.fnUntraced(function* () {
      const [left, right] = SocketPair.make()
      yield* right.reset
      const end = yield* openEnd(right)
      yield* end.write("x")
      yield* right.reset
      assert.strictEqual(yield* failure(Effect.scoped(left.reader)), "SocketOpenError")
    })
  )
})
