import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("echo", {
    doc: "Echo.",
    args: { values: Arg.rest(Arg.Bytes) },
    reply: { values: Arg.rest(Arg.Bytes) }
  }),
  Request.make("later", { doc: "Reply after a second." })
) {}

const LabLive = Lab.toLayer({
  echo: ({ values }) => Effect.succeed({ values }),
  later: () => Effect.sleep("1 second")
})
const lab = (options?: Parameters<typeof serve>[1]) => serve(Lab, options).pipe(Layer.provide(LabLive))

const bad = [
  "nonsense",
  " ?watchdog",
  "?",
  "?1a",
  "?-a",
  "?watch_dog",
  "?watchdog[]",
  "?watchdog[0]",
  "?watchdog[007]",
  "?watchdog[a]",
  "?watchdog[2147483648]",
  "?watchdog[1",
  "?watchdog[1]x",
  "?echo a\\z",
  "?echo a\\",
  "?echo \\ b",
  "?echo a\0b",
  "?echo a\x1bb"
]

describe("a line that cannot be parsed", () => {
  it.effect(
    "is answered with #log error to the sender alone, at every level; later lines are handled (P-010, P-029, P-030, P-032, Q-02, Q-18)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, "?log-level off")
      yield* client.settle
      yield* TestClock.setTime(1795203535045)
      for (const line of bad) {
        yield* say(client, line, "?watchdog[9]")
        const [error, reply, ...rest] = yield* client.settle
        assert.match(error ?? "", /^#log error 1795203535\.045 katcp [!-~]+\\_at\\_character\\_\d+$/, line)
        assert.strictEqual(reply, "!watchdog[9] ok", line)
        assert.deepStrictEqual(rest, [])
      }
      assert.deepStrictEqual(yield* other.settle, [])
    })
  )

  it.effect(
    "has its position in the error, from 1 (P-010, A-221)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      yield* say(client, "?watch_dog")
      assert.match((yield* client.settle)[0] ?? "", /\\_at\\_character\\_7$/)
    })
  )

  it.effect(
    "has its time in milliseconds at version 4 (P-010, P-311)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(lab({ protocol: Message.Protocol.make(4, 0, "M") }))
      const client = yield* dial()
      yield* client.settle
      yield* TestClock.setTime(1795203535045)
      yield* say(client, "nonsense")
      assert.match((yield* client.settle)[0] ?? "", /^#log error 1795203535045 katcp /)
    })
  )

  it.effect(
    "is not answered if it is blank, or an unknown inform (P-004, P-013, P-024)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      yield* client.send("\n\r\n \t \n#something else\n#sensor-status[4] x\n\r\r")
      assert.deepStrictEqual(yield* client.settle, [])
      yield* client.send("?watchdog\r?watchdog\r\n?watchdog\n")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog ok", "!watchdog ok", "!watchdog ok"])
    })
  )

  it.effect(
    "may be an unexpected reply: it is answered with #log error to the sender alone (P-002, P-011, A-219)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, "!watchdog ok", "!later[3] fail x", "?watchdog")
      const [first, second, reply] = yield* client.settle
      assert.match(first ?? "", /^#log error [\d.]+ katcp Unexpected\\_reply\\_!watchdog/)
      assert.match(second ?? "", /^#log error [\d.]+ katcp Unexpected\\_reply\\_!later/)
      assert.strictEqual(reply, "!watchdog ok")
      assert.deepStrictEqual(yield* other.settle, [])
    })
  )
})

