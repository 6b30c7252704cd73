/** Peers that do not speak KATCP: web pages, TLS, STUN. Nothing that they carry is done (issue "Trust", 1a). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, Server } from "katcp"
import { keptLog, say, start } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Request.make("set", { doc: "Set.", args: { value: Arg.Text } }),
  Request.make("slow", { doc: "Wait.", concurrency: "serial" })
) {}

const device = Effect.fnUntraced(function* (options?: Server.Options, segments?: ReadonlyArray<number>) {
  const done: Array<string> = []
  const log = keptLog()
  const live = Dish.toLayer({
    set: ({ value }) => Effect.sync(() => void done.push(value)),
    slow: () => Effect.sleep("1 second")
  })
  const layer = Server.layer(Dish, { audit: false, ...options }).pipe(Layer.provide(live), Layer.provide(log.layer))
  const running = yield* start(layer, segments === undefined ? undefined : { segments: [...segments] })
  return { ...running, done, log }
})

/** The request of a form on a web page, with lines of the page's choice. */
const body = "Host: dish:7147\r\nContent-Type: text/plain\r\n\r\nx\n?set evil\n?halt\n"
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** Sends it on a new connection; what comes back behind the greeting. */
const sent = Effect.fnUntraced(function* (running: Effect.Success<ReturnType<typeof device>>, data: Uint8Array) {
  const client = yield* running.connect
  yield* client.send(data)
  return yield* client.settle
})

const requestLines = [
  "GET / HTTP/1.1",
  "POST /?halt HTTP/1.1",
  "POST /\\_ HTTP/1.0",
  "OPTIONS * HTTP/1.1",
  "CONNECT dish:7147 HTTP/1.1",
  "GET http://dish:7147/a?b#c HTTP/1.1",
  "PRI * HTTP/2.0",
  "BREW coffee HTTP/3",
  "get / http/1.1",
  "x!#$%&'*+-.^_`|~0 / HTTP/1.1",
  "!set / HTTP/1.1",
  "#set / HTTP/1.1",
  "!halt /a\\@b HTTP/1.1",
  "M-SEARCH * HTTP/1.1",
  " \t GET  /  HTTP/1.1 \t",
  `GET /${"a".repeat(5000)} HTTP/1.1`
]

describe("a connection whose first line is an HTTP request line (P-401)", () => {
  it.effect(
    "is closed with a reason and one log record, and none of its lines is executed",
    Effect.fnUntraced(function* () {
      for (const line of requestLines)
        for (const before of ["", "\r\n \n"])
          for (const end of ["\r\n", "\n", "\r"]) {
            const running = yield* device()
            const lines = yield* sent(running, bytes(`${before}${line}${end}${body}`))
            assert.deepStrictEqual(lines, ["#disconnect This\\_port\\_speaks\\_KATCP,\\_not\\_HTTP."], line)
            assert.deepStrictEqual(running.done, [])
            assert.strictEqual(running.server.clients.size, 0)
            assert.deepStrictEqual(running.log.records, [
              { level: "Warn", text: "disconnecting 127.0.0.1:50001: This port speaks KATCP, not HTTP." }
            ])
            assert.strictEqual((yield* running.server.stats).refusedClients, 1)
          }
    })
  )

  it.effect(
    "is closed even if the line arrives in pieces of any size",
    Effect.fnUntraced(function* () {
      for (let size = 1; size <= 40; size++) {
        const running = yield* device(undefined, [size])
        const lines = yield* sent(running, bytes(`POST /x HTTP/1.1\r\n${body}`))
        assert.deepStrictEqual(lines, ["#disconnect This\\_port\\_speaks\\_KATCP,\\_not\\_HTTP."], `${size}`)
        assert.deepStrictEqual(running.done, [])
      }
    })
  )

  it.effect(
    "is closed even if the line is above the limit",
    Effect.fnUntraced(function* () {
      for (const maxLine of [20, 100, 2000]) {
        const running = yield* device({ maxLine }, [64])
        const lines = yield* sent(running, bytes(`GET /${"a".repeat(3000)} HTTP/1.1\r\n${body}`))
        assert.deepStrictEqual(lines, ["#disconnect This\\_port\\_speaks\\_KATCP,\\_not\\_HTTP."], `${maxLine}`)
        assert.deepStrictEqual(running.done, [])
      }
    })
  )

  it.effect(
    "is closed even while earlier requests are in flight",
    Effect.fnUntraced(function* () {
      const running = yield* device()
      const client = yield* running.connect
      yield* say(client, "?slow", "GET / HTTP/1.1", "?set evil")
      yield* client.settle
      yield* client.closed.pipe(Effect.timeoutOption("10 seconds"), Effect.forkScoped)
      assert.deepStrictEqual(running.done, [])
    })
  )
})

