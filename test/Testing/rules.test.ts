import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import {
  drain,
  type End,
  failure,
  memory,
  openEnd,
  owns,
  pair,
  readBytes,
  readText,
  reasonOf,
  tcp,
  turns
} from "./transports.ts"

const big = new Uint8Array(20_000_000).map((_, i) => i % 251)
const immediately = { startImmediately: true } as const

for (const transport of [memory, tcp, ...owns]) {
  const test = transport.live ? it.live : it.effect
  const both = pair(transport)

  /** A write that can never be done: it waits for ever, or fails where the end is prompt. */
  const writesInVain = Effect.fnUntraced(function* (end: End, prompt: boolean) {
    const writing = yield* Effect.forkChild(Effect.flip(end.write("x")), immediately)
    yield* turns
    if (prompt) return assert.strictEqual(reasonOf(yield* Fiber.join(writing)), "SocketWriteError")
    assert.isUndefined(writing.pollUnsafe())
    yield* Fiber.interrupt(writing)
  })

  describe(`a connection over ${transport.name}`, () => {
    for (const side of transport.prompt ? (["dialled"] as const) : (["dialled", "accepted"] as const)) {
      test(
        `a write waits until the reader is acquired (${side})`,
        Effect.fnUntraced(function* () {
          const { connect, server } = yield* transport.open
          const handler = Effect.fnUntraced(function* (socket: Socket.Socket) {
            const { write } = yield* socket.writer
            const writing = yield* Effect.forkChild(write("from accepted"), immediately)
            yield* turns
            assert.isUndefined(side === "accepted" ? writing.pollUnsafe() : undefined)
            const end = yield* openEnd(socket)
            yield* Fiber.join(writing)
            return yield* drain(end)
          }, Effect.scoped)
          yield* Effect.forkScoped(server.run(handler), immediately)
          const socket = yield* connect
          const { write } = yield* socket.writer
          const writing = yield* Effect.forkChild(write("from dialled"), immediately)
          yield* turns
          assert.isUndefined(side === "dialled" ? writing.pollUnsafe() : undefined)
          const near = yield* openEnd(socket)
          yield* Fiber.join(writing)
          assert.strictEqual(yield* readText(near, 13), "from accepted")
        })
      )
    }

    test(
      "closing the writer ends one direction: the other end reads what was sent, sees the end and may still send",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        yield* near.write("last words")
        yield* near.closeWriter
        const { bytes, reason } = yield* drain(far)
        assert.strictEqual(bytes.toString(), "last words")
        assert.strictEqual(reason, "closed 1000")
        assert.strictEqual(yield* failure(far.pull), "closed 1000")
        yield* far.write("answer")
        assert.strictEqual(yield* readText(near, 6), "answer")
        yield* far.closeWriter
        assert.strictEqual(yield* failure(near.pull), "closed 1000")
      })
    )

    test(
      `writing after the end of the own direction fails${transport.prompt ? "" : " and breaks the connection"}`,
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        yield* near.closeWriter
        assert.strictEqual(yield* failure(near.write("too late")), "SocketWriteError")
        if (transport.prompt) {
          yield* far.write("answer")
          assert.strictEqual(yield* readText(near, 6), "answer")
        } else assert.strictEqual(yield* failure(near.pull), "SocketReadError")
        if (transport.prompt) yield* near.closeReader
        assert.strictEqual((yield* drain(far)).reason, "closed 1000")
      })
    )

    test(
      "when both directions have ended a write never succeeds",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        yield* near.write("last words")
        yield* near.closeWriter
        yield* far.closeWriter
        assert.strictEqual(yield* failure(near.pull), "closed 1000")
        assert.strictEqual((yield* drain(far)).reason, "closed 1000")
        yield* turns
        yield* writesInVain(near, transport.prompt)
        yield* writesInVain(far, transport.prompt)
      })
    )

    test(
      "closing the reader fails a waiting pull with 1006, and sent data still arrives",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const pulling = yield* Effect.forkChild(Effect.flip(near.pull), immediately)
        yield* near.write("last words")
        yield* near.closeReader
        assert.strictEqual(reasonOf(yield* Fiber.join(pulling)), "closed 1006")
        assert.strictEqual(yield* failure(near.pull), "closed 1006")
        const { bytes, reason } = yield* drain(far)
        assert.strictEqual(bytes.toString(), "last words")
        assert.strictEqual(reason, "closed 1000")
        yield* writesInVain(near, false)
      })
    )

    test(
      "writing to a closed end soon fails, and then never succeeds",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        yield* near.closeReader
        assert.strictEqual(yield* failure(far.pull), "closed 1000")
        assert.strictEqual(yield* failure(Effect.forever(far.write("anybody there?"))), "SocketWriteError")
        assert.strictEqual(yield* failure(far.pull), "closed 1000")
        yield* turns
        yield* writesInVain(far, transport.prompt)
      })
    )

    test(
      "a close event ends the connection at once, in order for the other end",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        yield* near.write("last words")
        yield* near.write(new Socket.CloseEvent(1000))
        assert.strictEqual(yield* failure(near.pull), "closed 1000")
        const { bytes, reason } = yield* drain(far)
        assert.strictEqual(bytes.toString(), "last words")
        assert.strictEqual(reason, "closed 1000")
      })
    )

    test(
      "a close event with an error fails the own pulls; the other end just sees the end",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const pulling = yield* Effect.forkChild(Effect.flip(near.pull), immediately)
        yield* near.write("last words")
        yield* near.write(new Socket.CloseEvent(1011))
        assert.strictEqual(reasonOf(yield* Fiber.join(pulling)), "SocketReadError")
        const { bytes, reason } = yield* drain(far)
        assert.strictEqual(bytes.toString(), "last words")
        assert.strictEqual(reason, "closed 1000")
      })
    )

    if (transport.resets) {
      test(
        "a reset fails the other end's waiting pull; the own one ends with 1000; later writes never succeed",
        Effect.fnUntraced(function* () {
          const { far, near, resetFar } = yield* both
          const pulling = yield* Effect.forkChild(Effect.flip(near.pull), immediately)
          const ownPulling = yield* Effect.forkChild(Effect.flip(far.pull), immediately)
          yield* resetFar
          assert.strictEqual(reasonOf(yield* Fiber.join(pulling)), "SocketReadError")
          assert.strictEqual(reasonOf(yield* Fiber.join(ownPulling)), "closed 1000")
          assert.strictEqual(yield* failure(near.pull), "SocketReadError")
          yield* turns
          yield* writesInVain(near, transport.prompt)
        })
      )

      test(
        "a reset fails a waiting write",
        Effect.fnUntraced(function* () {
          const { near, resetFar } = yield* both
          const writing = yield* Effect.forkChild(Effect.flip(near.write(big)), immediately)
          yield* turns
          assert.isUndefined(writing.pollUnsafe())
          yield* resetFar
          assert.strictEqual(reasonOf(yield* Fiber.join(writing)), "SocketWriteError")
          assert.strictEqual(yield* failure(near.pull), "SocketReadError")
        })
      )
    }

    test(
      "a large write waits until the other end reads, and arrives unchanged",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const writing = yield* Effect.forkChild(near.writeAll([big, "the end"]), immediately)
        yield* turns
        assert.isUndefined(writing.pollUnsafe())
        const bytes = yield* readBytes(far, big.length + 7)
        yield* Fiber.join(writing)
        assert.strictEqual(bytes.subarray(big.length).toString(), "the end")
        assert.isTrue(bytes.subarray(0, big.length).equals(big))
      })
    )

    test(
      "a waiting write fails when the other end closes, and then nothing more is read",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const writing = yield* Effect.forkChild(Effect.flip(near.write(big)), immediately)
        yield* turns
        assert.isUndefined(writing.pollUnsafe())
        yield* far.closeReader
        assert.strictEqual(reasonOf(yield* Fiber.join(writing)), "SocketWriteError")
        // which of the two comes first is seen first
        const own = transport.resets ? ["SocketReadError"] : ["SocketReadError", "closed 1000"]
        assert.include(transport.prompt ? own : ["closed 1000"], yield* failure(near.pull))
      })
    )

    test(
      "a waiting write fails when the other end closes, and unread data is lost",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        yield* far.write("precious")
        yield* turns
        const writing = yield* Effect.forkChild(Effect.flip(near.write(big)), immediately)
        yield* turns
        assert.isUndefined(writing.pollUnsafe())
        yield* far.closeReader
        assert.strictEqual(reasonOf(yield* Fiber.join(writing)), "SocketWriteError")
        assert.strictEqual(yield* failure(near.pull), "SocketReadError")
      })
    )

    test(
      "a close event fails a waiting write: a part of it arrives",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const writing = yield* Effect.forkChild(Effect.flip(near.write(big)), immediately)
        yield* turns
        yield* near.write(new Socket.CloseEvent(1000))
        assert.strictEqual(reasonOf(yield* Fiber.join(writing)), "SocketWriteError")
        const { bytes, reason } = yield* drain(far)
        assert.strictEqual(reason, "closed 1000")
        assert.isTrue(bytes.length > 0 && bytes.length < big.length, `${bytes.length}`)
        assert.isTrue(bytes.equals(big.subarray(0, bytes.length)))
      })
    )

    test(
      "closing the reader flushes a waiting write first",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const writing = yield* Effect.forkChild(Effect.flip(near.write(big)), immediately)
        yield* turns
        assert.isUndefined(writing.pollUnsafe())
        yield* near.closeReader
        const { bytes, reason } = yield* drain(far)
        assert.strictEqual(reason, "closed 1000")
        assert.isTrue(bytes.equals(big))
        assert.strictEqual(reasonOf(yield* Fiber.join(writing)), "SocketWriteError")
      })
    )

    test(
      "interrupting a waiting write neither loses nor repeats its bytes",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const writing = yield* Effect.forkChild(near.write(big), immediately)
        yield* turns
        yield* Fiber.interrupt(writing)
        const after = yield* Effect.forkChild(near.write("after"), immediately)
        const bytes = yield* readBytes(far, big.length + 5)
        yield* Fiber.join(after)
        assert.isTrue(bytes.subarray(0, big.length).equals(big))
        assert.strictEqual(bytes.subarray(big.length).toString(), "after")
      })
    )

    test(
      "interrupting pulls at any moment loses nothing",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const count = 300
        const writing = yield* Effect.forkChild(
          Effect.forEach(
            Array.from({ length: count }, (_, i) => `${i}\n`),
            (line, i) => Effect.andThen(near.write(line), i % 3 === 0 ? Effect.yieldNow : Effect.void),
            { discard: true }
          )
        )
        const expected = Array.from({ length: count }, (_, i) => `${i}\n`).join("")
        let text = ""
        for (let round = 0; text.length < expected.length; round++) {
          const pulling = yield* Effect.forkChild(
            Effect.uninterruptibleMask((restore) =>
              Effect.map(restore(far.pull), (chunks) => {
                text += Buffer.concat(chunks).toString()
              })
            ),
            immediately
          )
          if (round % 2 === 0) yield* Effect.yieldNow
          yield* Fiber.interrupt(pulling)
        }
        yield* Fiber.join(writing)
        assert.strictEqual(text, expected)
      })
    )

    test(
      "empty writes deliver nothing, text is UTF-8",
      Effect.fnUntraced(function* () {
        const { far, near } = yield* both
        const pulling = yield* Effect.forkChild(far.pull, immediately)
        yield* near.write("")
        yield* near.write(new Uint8Array(0))
        yield* turns
        assert.isUndefined(pulling.pollUnsafe())
        yield* near.writeAll(["µ", new Uint8Array([0xff])])
        const first = Buffer.concat(yield* Fiber.join(pulling))
        const rest = yield* readBytes(far, 3 - first.length)
        assert.deepStrictEqual([...first, ...rest], [0xc2, 0xb5, 0xff])
      })
    )

    const bytes = Schema.Array(Schema.Uint8Array)
    const runs = { arbitrary: { numRuns: transport.live ? 20 : 200, size: 12 } }
    const prop = transport.live ? it.live.prop : it.effect.prop
    prop(
      "any bytes written in any chunks arrive in order, in both directions at once",
      { forth: bytes, back: bytes },
      Effect.fnUntraced(function* ({ back, forth }) {
        const { far, near } = yield* both
        const send = (end: typeof near, chunks: ReadonlyArray<Uint8Array>) =>
          Effect.andThen(
            Effect.forEach(chunks, (chunk) => end.write(chunk), { discard: true }),
            end.closeWriter
          )
        const [, , atFar, atNear] = yield* Effect.all([send(near, forth), send(far, back), drain(far), drain(near)], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(atFar, { bytes: Buffer.concat(forth), reason: "closed 1000" })
        assert.deepStrictEqual(atNear, { bytes: Buffer.concat(back), reason: "closed 1000" })
      }),
      runs
    )
  })
}
