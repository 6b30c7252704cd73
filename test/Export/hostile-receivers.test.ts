/** Receivers that do what they should not: over real HTTP, none of them costs a reading that they would take, or holds up another. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { Arg } from "katcp"
import { influx, otlp, type PushHealth, push } from "katcp/Export"
import type { Change } from "katcp/Site"
import { siteWith } from "./site.ts"

const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      server.on("connection", (socket: Socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      return { sockets, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
    }),
    ({ sockets }) =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
  )

/** A receiver over HTTP with configurable answers, and the lines of a body. */
const receiver = (answer: (lines: ReadonlyArray<string>, response: ServerResponse, request: IncomingMessage) => void) =>
  listening(
    createServer((request, response) => {
      void request
        .toArray()
        .then((chunks: Array<Buffer>) => Buffer.concat(chunks).toString().trimEnd().split("\n"))
        .then((lines) => answer(lines, response, request))
        .catch(() => {})
    })
  )

const setUp = Effect.gen(function* () {
  const made = yield* siteWith()
  const sensor = made.add("a", Arg.Int)
  let time = 1_800_000_000
  const set = (value: number) => made.set(sensor, `${value}`, "nominal", time++)!
  return {
    ...made,
    set,
    change: (value: number): Change => {
      const row = set(value)
      return { _tag: "Reading", row, reading: row.reading!, revision: row.revision }
    }
  }
})

const valueOf = (line: string) => Number(/ivalue=(\d+)i/.exec(line)?.[1])
const until = (is: () => boolean) => Effect.repeat(Effect.sleep("20 millis"), { until: is })
const range = (count: number) => Array.from({ length: count }, (_, n) => n + 1)

/** Pushes so many readings, and waits until none waits. Returns how it went. */
const pushed = (url: string, count: number) =>
  Effect.gen(function* () {
    const { set, site } = yield* setUp
    const health: () => PushHealth = yield* push(site, yield* influx({ url }), {
      every: "10 millis",
      timeout: "1 minute"
    })
    for (const value of range(count)) set(value)
    yield* until(() => health().pending === 0)
    return health()
  })

const one = <A, E, R>(test: Effect.Effect<A, E, R>) => test.pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))

