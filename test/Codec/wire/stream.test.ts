import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { KatcpSyntaxError, Message } from "katcp"
import { decodeStream, encodeLineStream, encodeStream, lineStream } from "katcp/Codec"
import { SocketPair } from "katcp/Testing"
import { assertSame, chunkSizes, cut, joined, messages, plain, textOf, wire } from "./support.ts"

const bytesOf = (...chunks: ReadonlyArray<string>) => Stream.fromIterable(chunks.map(wire))

/** Runs an effect and gives what it logged beside its result. */
const logged = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const records: Array<readonly [string, unknown]> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    records.push([logLevel, Array.isArray(message) ? message[0] : message])
  })
  const result = yield* Effect.provide(effect, Logger.layer([logger]))
  return { result, records }
})

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

describe("decodeStream (A-121)", () => {
  it.effect(
    "errors take the place of their message, and the stream continues (P-010, P-017, P-032)",
    Effect.fnUntraced(function* () {
      const found = yield* bytesOf(
        "?a 1\n?b",
        "ad_name\r\n!c[",
        "2] ok\n?toolong ",
        "xxxxxxxxxxxxxxxxxxxx",
        "\n#d\n"
      ).pipe(decodeStream({ maxLine: 20 }), Stream.runCollect)
      assert.deepStrictEqual(found.map(plain), [
        { kind: "request", name: "a", id: undefined, arguments: ["1"] },
        { reason: "Unexpected character in the name", position: 5, raw: "?bad_name" },
        { kind: "reply", name: "c", id: 2, arguments: ["ok"] },
        { reason: "Line of more than 20 bytes", position: 21, raw: `?toolong ${"x".repeat(20)}` },
        { kind: "inform", name: "d", id: undefined, arguments: [] }
      ])
    })
  )

  it.effect(
    "an unfinished line at the end is dropped with a warning, even at a failure; the failure stays (P-031)",
    Effect.fnUntraced(function* () {
      const warning = ["Warn", "the input ended within a line: dropped its 9 bytes"] as const
      const ended = yield* logged(bytesOf("?a\n?watch", "dog").pipe(decodeStream(), Stream.runCollect))
      assert.deepStrictEqual(ended.result.map(String), ["?a"])
      assert.deepStrictEqual(ended.records, [warning])

      const failing = Stream.concat(bytesOf("?a\n?watchdog"), Stream.fail(new Broken()))
      const failed = yield* logged(failing.pipe(decodeStream(), Stream.runCollect, Effect.flip))
      assert.instanceOf(failed.result, Broken)
      assert.deepStrictEqual(failed.records, [warning])

      const clean = yield* logged(bytesOf("?a\n").pipe(decodeStream(), Stream.runCollect))
      assert.deepStrictEqual(clean.records, [])
    })
  )

  it.effect(
    "a reader that stops early or is interrupted causes no warning (P-031)",
    Effect.fnUntraced(function* () {
      const taken = yield* logged(
        bytesOf("?a\n?b\n?un", "finished").pipe(decodeStream(), Stream.take(1), Stream.runCollect)
      )
      assert.deepStrictEqual(taken.result.map(String), ["?a"])
      assert.deepStrictEqual(taken.records, [])
      const interrupted = yield* logged(
        Effect.gen(function* () {
          const endless = Stream.concat(bytesOf("?unfinished"), Stream.never)
          const fiber = yield* Effect.forkChild(endless.pipe(decodeStream(), Stream.runDrain), {
            startImmediately: true
          })
          yield* Effect.yieldNow
          return yield* Fiber.interrupt(fiber)
        })
      )
      assert.deepStrictEqual(interrupted.records, [])
    })
  )

  it.effect(
    "all messages of a chunk are one chunk of the stream, and each run has its own parser",
    Effect.fnUntraced(function* () {
      const decoded = bytesOf("?a\n?b\n?c", "\n?d\n", "x").pipe(Stream.rechunk(1), decodeStream())
      for (let run = 0; run < 2; run++) {
        const sizes: Array<number> = []
        yield* decoded.pipe(
          Stream.mapArray((chunk) => {
            sizes.push(chunk.length)
            return chunk
          }),
          Stream.runDrain
        )
        assert.deepStrictEqual(sizes, [2, 2])
      }
    })
  )

  it.effect(
    "a message is emitted as soon as its line is complete",
    Effect.fnUntraced(function* () {
      const input = yield* Queue.unbounded<Uint8Array>()
      const output = yield* Queue.unbounded<string>()
      yield* Stream.fromQueue(input).pipe(
        decodeStream(),
        Stream.runForEach((found) => Queue.offer(output, String(found))),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* Queue.offer(input, wire("?a"))
      yield* Queue.offer(input, wire(" 1\n?b"))
      assert.strictEqual(yield* Queue.take(output), "?a 1")
      yield* Queue.offer(input, wire("\n"))
      assert.strictEqual(yield* Queue.take(output), "?b")
    })
  )
})

describe("encodeStream (A-111)", () => {
  it.effect(
    "messages that come at once go out at once",
    Effect.fnUntraced(function* () {
      const list = [Message.request("a", ["b c"]), Message.reply("d", ["ok"], { id: 3 }), Message.inform("e", [""])]
      const chunks = yield* Stream.fromArray(list).pipe(encodeStream, Stream.runCollect)
      assert.deepStrictEqual(chunks.map(textOf), ["?a b\\_c\n!d[3] ok\n#e \\@\n"])
      const single = yield* Stream.fromArray(list).pipe(Stream.rechunk(1), encodeStream, Stream.runCollect)
      assert.deepStrictEqual(single.map(textOf), ["?a b\\_c\n", "!d[3] ok\n", "#e \\@\n"])
    })
  )

  it.effect.prop(
    "decodeStream decodes the output of encodeStream, in any pieces (P-025, P-031)",
    { list: Arbitrary.array(messages, { maxLength: 6 }), sizes: chunkSizes },
    Effect.fnUntraced(function* ({ list, sizes }) {
      const chunks = yield* Stream.fromIterable(list).pipe(encodeStream, Stream.runCollect)
      const back = yield* Stream.fromIterable(cut(joined(chunks), sizes)).pipe(decodeStream(), Stream.runCollect)
      assertSame(back, list)
    }),
    { arbitrary: { size: 20, runs: 60 } }
  )
})

describe("lines (A-476)", () => {
  it.effect(
    "lineStream emits lines, and errors of over-long ones in order; encodeLineStream accepts text and bytes",
    Effect.fnUntraced(function* () {
      const lines = yield* bytesOf("rand", "om?\r", "\nOK\n\n", "x".repeat(30), "\nlast\nrest").pipe(
        lineStream({ maxLine: 20, empty: true }),
        Stream.map((line) => (line instanceof Message.TooLong ? line.message : textOf(line))),
        Stream.runCollect
      )
      assert.deepStrictEqual(lines, ["random?", "OK", "", new Message.TooLong({ limit: 20 }).message, "last"])
      const chunks = yield* Stream.make("é", wire("OK"), "").pipe(encodeLineStream, Stream.runCollect)
      assert.deepStrictEqual(
        chunks.map((chunk) => new TextDecoder().decode(chunk)),
        ["é\nOK\n\n"]
      )
    })
  )

  it.effect(
    "an unfinished line at the end is dropped with a warning",
    Effect.fnUntraced(function* () {
      const { records, result } = yield* logged(bytesOf("a\nb").pipe(lineStream(), Stream.runCollect))
      assert.deepStrictEqual(
        result.map((line) => line instanceof Uint8Array && textOf(line)),
        ["a"]
      )
      assert.deepStrictEqual(records, [["Warn", "the input ended within a line: dropped its 1 bytes"]])
    })
  )
})

describe("sockets", () => {
  it.effect(
    "messages pass a socket in both directions until it closes (P-001, P-031)",
    Effect.fnUntraced(function* () {
      const [left, right] = SocketPair.make()
      const received = yield* Effect.forkScoped(
        Socket.toStream(right).pipe(
          decodeStream(),
          Stream.map(String),
          Stream.catchIf(
            (error) => error.reason._tag === "SocketCloseError",
            () => Stream.make("closed")
          ),
          Stream.runCollect,
          logged
        ),
        { startImmediately: true }
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* left.reader
          const writer = yield* left.writer
          yield* Stream.make(Message.request("a", ["x y"]), Message.inform("b")).pipe(
            encodeStream,
            Stream.runForEach((chunk) => writer.write(chunk))
          )
          yield* writer.write("junk\n?half")
          yield* writer.write(new Socket.CloseEvent(1000))
        })
      )
      const { records, result } = yield* Fiber.join(received)
      assert.deepStrictEqual(result, [
        '?a "x y"',
        "#b",
        String(new KatcpSyntaxError({ reason: "Expected ?, ! or # at the beginning", position: 1, raw: wire("junk") })),
        "closed"
      ])
      assert.deepStrictEqual(records, [["Warn", "the input ended within a line: dropped its 5 bytes"]])
    })
  )
})
