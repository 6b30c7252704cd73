/** The identity of clients, and the addresses and certificates of servers (issue "Trust", 2). */
import * as fs from "node:fs"
import { join } from "node:path"
import * as tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import { Arg, Interface, Request, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { RawConnection } from "katcp/Testing"
import * as certificates from "./certificates/index.ts"
import { portOf, socketPath } from "./networks.ts"

const { authority, client, intruder, renewed, server, stranger } = certificates

class Dish extends Interface.make("dish").add(
  Request.make("who", { doc: "Tell who asks.", reply: { who: Arg.Text, role: Arg.Text }, role: "read" }),
  Request.make("set", { doc: "Set." })
) {}
const live = Dish.toLayer({
  who: (_, { client: { certificate, role } }) =>
    Effect.succeed({ who: certificate === undefined ? "nobody" : Interface.holderOf(certificate), role }),
  set: () => Effect.void
})

const serving = Effect.fnUntraced(function* <E>(
  sockets: Layer.Layer<SocketServer.SocketServer, E>,
  options?: Server.Options
) {
  const log: Array<string> = []
  const logger = Logger.make<unknown, void>(({ message }) => {
    log.push(`${Array.isArray(message) ? message.join(" ") : message}`)
  })
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const layer = Server.layer(Dish, { audit: false, ...options }).pipe(
    Layer.provide(live),
    Layer.provide(sockets),
    Layer.provide(Logger.layer([logger]))
  )
  const service = Context.get(yield* Scope.provide(Layer.build(layer), scope), Server.Server)
  return { server: service, log, port: portOf(service.address), stop: Scope.close(scope, Exit.void) }
})
const dial = (layer: Layer.Layer<Socket.Socket, Socket.SocketError>) =>
  Effect.flatMap(Effect.provide(Effect.service(Socket.Socket), layer), (socket) => RawConnection.make(socket))
/** The answer to a client after the greeting, or `ended`. */
const ask = Effect.fnUntraced(
  function* (layer: Layer.Layer<Socket.Socket, Socket.SocketError>, line: string) {
    const connection = yield* dial(layer)
    yield* connection.send(`${line}\n`)
    for (;;) {
      const next = yield* connection.next
      if (next.startsWith("!") || next.startsWith("#disconnect")) return next
    }
  },
  Effect.scoped,
  Effect.orElseSucceed(() => "ended")
)
const until = (condition: () => boolean) => Effect.repeat(Effect.sleep(1), { until: condition })
const folder = Effect.map(socketPath, (path) => join(path, ".."))
/** Writes a file in one step, since somebody reads it all the time. */
const put = (file: string, text: string) => {
  fs.writeFileSync(`${file}.new`, text)
  fs.renameSync(`${file}.new`, file)
}

describe("the certificate of a client (P-406)", () => {
  it.live(
    "is visible to rules, guards, handlers and hooks, over TLS and over WebSocket",
    Effect.fnUntraced(function* () {
      const credentials = { ...server, ca: authority }
      for (const kind of ["tls", "webSocket"] as const) {
        const seen: Array<Interface.Certificate | undefined> = []
        const { port, server: service } = yield* serving(
          kind === "tls"
            ? NodeServer.tls({ port: 0, ...credentials })
            : NodeServer.webSocket({ port: 0, tls: credentials }),
          {
            access: [
              { role: "admin", certificate: { subject: { CN: "katcp test client" }, altName: "URI:spiffe://site/*" } },
              { role: "none" }
            ],
            guard: (from) => void seen.push(from.certificate),
            onConnect: (from) => Effect.sync(() => void seen.push(from.certificate)),
            onDisconnect: (from) => Effect.sync(() => void seen.push(from.certificate)),
            onMessage: (from, _, next) =>
              Effect.andThen(
                Effect.sync(() => void seen.push(from.certificate)),
                next
              )
          }
        )
        const layer =
          kind === "tls"
            ? NodeClient.tls({ port, ca: authority, ...client })
            : NodeClient.webSocket(`wss://127.0.0.1:${port}/`, { ca: authority, ...client })
        assert.strictEqual(yield* ask(layer, "?who"), "!who ok katcp\\_test\\_client admin")
        yield* until(() => seen.length === 4 && service.clients.size === 0)
        const fingerprint = certificates.fingerprintOf(client.cert)
        for (const certificate of seen) {
          assert.deepStrictEqual(certificate?.subject, { O: ["katcp"], CN: ["katcp test client"] })
          assert.deepStrictEqual(certificate?.issuer, { CN: ["katcp test authority"] })
          assert.deepStrictEqual(certificate?.altNames, ["DNS:operator.example", "URI:spiffe://site/operator"])
          assert.strictEqual(certificate?.fingerprint, fingerprint)
          assert.isAbove(certificate?.validTo ?? 0, 4e9)
        }
      }
    })
  )

  it.live(
    "is missing without mutual TLS; then rules that need one do not match",
    Effect.fnUntraced(function* () {
      const access = [{ role: "admin", certificate: true }, { role: "read" }] as const
      const { port } = yield* serving(NodeServer.tls({ port: 0, ...server }), { access })
      const layer = NodeClient.tls({ port, ca: authority, ...client })
      assert.strictEqual(yield* ask(layer, "?who"), "!who ok nobody read")
      assert.match(yield* ask(layer, "?set"), /^!set fail \?set\\_needs/)
    })
  )
})

describe("certificates in files (P-406)", () => {
  it.live(
    "are reloaded when they change: new connections use the new one, old connections stay",
    Effect.fnUntraced(function* () {
      const path = yield* folder
      const file = (name: string) => ({ file: join(path, name) })
      for (const kind of ["tls", "webSocket"] as const) {
        put(file("cert").file, server.cert)
        put(file("key").file, server.key)
        const credentials = { cert: file("cert"), key: file("key"), reloadEvery: "2 millis" } as const
        const { log, port } = yield* serving(
          kind === "tls"
            ? NodeServer.tls({ port: 0, ...credentials })
            : NodeServer.webSocket({ port: 0, tls: credentials })
        )
        const shown = Effect.callback<string | undefined>((resume) => {
          const socket = tls.connect({ port, host: "127.0.0.1", ca: authority }, () => {
            resume(Effect.succeed(socket.getPeerCertificate().fingerprint256))
            socket.destroy()
          })
        })
        const before = yield* dial(
          kind === "tls"
            ? NodeClient.tls({ port, ca: authority })
            : NodeClient.webSocket(`wss://127.0.0.1:${port}/`, { ca: authority })
        )
        assert.strictEqual(yield* shown, certificates.fingerprintOf(server.cert))
        // the certificate is there before its key: nothing changes, and that is said once
        put(file("cert").file, renewed.cert)
        yield* until(() => log.length > 0)
        yield* Effect.sleep(20)
        assert.strictEqual(log.length, 1)
        assert.match(
          log[0]!,
          /^TLS on 127\.0\.0\.1:0: the changed files are not loaded, and the former ones stay in use: /
        )
        assert.strictEqual(yield* shown, certificates.fingerprintOf(server.cert))
        put(file("key").file, renewed.key)
        yield* until(() => log.length > 1)
        assert.match(log[1]!, /have changed and were reloaded$/)
        assert.strictEqual(yield* shown, certificates.fingerprintOf(renewed.cert))
        yield* before.send("?who\n")
        for (let line = ""; !line.startsWith("!"); ) line = yield* before.next
      }
    })
  )

  it.live(
    "include the authorities: a client that the old ones accepted must show its certificate again, and cannot resume its session",
    Effect.fnUntraced(function* () {
      const path = yield* folder
      const ca = { file: join(path, "ca") }
      put(ca.file, authority)
      const { log, port } = yield* serving(NodeServer.tls({ port: 0, ...server, ca, reloadEvery: "2 millis" }))
      /** Connects with a session, if there is one; gives the next session and whether it was let in. */
      const connect = (session?: Buffer) =>
        Effect.callback<{ readonly session: Buffer | undefined; readonly greeted: boolean; readonly reused: boolean }>(
          (resume) => {
            let next: Buffer | undefined
            let text = ""
            const socket = tls.connect({
              port,
              host: "127.0.0.1",
              ca: authority,
              ...client,
              ...(session === undefined ? {} : { session })
            })
            const end = () => {
              const reused = socket.isSessionReused()
              socket.destroy()
              resume(Effect.succeed({ session: next, greeted: text.includes("#version-connect"), reused }))
            }
            const look = () =>
              text.includes("#version-connect katcp-device") && (next ?? session) !== undefined && end()
            socket.on("session", (ticket) => {
              next = ticket
              look()
            })
            socket.on("data", (data) => {
              text += data.toString()
              look()
            })
            socket.on("error", () => end())
            socket.on("close", () => end())
          }
        )
      const first = yield* connect()
      assert.isTrue(first.greeted)
      const second = yield* connect(first.session)
      assert.isTrue(second.greeted && second.reused)
      put(ca.file, stranger)
      yield* until(() => log.some((line) => line.includes("were reloaded")))
      assert.isFalse((yield* connect(first.session)).greeted)
      assert.match(yield* ask(NodeClient.tls({ port, ca: authority, ...intruder }), "?who"), /test\\_intruder/)
    })
  )

  it.live(
    "that cannot be read at the start are reported, with their place",
    Effect.fnUntraced(function* () {
      const error = yield* Effect.flip(
        serving(NodeServer.tls({ port: 0, cert: { file: "/no/such.pem" }, key: server.key }))
      )
      assert.match(
        `${(error as SocketServer.SocketServerError).cause}`,
        /TLS on 127\.0\.0\.1:0: cannot read .*such\.pem: there is no such file or folder/
      )
    })
  )
})

describe("where servers listen (P-403)", () => {
  it.live(
    "is only this machine, by default",
    Effect.fnUntraced(function* () {
      for (const sockets of [
        NodeServer.tcp({ port: 0 }),
        NodeServer.tls({ port: 0, ...server }),
        NodeServer.webSocket({ port: 0 })
      ]) {
        const { server: service } = yield* serving(sockets)
        assert.match(`${service.address}`, /127\.0\.0\.1/)
      }
      const all = yield* serving(NodeServer.tcp({ port: 0, host: "0.0.0.0" }))
      assert.match(`${all.server.address}`, /0\.0\.0\.0/)
    })
  )

  it.live(
    "is a file only for its user, or with the given permissions, from the beginning",
    Effect.fnUntraced(function* () {
      const mask = process.umask()
      for (const [mode, expected] of [
        [undefined, 0o600],
        [0o660, 0o660],
        [0o666, 0o666]
      ] as const) {
        const path = yield* socketPath
        const { stop } = yield* serving(NodeServer.unix({ path, mode }))
        assert.strictEqual(fs.statSync(path).mode & 0o777, expected)
        assert.strictEqual(process.umask(), mask)
        assert.strictEqual(yield* ask(NodeClient.unix({ path }), "?who"), "!who ok nobody admin")
        yield* stop
      }
      const error = yield* Effect.flip(serving(NodeServer.unix({ path: "/no/such/folder/dish.sock" })))
      assert.strictEqual((error as SocketServer.SocketServerError)._tag, "SocketServerError")
      assert.strictEqual(process.umask(), mask)
    })
  )
})

describe("a web page (P-402)", () => {
  it.live(
    "cannot control a device over TCP: nothing that its form sends is executed",
    Effect.fnUntraced(function* () {
      const { log, port, server: service } = yield* serving(NodeServer.tcp({ port: 0 }))
      const response = yield* Effect.promise(() =>
        fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "x\n?set\n?halt\n" }).then(
          () => "answered",
          () => "cut off"
        )
      )
      assert.strictEqual(response, "cut off")
      yield* until(() => service.clients.size === 0)
      const { requests } = yield* service.stats
      assert.deepStrictEqual([requests.get("set"), requests.get("halt")], [0, 0])
      assert.strictEqual(log.length, 1)
    })
  )

  it.live(
    "and a program that expects TLS is disconnected at once",
    Effect.fnUntraced(function* () {
      const { log, port } = yield* serving(NodeServer.tcp({ port: 0 }))
      yield* Effect.flip(Effect.flatMap(dial(NodeClient.tls({ port, ca: authority })), (connection) => connection.next))
      yield* until(() => log.length > 0)
      assert.match(log[0]!, /This port speaks KATCP without TLS/)
    })
  )
})
