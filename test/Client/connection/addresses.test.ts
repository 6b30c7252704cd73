import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import { Client, Interface, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { MemoryNetwork } from "katcp/Testing"
import { connect } from "../connect.ts"

class Device extends Interface.make("device") {}
const DeviceLive = Device.toLayer({})

const serving = (sockets: ReturnType<typeof NodeServer.tcp>) =>
  Effect.map(Layer.build(Layer.provide(Server.layer(Device), Layer.merge(DeviceLive, sockets))), (context) =>
    Effect.provideContext(Server.Server, context)
  ).pipe(Effect.flatten)

const text = (address: NetAddress.SocketAddress | undefined) =>
  address === undefined ? undefined : NetAddress.formatSocketAddress(address)

describe("the addresses of a client (A-314)", () => {
  it.live(
    "are those of its connection over TCP, as the device sees them, dialled from the address that was asked for",
    Effect.fnUntraced(function* () {
      const server = yield* serving(NodeServer.tcp({ host: "127.0.0.1", port: 0 }))
      const { port } = server.address as NetAddress.InetAddress
      const client = yield* Effect.provide(
        Client.make({ host: "dish" }),
        NodeClient.tcp({ host: "localhost", port, localAddress: "127.0.0.5" })
      )
      assert.strictEqual(text(client.remoteAddress), `127.0.0.1:${port}`)
      assert.match(text(client.localAddress)!, /^127\.0\.0\.5:\d+$/)
      assert.deepStrictEqual(client.destination, { host: "localhost", port })
      assert.deepStrictEqual(
        [...server.clients].map(({ address }) => address),
        [text(client.localAddress)]
      )
      yield* client.close
      assert.deepStrictEqual([client.localAddress, client.remoteAddress], [undefined, undefined])
    })
  )

  it.live(
    "an address that is not of this machine cannot be dialled from, and the error says which",
    Effect.fnUntraced(function* () {
      const server = yield* serving(NodeServer.tcp({ host: "127.0.0.1", port: 0 }))
      const { port } = server.address as NetAddress.InetAddress
      const error = yield* Effect.flip(
        Effect.provide(Client.make({ connecting: "fail" }), NodeClient.tcp({ port, localAddress: "192.0.2.1" }))
      )
      assert.include(error.message, "192.0.2.1")
    })
  )

  it.live(
    "are known over a WebSocket",
    Effect.fnUntraced(function* () {
      const server = yield* serving(NodeServer.webSocket({ host: "127.0.0.1", port: 0 }))
      const { port } = server.address as NetAddress.InetAddress
      const client = yield* Effect.provide(
        Client.make(),
        NodeClient.webSocket(`ws://127.0.0.1:${port}/`, { localAddress: "127.0.0.6" })
      )
      assert.strictEqual(text(client.remoteAddress), `127.0.0.1:${port}`)
      assert.match(text(client.localAddress)!, /^127\.0\.0\.6:\d+$/)
      assert.deepStrictEqual(client.destination, { host: "127.0.0.1", port })
    })
  )

  it.effect(
    "are known on a network in memory, and not of a Socket that does not tell them",
    Effect.fnUntraced(function* () {
      const network = yield* Layer.build(
        Layer.provideMerge(Layer.provide(Server.layer(Device), DeviceLive), MemoryNetwork.layer)
      )
      const client = yield* Client.make().pipe(
        Effect.provide(MemoryNetwork.layerClient),
        Effect.provideContext(network)
      )
      assert.strictEqual(text(client.localAddress), "127.0.0.1:50001")
      assert.strictEqual(text(client.remoteAddress), "127.0.0.1:7147")
      assert.deepStrictEqual(client.destination, { host: "127.0.0.1", port: 7147 })
      const { client: other } = yield* connect()
      assert.deepStrictEqual([other.localAddress, other.destination], [undefined, undefined])
    })
  )
})
