import * as diagnostics from "node:diagnostics_channel"
import * as http from "node:http"
import * as net from "node:net"
import { WebSocket } from "@effect/platform-node/NodeWS"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Interface, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { steppedClock } from "../Testing/steppedClock.ts"
import { portOf } from "./networks.ts"

class Nothing extends Interface.make("nothing") {}

const serving = Effect.fnUntraced(function* (options?: Partial<NodeServer.WebSocketOptions>) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const layer = Server.layer(Nothing).pipe(
    Layer.provide(Nothing.toLayer({})),
    Layer.provide(NodeServer.webSocket({ host: "127.0.0.1", port: 0, ...options }))
  )
  const server = Context.get(yield* Scope.provide(Layer.build(layer), scope), Server.Server)
  const port = portOf(server.address)
  return { port, url: `ws://127.0.0.1:${port}/`, server, stop: Scope.close(scope, Exit.void) }
})

/** A client of another make: how its handshake ends, and what it is sent. */
const open = Effect.fnUntraced(function* (url: string, protocols: ReadonlyArray<string> = [], origin?: string) {
  const socket = new WebSocket(url, [...protocols], origin === undefined ? {} : { origin })
  yield* Effect.addFinalizer(() => Effect.sync(() => socket.terminate()))
  let text = ""
  socket.on("message", (data, binary) => {
    text += binary ? data.toString() : "not binary!"
  })
  const state = yield* Effect.callback<string>((resume) => {
    socket.once("open", () => resume(Effect.succeed("open")))
    socket.once("error", (error) => resume(Effect.succeed(error.message)))
  })
  return { socket, state, text: () => text }
})
const until = (condition: () => boolean) => Effect.repeat(Effect.sleep(1), { until: condition })
const why = (url: string) =>
  Effect.map(
    Effect.flip(
      Effect.scoped(
        Effect.flatMap(
          Effect.provide(Effect.service(Socket.Socket), NodeClient.webSocket(url, { openTimeout: "1 second" })),
          (socket) => socket.reader
        )
      )
    ),
    ({ reason }) => `${reason._tag} ${"cause" in reason ? reason.cause : ""}`
  )

