import * as net from "node:net"
import * as tls from "node:tls"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { NodeClient, NodeServer } from "katcp/Node"
import { RawConnection } from "katcp/Testing"
import * as certificates from "./certificates/index.ts"
import { portOf } from "./networks.ts"

const { authority: ca, client, intruder, server, stranger } = certificates
const local = { host: "127.0.0.1", port: 0 }

/** A server that says who its client is, and what was logged. */
const greeting = Effect.fnUntraced(function* (options?: Partial<NodeServer.TlsOptions>) {
  const log: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    log.push(`${logLevel} ${Array.isArray(message) ? message.join(" ") : message}`)
  })
  const scope = yield* Scope.make()
  const layer = NodeServer.tls({ ...local, ...server, ...options }).pipe(
    Layer.provide(Logger.layer([logger])),
    Layer.provide(Layer.succeed(References.MinimumLogLevel, "Debug"))
  )
  const listening = Context.get(yield* Scope.provide(Layer.build(layer), scope), SocketServer.SocketServer)
  const handler = Effect.fnUntraced(function* (socket: Socket.Socket) {
    const own = (yield* Effect.serviceOption(NodeSocket.NetSocket)).pipe((found) =>
      found._tag === "Some" && found.value instanceof tls.TLSSocket
        ? found.value.getPeerCertificate().subject
        : undefined
    )
    const connection = yield* RawConnection.make(socket)
    yield* connection.send(`hello ${own?.CN ?? "stranger"}\n`)
    yield* connection.closed
  }, Effect.scoped)
  yield* Effect.forkIn(listening.run(handler), scope, { startImmediately: true })
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  return { port: portOf(listening.address), log, stop: Scope.close(scope, Exit.void) }
})
const dial = (options: NodeClient.TlsOptions) =>
  Effect.flatMap(Effect.provide(Effect.service(Socket.Socket), NodeClient.tls(options)), (socket) =>
    RawConnection.make(socket)
  )
const why = (error: Socket.SocketError) => ("cause" in error.reason ? `${error.reason.cause}` : error.message)
const until = (condition: () => boolean) => Effect.repeat(Effect.sleep(1), { until: condition })

describe("TLS", () => {
  it.live(
    "the server's certificate must be signed by a trusted authority, and valid for the name",
    Effect.fnUntraced(function* () {
      const { port } = yield* greeting()
      for (const good of [{}, { host: "localhost" }, { servername: "device.example" }])
        yield* (yield* dial({ port, ca, ...good })).expect("hello stranger")
      const untrusted = yield* Effect.flip(dial({ port, ca: stranger }))
      assert.strictEqual(untrusted.reason._tag, "SocketOpenError")
      assert.include(why(untrusted), `TLS to 127.0.0.1:${port}: unable to verify`)
      assert.include(why(yield* Effect.flip(dial({ port }))), "unable to verify")
      assert.include(why(yield* Effect.flip(dial({ port, ca, servername: "other.example" }))), "altnames")
      yield* (yield* dial({ port, ca: [stranger, new TextEncoder().encode(ca)] })).expect("hello stranger")
    })
  )

  it.live(
    "with mutual TLS a client without a valid certificate is disconnected; the server continues, and logs at debug",
    Effect.fnUntraced(function* () {
      const { log, port } = yield* greeting({ ca })
      for (const bad of [{}, intruder]) {
        // the client is through its own half of the handshake before it is refused
        const ended = yield* Effect.result(Effect.flatMap(dial({ port, ca, ...bad }), (connection) => connection.next))
        assert.strictEqual(ended._tag, "Failure")
      }
      yield* (yield* dial({ port, ca, ...client })).expect("hello katcp test client")
      assert.strictEqual(log.length, 2)
      for (const line of log) assert.match(line, /^Debug the TLS handshake with (127\.0\.0\.1|a client) failed: /)
    })
  )

  it.live(
    "connections that fail or never begin their handshake neither end the server nor delay its end",
    Effect.fnUntraced(function* () {
      // without an end in order the server would wait for a handshake that never begins
      const { log, port, stop } = yield* greeting({ handshakeTimeout: 3_600_000 })
      const ends: Array<boolean> = []
      const open = (say: string) => {
        const socket = net.connect({ port, host: "127.0.0.1" }, () => socket.write(say))
        socket.on("error", () => undefined)
        socket.on("close", () => ends.push(true))
        socket.resume()
        return socket
      }
      for (let n = 0; n < 20; n++) open("?watchdog\n")
      for (let n = 0; n < 20; n++) open("").end()
      yield* until(() => ends.length === 40)
      for (let n = 0; n < 3; n++) open("")
      yield* (yield* dial({ port, ca })).expect("hello stranger")
      for (const line of log) assert.match(line, /^Debug /)
      yield* stop
      yield* until(() => ends.length === 43)
    })
  )

  it.live(
    "a handshake that takes too long ends the connection",
    Effect.fnUntraced(function* () {
      const { log, port } = yield* greeting({ handshakeTimeout: 50 })
      const socket = net.connect({ port, host: "127.0.0.1" })
      let closed = false
      socket.on("error", () => undefined)
      socket.on("close", () => {
        closed = true
      })
      socket.resume()
      yield* until(() => closed && log.length > 0)
      assert.include(log[0], "handshake timeout")
    })
  )

  it.live(
    "reports an invalid certificate or key with the address",
    Effect.fnUntraced(function* () {
      const refusals: ReadonlyArray<readonly [Partial<NodeServer.TlsOptions>, RegExp]> = [
        [{ cert: "no certificate" }, /its key or its authorities are invalid: there is no certificate or key in PEM/],
        [{ key: intruder.key }, /invalid: the private key does not belong to the certificate/],
        [{ key: "" }, /no key is given/],
        [{ cert: new Uint8Array(0) }, /no certificate is given/]
      ]
      for (const [options, text] of refusals) {
        const error = yield* Effect.flip(greeting(options))
        assert.strictEqual(error._tag, "SocketServerError")
        assert.match(`${error.cause}`, text)
        assert.include(`${error.cause}`, "TLS on 127.0.0.1:0: ")
      }
      const { port } = yield* greeting()
      assert.include(`${(yield* Effect.flip(greeting({ port }))).cause}`, "EADDRINUSE")
      assert.include(why(yield* Effect.flip(dial({ port, ca, cert: "none", key: "none" }))), "TLS to 127.0.0.1")
      assert.include(`${(yield* Effect.flip(greeting({ port: 70000 }))).cause}`, "70000")
    })
  )
})
