/** Both ends of every connection over TCP have the keep-alive of TCP (issue 11, point 5). */
import * as net from "node:net"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client, Interface, Server } from "katcp"
import { networks } from "./networks.ts"

class Nothing extends Interface.make("nothing") {}

describe("keep-alive (P-415)", () => {
  for (const { name, open } of networks.filter(({ name }) => /TCP|TLS|WebSocket/.test(name)))
    it.live(
      `is enabled at both ends: idle 15 s, interval 5 s, count 3, over ${name}`,
      Effect.fnUntraced(function* () {
        const set = vi.spyOn(net.Socket.prototype, "setKeepAlive")
        yield* Effect.addFinalizer(() => Effect.sync(() => set.mockRestore()))
        const network = yield* open
        const layer = Server.layer(Nothing).pipe(Layer.provide(Nothing.toLayer({})), Layer.provide(network.server))
        const server = Context.get(yield* Layer.build(layer), Server.Server)
        const client = yield* Effect.provide(Client.make(), network.client(server.address))
        assert.isTrue((yield* client.call("watchdog")).ok)
        const sockets = set.mock.contexts.filter((_, at) => {
          const [enable, ...times] = set.mock.calls[at] as ReadonlyArray<unknown>
          return enable === true && times.join() === "15000,5000,3"
        })
        assert.strictEqual(new Set(sockets).size, 2)
      })
    )
})