describe("any bytes", () => {
  it.effect(
    "survive in arguments, and do no harm (P-016, P-025, P-081)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      for (let byte = 0; byte < 256; byte++) {
        const raw = String.fromCharCode(byte)
        yield* client.send(`?echo[1] a${raw}b\n?watchdog[2]\n`)
        const lines = yield* client.settle
        assert.strictEqual(lines.at(-1), "!watchdog[2] ok", `byte ${byte}`)
        const plain = !["\0", "\t", "\n", "\r", "\x1b", " ", "\\"].includes(raw)
        if (plain) assert.deepStrictEqual(lines[0], `!echo[1] ok a${raw}b`)
        yield* say(other, "?watchdog")
        assert.deepStrictEqual(yield* other.settle, ["!watchdog ok"])
      }
    })
  )

  it.effect(
    "arrive in any pieces (P-031)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab(), { segments: [1, 2, 1, 3] })
      const client = yield* connect
      yield* client.send("?echo[12] a\\_b \\@ c\\n\r\n?watchdog[3]\r")
      assert.deepStrictEqual(yield* client.settle, ["!echo[12] ok a\\_b \\@ c\\n", "!watchdog[3] ok"])
    })
  )

  it.effect.prop(
    "in any order leave each request after a line end answered once (P-002, P-003, P-016, P-032)",
    {
      garbage: Schema.Array(Schema.Uint8Array),
      segment: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50 }))
    },
    Effect.fnUntraced(function* ({ garbage, segment }) {
      const { connect } = yield* start(lab(), { segments: [segment] })
      const client = yield* connect
      // the very first bytes may be a hello of TLS, which is another matter
      yield* client.send("\n")
      for (const [n, bytes] of garbage.entries()) {
        yield* client.send(bytes)
        yield* client.send(`\n?echo[${n + 1}] ${n}\n`)
      }
      yield* client.send("\n?watchdog[2147483647]\n")
      const lines = yield* client.settle
      assert.strictEqual(lines.at(-1), "!watchdog[2147483647] ok")
      for (const n of garbage.keys())
        assert.strictEqual(lines.filter((line) => line === `!echo[${n + 1}] ok ${n}`).length, 1)
    }, Effect.scoped),
    { arbitrary: { size: 30, runs: 100 } }
  )
})

describe("a line that does not end", () => {
  it.effect(
    "above the limit gets one #log error; lines after it are handled (P-017, A-278, B-120)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab({ maxLine: 1000 }))
      const client = yield* connect
      const piece = "x".repeat(999)
      yield* client.send("?echo ")
      for (let n = 0; n < 200; n++) yield* client.send(piece)
      const early = yield* client.settle
      assert.match(early.join(), /^#log error [\d.]+ katcp Line\\_of\\_more\\_than\\_1000\\_bytes/)
      assert.strictEqual(early.length, 1)
      yield* client.send("y\n?watchdog[2]\n")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog[2] ok"])
      yield* say(client, `?echo ${"z".repeat(994)}`, `?echo ${"z".repeat(995)}`)
      const [reply, error] = yield* client.settle
      assert.strictEqual(reply, `!echo ok ${"z".repeat(994)}`)
      assert.match(error ?? "", /^#log error /)
    })
  )

  it.effect(
    "of 20 MB gets one #log error by default (P-017)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      const megabyte = new Uint8Array(1 << 20).fill(0x61)
      yield* client.send("?echo ")
      for (let n = 0; n < 20; n++) yield* client.send(megabyte)
      yield* client.send("\n?watchdog[2]\n")
      const [error, reply, ...rest] = yield* client.settle
      assert.match(error ?? "", /^#log error [\d.]+ katcp Line\\_of\\_more\\_than\\_16777216\\_bytes/)
      assert.strictEqual(reply, "!watchdog[2] ok")
      assert.deepStrictEqual(rest, [])
    })
  )
})

describe("a client that sends garbage and does not read", () => {
  it.effect(
    "is paused (P-016, P-018)",
    Effect.fnUntraced(function* () {
      const { dial, server } = yield* start(lab(), { limit: 4096 })
      const client = yield* dial({ paused: true })
      let sent = 0
      const flood = Effect.forever(
        Effect.tap(client.send("junk\n".repeat(1000)), () => Effect.sync(() => (sent += 5000)))
      )
      yield* Effect.forkScoped(flood, { startImmediately: true })
      const other = yield* dial()
      yield* other.settle
      const before = sent
      yield* other.settle
      assert.strictEqual(sent, before)
      assert.isBelow(sent, 200_000)
      yield* say(other, "?watchdog")
      assert.deepStrictEqual(yield* other.settle, ["!watchdog ok"])
      assert.strictEqual(server.clients.size, 2)
    })
  )
})
