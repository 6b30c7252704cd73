import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RawConnection, SocketPair } from "katcp/Testing"
import { drain, failure, openEnd, readText, tcp, turns } from "./transports.ts"

const open = Effect.fnUntraced(function* (options?: SocketPair.Options & { readonly paused?: boolean }) {
  const [left, right] = SocketPair.make(options)
  const raw = yield* RawConnection.make(left, options)
  return { raw, end: yield* openEnd(right) }
})
const immediately = { startImmediately: true } as const
const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i)

describe("RawConnection", () => {
  it.effect(
    "sends text as Latin-1 and bytes unchanged",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      yield* raw.send("?h\xe9\n")
      yield* raw.send(new Uint8Array([0, 255]))
      yield* raw.closeWrite
      assert.deepStrictEqual([...(yield* drain(end)).bytes], [0x3f, 0x68, 0xe9, 0x0a, 0, 255])
    })
  )

  it.effect(
    "returns line after line, whatever the chunks, and keeps all bytes",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open({ segments: [1, 2, 5] })
      const waiting = yield* Effect.forkChild(raw.next, immediately)
      yield* end.write("#one\n#tw")
      assert.strictEqual(yield* Fiber.join(waiting), "#one")
      yield* end.write("o\r\n")
      yield* end.write(allBytes)
      yield* end.write("\nrest")
      assert.strictEqual(yield* raw.next, "#two\r")
      assert.strictEqual(`${yield* raw.next}\n${yield* raw.next}`, String.fromCharCode(...allBytes))
      yield* raw.settle
      assert.deepStrictEqual((yield* raw.lines).slice(0, 2), ["#one", "#two\r"])
      assert.deepStrictEqual(
        yield* raw.received,
        new Uint8Array(Buffer.concat([Buffer.from("#one\n#two\r\n"), allBytes, Buffer.from("\nrest")]))
      )
    })
  )

  it.effect(
    "reads a line of many chunks",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      const line = "x".repeat(5_000_000)
      const waiting = yield* Effect.forkChild(raw.next, immediately)
      yield* end.write(line)
      yield* end.write("\n")
      assert.isTrue((yield* Fiber.join(waiting)) === line)
    })
  )

  it.effect(
    "expects lines in order and fails at the first that differs, or when the connection ends before",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      yield* end.write("a\nb\nc\nd\n")
      yield* raw.expect("a", "b")
      const error = yield* Effect.flip(raw.expect("c", "x", "y"))
      assert.deepStrictEqual(
        [error.expected, error.actual],
        [
          ["c", "x", "y"],
          ["c", "d"]
        ]
      )
      assert.strictEqual(error.message, 'expected ["c","x","y"], got ["c","d"]')
      const waiting = yield* Effect.forkChild(Effect.flip(raw.expect("e", "f")), immediately)
      yield* end.write("e\nincomplete")
      yield* end.closeWriter
      const ended = yield* Fiber.join(waiting)
      assert.deepStrictEqual(ended.actual, ["e", "(closed: 1000)"])
      assert.strictEqual(yield* failure(raw.next), "closed 1000")
    })
  )

  it.effect(
    "settles: returns all lines that arrive, or nothing if nothing was sent",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      assert.deepStrictEqual(yield* raw.settle, [])
      yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], (n) =>
          Effect.andThen(Effect.repeat(Effect.yieldNow, { times: 30 }), end.write(`${n}\n`))
        )
      )
      assert.deepStrictEqual(yield* raw.settle, ["1", "2", "3"])
      assert.deepStrictEqual(yield* raw.settle, [])
    })
  )

  it.effect(
    "closes cleanly, and reports it afterwards",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      yield* raw.send("bye")
      yield* raw.close
      assert.deepStrictEqual(yield* drain(end), { bytes: Buffer.from("bye"), reason: "closed 1000" })
      const reason = yield* raw.closed
      assert.deepStrictEqual([reason._tag, "code" in reason && reason.code], ["SocketCloseError", 1006])
      assert.strictEqual(yield* failure(raw.send("x")), "SocketWriteError")
    })
  )

  it.effect(
    "ends its own direction and continues to read",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      yield* raw.closeWrite
      assert.strictEqual(yield* failure(end.pull), "closed 1000")
      yield* end.write("still here\n")
      yield* raw.expect("still here")
      assert.strictEqual(yield* failure(raw.send("x")), "SocketWriteError")
    })
  )

  it.effect(
    "resets",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      yield* raw.send("lost")
      yield* raw.reset
      assert.strictEqual(yield* failure(end.pull), "SocketReadError")
      assert.strictEqual(yield* failure(raw.send("x")), "SocketWriteError")
    })
  )

  it.effect(
    "sending still works after the other end has ended its direction, and fails for good once it is gone",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      yield* end.closeWriter
      yield* raw.closed
      yield* raw.send("heard")
      assert.strictEqual(yield* readText(end, 5), "heard")
      yield* end.closeReader
      assert.strictEqual(yield* failure(Effect.forever(raw.send("x"))), "SocketWriteError")
      assert.strictEqual(yield* failure(raw.send("x")), "SocketWriteError")
    })
  )

  it.effect(
    "a waiting send continues after the other end has ended its direction",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open({ limit: 1 })
      yield* end.closeWriter
      yield* raw.closed
      const sending = yield* Effect.forkChild(raw.send("much"), immediately)
      yield* turns
      assert.isUndefined(sending.pollUnsafe())
      assert.strictEqual(yield* readText(end, 4), "much")
      yield* Fiber.join(sending)
    })
  )

  it.effect(
    "a waiting send fails when the own end closes, and so does a send after the other end's reset",
    Effect.fnUntraced(function* () {
      const { raw } = yield* open({ limit: 1 })
      const sending = yield* Effect.forkChild(failure(raw.send("much")), immediately)
      yield* turns
      assert.isUndefined(sending.pollUnsafe())
      yield* raw.close
      assert.strictEqual(yield* Fiber.join(sending), "closed 1006")

      const [left, right] = SocketPair.make()
      const other = yield* RawConnection.make(left)
      yield* openEnd(right)
      yield* right.reset
      assert.strictEqual((yield* other.closed)._tag, "SocketReadError")
      assert.strictEqual(yield* failure(other.send("x")), "SocketReadError")
    })
  )

  it.effect(
    "loses nothing when it is paused at any moment",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open()
      for (let n = 0; n < 100; n++) {
        yield* end.write(`${n}\n`)
        for (let turn = n % 5; turn > 0; turn--) yield* Effect.yieldNow
        yield* raw.pause
        yield* raw.resume
      }
      yield* raw.expect(...Array.from({ length: 100 }, (_, n) => `${n}`))
    })
  )

  it.effect(
    "pauses, so the other end's writes wait, and resumes without a gap",
    Effect.fnUntraced(function* () {
      const { end, raw } = yield* open({ limit: 4, paused: true })
      const first = yield* Effect.forkChild(end.write("12345\n"), immediately)
      yield* turns
      assert.isUndefined(first.pollUnsafe())
      yield* raw.resume
      yield* Fiber.join(first)
      yield* raw.expect("12345")
      yield* raw.pause
      const second = yield* Effect.forkChild(end.write("67890\n"), immediately)
      assert.deepStrictEqual(yield* raw.settle, [])
      assert.isUndefined(second.pollUnsafe())
      yield* raw.resume
      yield* raw.expect("67890")
      yield* Fiber.join(second)
    })
  )

  it.live(
    "works on a real socket, too; there a reset is a close with an error",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* tcp.open
      yield* Effect.forkScoped(
        server.run(
          Effect.fnUntraced(function* (socket) {
            const end = yield* openEnd(socket)
            yield* end.write("hello\n")
            return yield* Effect.never
          }, Effect.scoped)
        ),
        immediately
      )
      const raw = yield* RawConnection.make(yield* connect)
      yield* raw.expect("hello")
      yield* raw.reset
      const reason = yield* raw.closed
      assert.strictEqual(reason._tag, "SocketReadError")
    })
  )
})