describe("an HTTP request line later on (P-401)", () => {
  it.effect(
    "closes the connection before the lines after it are executed, even after another bad line",
    Effect.fnUntraced(function* () {
      for (const before of ["?set good\n", "?set good\nwhat is this\n"]) {
        const running = yield* device()
        const lines = yield* sent(running, bytes(`${before}GET / HTTP/1.1\r\n${body}`))
        assert.strictEqual(lines[0], "!set ok")
        assert.strictEqual(lines.at(-1), "#disconnect This\\_port\\_speaks\\_KATCP,\\_not\\_HTTP.")
        assert.deepStrictEqual(running.done, ["good"])
      }
    })
  )

  it.effect(
    "is treated as a message of KATCP if it parses as one and is not the first",
    Effect.fnUntraced(function* () {
      const running = yield* device()
      const lines = yield* sent(running, bytes("?set 1\n#page / HTTP/1.1\n?set 2\n"))
      assert.deepStrictEqual(lines, ["!set ok", "!set ok"])
      assert.deepStrictEqual(running.done, ["1", "2"])
    })
  )
})

describe("a line that is not HTTP", () => {
  it.effect(
    "gets its #log error, and the connection continues",
    Effect.fnUntraced(function* () {
      const others = [
        "POST me",
        "POST",
        "GET /",
        "GET HTTP/1.1",
        "GET / HTTP/1.1 x",
        "GET / HTTP/x",
        "HTTP/1.1 200 OK",
        "G@T / HTTP/1.1",
        "hello",
        "\x16?watchdog",
        "\x00\x01\x00\x00"
      ]
      for (const line of others) {
        const running = yield* device()
        const lines = yield* sent(running, bytes(`${line}\n?set 1\n`))
        assert.match(lines[0] ?? "", /^#log error /, line)
        assert.strictEqual(lines[1], "!set ok", line)
        assert.strictEqual(running.server.clients.size, 1)
      }
    })
  )

  it.effect(
    "may be a reply or inform of any form at the beginning",
    Effect.fnUntraced(function* () {
      for (const line of ["#a b c", "#a HTTP/1.1", "#a / x HTTP/1.1", "#a[1] / HTTP/1.1", "#log info HTTP/one"]) {
        const running = yield* device()
        assert.deepStrictEqual(yield* sent(running, bytes(`${line}\n?set 1\n`)), ["!set ok"], line)
      }
    })
  )
})

describe("a connection that opens with the first bytes of another protocol (P-401)", () => {
  /** The record of a ClientHello, with requests where random bytes may be. */
  const hello = bytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n?set evil\n?halt\n")
  const stun = bytes("\x00\x03\x00\x40\x21\x12\xa4\x42abcdefghijkl\n?set evil\n?halt\n")
  const framed = bytes("\x01\x00\x00\x01\x00\x40\x21\x12\xa4\x42abcdefghijkl\n?set evil\n?halt\n")

  it.effect(
    "is closed: TLS, STUN, STUN in frames; in one piece and in many",
    Effect.fnUntraced(function* () {
      for (const [data, reason] of [
        [hello, "This\\_port\\_speaks\\_KATCP\\_without\\_TLS."],
        [stun, "This\\_port\\_speaks\\_KATCP,\\_not\\_STUN."],
        [framed, "This\\_port\\_speaks\\_KATCP,\\_not\\_STUN."]
      ] as const)
        for (const size of [1, 2, 3, 7, 1000]) {
          const running = yield* device(undefined, [size])
          assert.deepStrictEqual(yield* sent(running, data), [`#disconnect ${reason}`], `${size}`)
          assert.deepStrictEqual(running.done, [])
          assert.strictEqual(running.log.records.length, 1)
        }
    })
  )
})

describe("the log", () => {
  it.effect(
    "has a few lines for a page that tries a thousand times",
    Effect.fnUntraced(function* () {
      const running = yield* device()
      for (let n = 0; n < 1000; n++) {
        const client = yield* running.connect.pipe(Effect.exit)
        if (Exit.isSuccess(client)) {
          yield* client.value.send("GET / HTTP/1.1\r\n")
          yield* client.value.settle
        }
      }
      assert.strictEqual((yield* running.server.stats).refusedClients, 1000)
      assert.isAtMost(running.log.records.length, 20)
      assert.match(running.log.records.at(-1)?.text ?? "", /number \d+; \d+ were not logged/)
    })
  )
})