describe("WebSocket", () => {
  it.live(
    "frames of text and bytes, whole and in parts, form one stream; sent frames are binary",
    Effect.fnUntraced(function* () {
      const { url } = yield* serving()
      const { socket, text } = yield* open(url)
      socket.send("?watchdog[1]\n?watch")
      socket.send(Buffer.from("dog[2]\n?help[3] \\"))
      socket.send(Buffer.from("@\n"))
      yield* until(() => text().includes("!help[3]"))
      assert.include(text(), "!watchdog[1] ok\n!watchdog[2] ok\n")
      assert.notInclude(text(), "not binary!")
    })
  )

  it.live(
    "the sub-protocol katcp is accepted if it is offered",
    Effect.fnUntraced(function* () {
      const { url } = yield* serving()
      assert.strictEqual((yield* open(url, ["mqtt", "katcp"])).socket.protocol, "katcp")
      assert.strictEqual((yield* open(url)).socket.protocol, "")
      assert.notStrictEqual((yield* open(url, ["mqtt"])).state, "open")
    })
  )

  it.live(
    "Node's own WebSocket, which is that of browsers, can connect",
    Effect.fnUntraced(function* () {
      const { url } = yield* serving()
      const socket = new globalThis.WebSocket(url, "katcp")
      yield* Effect.addFinalizer(() => Effect.sync(() => socket.close()))
      const first = yield* Effect.callback<string>((resume) => {
        socket.binaryType = "arraybuffer"
        socket.onmessage = ({ data }) => resume(Effect.succeed(Buffer.from(data as ArrayBuffer).toString()))
        socket.onerror = () => resume(Effect.succeed("refused"))
      })
      assert.match(first, /^#version-connect katcp-protocol/)
    })
  )

  it.live(
    "other paths, and clients without a WebSocket, are refused with a message",
    Effect.fnUntraced(function* () {
      const { port, url } = yield* serving({ path: "/katcp" })
      assert.strictEqual((yield* open(`${url}katcp`)).state, "open")
      assert.include((yield* open(url)).state, "400")
      const status = yield* Effect.callback<number | undefined>((resume) => {
        http.get({ host: "127.0.0.1", port, agent: false }, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode))
        })
      })
      assert.strictEqual(status, 426)
    })
  )

  it.live(
    "must be addressed by an IP address, localhost, its host, or a configured name (P-402)",
    Effect.fnUntraced(function* () {
      const attempt = Effect.fnUntraced(function* (port: number, host: string | undefined, origin?: string) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/`, {
          ...(host === undefined ? {} : { headers: { host } }),
          ...(origin === undefined ? {} : { origin })
        })
        yield* Effect.addFinalizer(() => Effect.sync(() => socket.terminate()))
        return yield* Effect.callback<string>((resume) => {
          socket.once("open", () => resume(Effect.succeed("open")))
          socket.once("error", (error) => resume(Effect.succeed(error.message)))
        })
      })
      const { port } = yield* serving()
      // DNS rebinding: the page's own name points to the device
      assert.include(yield* attempt(port, `evil.example:${port}`, `http://evil.example:${port}`), "403")
      for (const host of [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "0x7f.1",
        "[::1",
        "a@localhost"
      ])
        assert.include(yield* attempt(port, host), "40", host)
      for (const host of [`127.0.0.1:${port}`, "10.0.0.1", "[::1]:7147", "localhost", "LOCALHOST:1", "localhost."])
        assert.strictEqual(yield* attempt(port, host), "open", host)
      assert.strictEqual(yield* attempt(port, `localhost:${port}`, `http://localhost:${port}`), "open")
      const named = yield* serving({ host: "localhost", hosts: ["dish.example", "other.example:80"] })
      for (const host of ["Dish.Example:1", "other.example"])
        assert.strictEqual(yield* attempt(named.port, host), "open", host)
      assert.include(yield* attempt(named.port, "evil.example"), "403")
      const any = yield* serving({ hosts: ["*"] })
      assert.strictEqual(yield* attempt(any.port, "any.example", "http://any.example"), "open")
      assert.include(yield* attempt(any.port, "any.example", "http://evil.example"), "403")
    })
  )

  it.live(
    "a page of another origin may connect only if the origin is configured (P-402)",
    Effect.fnUntraced(function* () {
      const named = yield* serving({ origins: ["https://control.example"] })
      assert.strictEqual((yield* open(named.url, [], "https://control.example")).state, "open")
      assert.strictEqual((yield* open(named.url, [], `http://127.0.0.1:${named.port}`)).state, "open")
      for (const origin of ["https://evil.example", "null", `http://127.0.0.1:${named.port + 1}`])
        assert.include((yield* open(named.url, [], origin)).state, "403", origin)
      const all = yield* serving({ origins: ["*"] })
      assert.strictEqual((yield* open(all.url, [], "https://evil.example")).state, "open")
    })
  )

  it.effect(
    "a refusal that recurs is logged again after an hour, although the time of day goes back",
    Effect.fnUntraced(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const { clock, step } = yield* steppedClock
      const { url } = yield* serving().pipe(
        Effect.provide(Logger.layer([logger])),
        Effect.provideService(Clock.Clock, clock)
      )
      const refuse = open(url, [], "https://evil.example")
      yield* Effect.repeat(refuse, { times: 5 })
      step(-7_200_000)
      yield* TestClock.adjust("1 hour")
      yield* refuse
      assert.lengthOf(lines, 6)
      assert.match(lines[5]!, /^refusing a WebSocket from 127\.0\.0\.1: .* \(number 7; 1 were not logged\)$/)
    })
  )

  it.live(
    "a connection that does not open a WebSocket in time is closed; others are not (P-412)",
    Effect.fnUntraced(function* () {
      const { port, server, url } = yield* serving({ handshakeTimeout: 200 })
      yield* open(url)
      const closed: Array<boolean> = []
      for (const beginning of ["", "GET / HTTP/1.1\r\nHost: x\r\n"]) {
        const socket = net.connect({ port, host: "127.0.0.1" })
        yield* Effect.addFinalizer(() => Effect.sync(() => socket.destroy()))
        socket.on("error", () => {})
        socket.on("close", () => closed.push(true))
        socket.resume()
        if (beginning !== "") socket.write(beginning)
      }
      yield* until(() => closed.length === 2)
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.live(
    "accepts messages up to 1 MiB by default, which may form a longer line",
    Effect.fnUntraced(function* () {
      const { server, url } = yield* serving()
      const { socket, text } = yield* open(url)
      const other = yield* open(url)
      socket.send("?watchdog ")
      for (let n = 0; n < 3; n++) socket.send("x".repeat(1_048_576))
      socket.send("\n")
      yield* until(() => text().includes("!watchdog fail"))
      const code = yield* Effect.callback<number>((resume) => {
        other.socket.once("close", (code) => resume(Effect.succeed(code)))
        other.socket.send("x".repeat(1_048_577))
      })
      assert.strictEqual(code, 1009)
      yield* until(() => server.clients.size === 1)
    })
  )

  it.live(
    "a frame that is too long ends its own connection only",
    Effect.fnUntraced(function* () {
      const { server, url } = yield* serving({ maxFrame: 1000 })
      const { socket } = yield* open(url)
      const other = yield* open(url)
      yield* until(() => server.clients.size === 2)
      const code = yield* Effect.callback<number>((resume) => {
        socket.once("close", (code) => resume(Effect.succeed(code)))
        socket.send("x".repeat(1001))
      })
      assert.strictEqual(code, 1009)
      yield* until(() => server.clients.size === 1)
      other.socket.send("?watchdog\n")
      yield* until(() => other.text().includes("!watchdog ok"))
    })
  )

  it.live(
    "a frame that is too long is not read beyond `maxFrame` (P-412)",
    Effect.fnUntraced(function* () {
      const { port } = yield* serving({ maxFrame: 1000 })
      const taken: Array<net.Socket> = []
      const accepted = (message: unknown) => taken.push((message as { readonly socket: net.Socket }).socket)
      diagnostics.subscribe("net.server.socket", accepted)
      yield* Effect.addFinalizer(() => Effect.sync(() => diagnostics.unsubscribe("net.server.socket", accepted)))
      const raw = net.connect(port, "127.0.0.1")
      yield* Effect.addFinalizer(() => Effect.sync(() => raw.destroy()))
      raw.on("error", () => {})
      raw.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
      raw.write("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
      yield* Effect.callback<void>((resume) => void raw.once("data", () => resume(Effect.void)))
      raw.resume()
      const closed = Effect.callback<void>((resume) => void raw.once("close", () => resume(Effect.void)))
      const waiting = yield* Effect.forkScoped(closed, { startImmediately: true })
      // a frame of 2 GiB, as much of it as the server takes
      raw.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 1, 2, 3, 4]))
      raw.write(Buffer.alloc(64 * 1048576))
      yield* Fiber.join(waiting)
      assert.isBelow(taken[0]!.bytesRead, 8 * 1048576)
    })
  )

  it.live(
    "a client that disconnects, with or without a close frame, is removed",
    Effect.fnUntraced(function* () {
      const { server, url } = yield* serving()
      const clients = yield* Effect.all([open(url), open(url), open(url)])
      yield* until(() => server.clients.size === 3)
      clients[0].socket.close()
      clients[1].socket.close(1001)
      clients[2].socket.terminate()
      yield* until(() => server.clients.size === 0)
    })
  )

  it.live(
    "a client that does not answer does not delay the end",
    Effect.fnUntraced(function* () {
      const { server, stop, url } = yield* serving()
      const { socket } = yield* open(url)
      yield* until(() => server.clients.size === 1)
      socket.pause()
      // not the half minute in which a WebSocket may answer a farewell
      const start = performance.now()
      yield* stop
      assert.isBelow(performance.now() - start, 20_000)
    })
  )

  it.live(
    "errors say what is wrong",
    Effect.fnUntraced(function* () {
      const { port, stop, url } = yield* serving({ path: "/katcp" })
      assert.match(yield* why("nonsense"), /^SocketOpenError .*nonsense: .*URL/)
      assert.match(yield* why(url), /^SocketOpenError .*400/)
      assert.include(`${(yield* Effect.flip(serving({ port }))).cause}`, "EADDRINUSE")
      const tls = { cert: "none", key: "none" }
      assert.include(`${(yield* Effect.flip(serving({ tls }))).cause}`, "TLS on 127.0.0.1:0: the certificate")
      yield* stop
      assert.match(yield* why(url), /^SocketOpenError .*ECONNREFUSED/)
    })
  )
})