describe("a receiver that", () => {
  it.live("takes no more than 20 kB (413) has all readings", () => {
    const taken: Array<number> = []
    return one(
      Effect.gen(function* () {
        const { url } = yield* receiver((lines, response) => {
          if (lines.join("\n").length > 20_000) return response.writeHead(413).end("Request Entity Too Large")
          taken.push(...lines.map(valueOf))
          return response.writeHead(204).end()
        })
        const health = yield* pushed(url, 6000)
        assert.deepStrictEqual([health.refused, health.lost, health.written], [0, 0, 6000])
        assert.deepStrictEqual(taken, range(6000))
      })
    )
  })

  it.live("refuses some readings (400, without naming them) has all the others", () => {
    const taken: Array<number> = []
    return one(
      Effect.gen(function* () {
        const { url } = yield* receiver((lines, response) => {
          if (lines.some((line) => valueOf(line) % 500 === 0)) return response.writeHead(400).end("bad point")
          taken.push(...lines.map(valueOf))
          return response.writeHead(204).end()
        })
        const health = yield* pushed(url, 1500)
        assert.deepStrictEqual([health.refused, health.written, health.ok], [3, 1497, true])
        assert.deepStrictEqual(
          taken,
          range(1500).filter((value) => value % 500 !== 0)
        )
      })
    )
  })

  const rests: ReadonlyArray<readonly [header: string, seconds: number | undefined]> = [
    ["7", 7],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", undefined]
  ]
  for (const [header, seconds] of rests)
    it.live(`is busy (429, Retry-After: ${header}) is left alone for as long`, () =>
      one(
        Effect.gen(function* () {
          const { url } = yield* receiver((_, response) => {
            response.writeHead(429, { "retry-after": header }).end("slow down\n\u001b[31m")
          })
          const { change } = yield* setUp
          for (const sink of [yield* influx({ url }), yield* otlp({ url })]) {
            const failed = yield* Effect.flip(sink.write([change(1)]))
            assert.deepStrictEqual([failed.why, failed.after], ["away", seconds])
            assert.match(failed.message, /it answers 429: slow down \[31m$/)
          }
        })
      )
    )

  it.live("redirects counts as away, and the redirect is not followed", () =>
    one(
      Effect.gen(function* () {
        let visits = 0
        const elsewhere = yield* receiver((_, response) => {
          visits++
          response.writeHead(204).end()
        })
        const { url } = yield* receiver((_, response) => {
          response.writeHead(302, { location: elsewhere.url }).end()
        })
        const { change } = yield* setUp
        const failed = yield* Effect.flip((yield* influx({ url })).write([change(1)]))
        assert.deepStrictEqual([failed.why, failed.message], ["away", `${url}/write?db=katcp: it answers 302`])
        assert.strictEqual(visits, 0)
      })
    )
  )

  for (const status of [200, 400])
    it.live(`answers ${status} without end is read up to 64 KiB, and disconnected`, () =>
      one(
        Effect.gen(function* () {
          let sent = 0
          let isClosed = false
          const { url } = yield* receiver((_, response) => {
            const piece = Buffer.alloc(65_536, "x")
            const write = () => {
              while (!isClosed && response.write(piece)) sent += piece.length
            }
            response.on("drain", write).on("close", () => {
              isClosed = true
            })
            response.writeHead(status)
            write()
          })
          const { change } = yield* setUp
          const outcome = yield* Effect.result((yield* influx({ url })).write([change(1)]))
          assert.strictEqual(outcome._tag, status === 200 ? "Success" : "Failure")
          if (outcome._tag === "Failure") {
            assert.strictEqual(outcome.failure.why, "refused")
            assert.isBelow(outcome.failure.message.length, 500)
          }
          yield* until(() => isClosed)
          // what fits into the buffers of two sockets
          assert.isBelow(sent, 50_000_000)
        })
      )
    )

  it.live("never answers is given up, and its connection closed", () =>
    one(
      Effect.gen(function* () {
        const { sockets, url } = yield* receiver(() => {})
        const { set, site } = yield* setUp
        const health = yield* push(site, yield* influx({ url }), { every: "10 millis", timeout: "100 millis" })
        set(1)
        yield* until(() => health().failures > 1)
        assert.match(health().error!, /^http:\S+ took longer than 100ms$/)
        yield* until(() => [...sockets].filter(({ destroyed }) => !destroyed).length <= 1)
      })
    )
  )

  const cuts: ReadonlyArray<readonly [what: string, act: (socket: Socket) => void, said: RegExp]> = [
    ["closes before it answers", (socket) => socket.once("data", () => socket.destroy()), /the connection was cut/],
    [
      "closes in the midst of its answer",
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")),
      /.+/
    ],
    ["speaks another protocol", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"), /.+/]
  ]
  for (const [what, act, said] of cuts)
    it.live(`${what} is reported as away, with the reason`, () =>
      one(
        Effect.gen(function* () {
          const { url } = yield* listening(createTcpServer(act))
          const { change } = yield* setUp
          const failed = yield* Effect.flip((yield* influx({ url })).write([change(1)]))
          assert.strictEqual(failed.why, "away")
          assert.match(failed.message, /^http:\/\/127\.0\.0\.1:\d+\/write\?db=katcp: /)
          assert.match(failed.message, said)
        })
      )
    )

  it.live("hangs delays no other", () => {
    const taken: Array<number> = []
    return one(
      Effect.gen(function* () {
        const hanging = yield* receiver(() => {})
        const working = yield* receiver((lines, response) => {
          taken.push(...lines.map(valueOf))
          response.writeHead(204).end()
        })
        const { set, site } = yield* setUp
        const patient = { every: "10 millis", timeout: "1 hour" } as const
        const first = yield* push(site, yield* influx({ url: hanging.url }), patient)
        const second = yield* push(site, yield* influx({ url: working.url }), { every: "10 millis" })
        for (const value of range(6000)) set(value)
        yield* until(() => second().written === 6000)
        assert.deepStrictEqual(taken, range(6000))
        assert.deepStrictEqual([first().written, first().lost], [0, 0])
      })
    )
  })
})
