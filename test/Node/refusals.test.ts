/** Why a device cannot be reached, as the errors of the library say it (issue 11, point 6). */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import { Client, Interface, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { freePort } from "../../scripts/freePort.ts"
import * as certificates from "./certificates/index.ts"
import { portOf } from "./networks.ts"

class Nothing extends Interface.make("nothing") {}
const local = { host: "127.0.0.1", port: 0 }

/** The port of a device with that certificate. */
const serving = (credentials: NodeServer.ServerCredentials) =>
  Effect.map(
    Layer.build(
      Server.layer(Nothing).pipe(
        Layer.provide(Nothing.toLayer({})),
        Layer.provide(NodeServer.tls({ ...local, ...credentials }))
      )
    ),
    (context) => portOf(Context.get(context, Server.Server).address)
  )

const why = (socket: Layer.Layer<Socket.Socket>) =>
  Effect.map(
    Effect.flip(Effect.provide(Client.make({ connecting: "fail", host: "dish-7" }), socket)),
    ({ message }) => message
  )

const start = "to dish-7: cannot connect: "

describe("a device that cannot be reached (P-419)", () => {
  it.live(
    "refuses the connection, or has an unknown name",
    Effect.fnUntraced(function* () {
      const port = yield* Effect.promise(() => freePort())
      const refused = `${start}nothing listens on that port; is the device running, and is the port right?`
      assert.strictEqual(yield* why(NodeClient.tcp({ port })), refused)
      assert.strictEqual(yield* why(NodeClient.tls({ host: "localhost", port })), refused)
      assert.strictEqual(yield* why(NodeClient.webSocket(`ws://127.0.0.1:${port}/`)), refused)
      const nowhere = yield* why(NodeClient.tcp({ host: "dish-7.invalid", port, openTimeout: "15 seconds" }))
      assert.match(nowhere, /: (there is no host of that name|the name of the host could not be looked up: .*)$/)
    })
  )

  it.live(
    "has a certificate that has expired, is for another name, or of an untrusted authority",
    Effect.fnUntraced(function* () {
      const { authority, expired, former, server, stranger } = certificates
      const good = yield* serving(server)
      const old = yield* serving(expired)
      for (const [options, text] of [
        [{ port: old, ca: former }, /^its certificate has expired$/],
        [
          { port: good, ca: authority, servername: "dish-8" },
          /^its certificate is for another name \(it has DNS:localhost, /
        ],
        [{ port: good, ca: stranger }, /^its certificate was issued by an authority that is not trusted here$/],
        [{ port: good }, /^its certificate was issued by an authority that is not trusted here$/]
      ] as const) {
        const said = yield* why(NodeClient.tls(options))
        assert.strictEqual(said.slice(0, start.length), start)
        assert.match(said.slice(start.length), text)
      }
      const { port, ca } = { port: old, ca: former }
      assert.include(
        yield* why(NodeClient.webSocket(`wss://127.0.0.1:${port}/`, { ca })),
        "its certificate has expired"
      )
    })
  )

  it.live(
    "does not speak TLS",
    Effect.fnUntraced(function* () {
      const plain = yield* Layer.build(
        Server.layer(Nothing).pipe(Layer.provide(Nothing.toLayer({})), Layer.provide(NodeServer.tcp(local)))
      )
      const port = portOf(Context.get(plain, Server.Server).address)
      assert.strictEqual(yield* why(NodeClient.tls({ port })), `${start}it does not speak TLS on that port`)
    })
  )
})

describe("a device that cannot listen (P-419)", () => {
  const device = Server.layer(Nothing).pipe(Layer.provide(Nothing.toLayer({})))
  const refusal = (network: Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError>) =>
    Effect.map(Effect.flip(Effect.scoped(Layer.build(Layer.provide(device, network)))), ({ message }) => message)

  it.live(
    "says where and why",
    Effect.fnUntraced(function* () {
      const taken = portOf(
        Context.get(yield* Layer.build(Layer.provide(device, NodeServer.tcp(local))), Server.Server).address
      )
      for (const [network, wanted] of [
        [NodeServer.tcp({ port: taken }), `cannot listen on 127.0.0.1:${taken}: another program listens there already`],
        [
          NodeServer.tcp({ host: "192.0.2.1", port: 7147 }),
          "cannot listen on 192.0.2.1:7147: this machine has no such address"
        ],
        [
          NodeServer.unix({ path: "/nosuch/dish.sock" }),
          "cannot listen on /nosuch/dish.sock: its folder does not exist, or this program may not write there"
        ]
      ] as const)
        assert.strictEqual(yield* refusal(network), wanted)
      assert.match(yield* refusal(NodeServer.tcp({ port: 70000 })), /^cannot listen on 127\.0\.0\.1:70000: .*65536/)
      assert.match(yield* refusal(NodeServer.webSocket({ port: taken })), /another program listens there already$/)
    })
  )
})
